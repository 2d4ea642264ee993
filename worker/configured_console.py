"""From settings to what the console takes; configured.py does so for the other parts.

Why it exists: as configured.py, which would be too long with it. It must not build an
adapter.
"""

from collections.abc import Iterable

from contracts import queues
from contracts.channel import NotifyType
from worker.console.config import ChannelShown, ConsoleConfig, Level, User
from worker.relay.target import ChannelTarget, endpoint_of
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


def channels_shown(targets: Iterable[ChannelTarget], settings: Settings) -> list[ChannelShown]:
    """Return the channels as the pages speak of them; a URL's digest says whether it is gone."""
    rates = {one.app_key: one.deliveries_per_second for one in settings.channels}
    return [
        ChannelShown(
            target.app_key,
            target.name,
            rates[target.app_key],
            [
                (kind.value, endpoint_of(url))
                for kind in NotifyType
                if (url := target.url(kind.value))
            ],
        )
        for target in targets
    ]


def queues_shown(settings: Settings) -> dict[str, str]:
    """Return the queues whose backlog is shown, each by a short name."""
    named = {queue: queue.removeprefix("ticketbridge.") for queue in (*queues.WORK, queues.DEAD)}
    relays = {queues.relay_queue(one.app_key): f"relay.{one.app_key}" for one in settings.channels}
    return named | relays
