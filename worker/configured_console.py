"""From settings to what the console takes; configured.py does so for the other parts.

Why it exists: as configured.py, which would be too long with it. It must not build an
adapter.
"""

from contracts import queues
from worker.console.config import ConsoleConfig, Level, User
from worker.settings import Settings


def console(settings: Settings) -> ConsoleConfig:
    """Return who may log in to the console, and for how long."""
    section = settings.console
    users = [
        User(user.name, Level[user.role.upper()], user.password_hash.get_secret_value())
        for user in section.users
    ]
    return ConsoleConfig(
        users={user.name: user for user in users},
        public_url=section.public_url or "",
        idle_seconds=section.session_idle_seconds,
        session_seconds=section.session_seconds,
    )


def queues_shown(settings: Settings) -> dict[str, str]:
    """Return the queues whose backlog is shown, each by a short name."""
    named = {queue: queue.removeprefix("ticketbridge.") for queue in (*queues.WORK, queues.DEAD)}
    relays = {queues.relay_queue(one.app_key): f"relay.{one.app_key}" for one in settings.channels}
    return named | relays
