"""``audit list``, and who it is that types a command.

Why it exists: what people did is read here, and every command that changes something names
its user in the same way. It must not change an entry.
"""

import os
import pwd
from dataclasses import asdict

from worker.adapters import opened_store
from worker.commands.quiet import log_quietly
from worker.commands.tables import print_json_lines, print_table
from worker.runtime.auditing import AuditEntry, AuditQuery
from worker.settings import Settings
from worker.translation.admission import SHANGHAI

COLUMNS = ("at", "who", "action", "subject", "result", "reason")


def actor() -> str:
    """Return who types: ``cli:`` and the operating system's user, not what a variable says."""
    number = os.getuid()
    try:
        return f"cli:{pwd.getpwuid(number).pw_name}"
    except KeyError:
        return f"cli:{number}"


async def list_audit(settings: Settings, query: AuditQuery, *, as_json: bool) -> None:
    """Print entries, newest first."""
    log_quietly(settings)
    async with opened_store(settings) as store:
        entries = await store.audit_entries(query)
    if as_json:
        print_json_lines([as_object(entry) for entry in entries])
    else:
        print_table(COLUMNS, [_row(entry) for entry in entries])


def as_object(entry: AuditEntry) -> dict[str, object]:
    """Return an entry as a script reads it; ``id`` first."""
    values = asdict(entry)
    return {"id": values.pop("id"), **values, "at": entry.at.isoformat()}


def _row(entry: AuditEntry) -> tuple[str, ...]:
    at = entry.at.astimezone(SHANGHAI).isoformat(" ", "seconds")
    return (at, entry.actor, entry.action, entry.subject, entry.result, entry.reason)
