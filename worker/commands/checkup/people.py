"""Looks at who would hear of trouble, and who could mend it.

Why it exists: a console that nobody can log in to, and alarms that nobody is told of, are found
out at night. It must not check a password, nor post anything.
"""

from collections.abc import AsyncIterator, Iterator
from dataclasses import replace
from datetime import datetime

from worker.commands.checkup.finding import Finding
from worker.commands.checkup.receivers import reached
from worker.settings import Settings
from worker.settings.alarms import Robot


async def look(settings: Settings, _now: datetime) -> AsyncIterator[Finding]:
    """Yield whether somebody can log in to the console, and whether a robot tells of alarms."""
    for finding in _console(settings):
        yield finding
    if not settings.alarms.robots:
        told = "nobody is told of alarms: alarms.robots is empty"
        do = "name a robot in [[alarms.robots]], or have Prometheus watch the metrics"
        yield Finding("alarms", "warning", told, do)
    for robot in settings.alarms.robots:
        yield await _robot(robot)


async def _robot(robot: Robot) -> Finding:
    """Tell whether a robot's address takes connections; its path is a secret."""
    found = await reached("alarms", robot.webhook_url.get_secret_value())
    if found.state == "ok":
        return replace(
            found, detail=f"robot {robot.name}: {found.detail}", do="to try it: `alarms test`"
        )
    return replace(found, state="warning", detail=f"robot {robot.name}: {found.detail}")


def _console(settings: Settings) -> Iterator[Finding]:
    """Yield whether somebody can log in, and do there what is for few."""
    users = settings.console.users
    if not settings.console.enabled:
        return
    if not users:
        told = "nobody can log in: console.users is empty"
        do = "`console hash-password`, then an entry [[console.users]]"
        yield Finding("console", "warning", told, do)
    elif not any(user.role == "admin" for user in users):
        do = "give one of console.users the role admin"
        yield Finding("console", "warning", "none of its users is an admin", do)
    else:
        yield Finding("console", "ok", f"{len(users)} may log in")
