"""Looks at who would hear of trouble, and who could mend it.

Why it exists: a console that nobody can log in to is found out at night. It must not check a
password.
"""

from collections.abc import AsyncIterator
from datetime import datetime

from worker.commands.checkup.finding import Finding
from worker.settings import Settings


async def look(settings: Settings, _now: datetime) -> AsyncIterator[Finding]:
    """Yield whether somebody can log in to the console, and do there what is for few."""
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
