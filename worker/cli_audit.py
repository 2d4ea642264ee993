"""``audit`` on the command line: options in, text out.

Why it exists: whoever asks later who did what finds it in a shell, too. It must not hold
logic.
"""

import asyncio
from datetime import UTC, datetime
from typing import Annotated

import typer

from worker.cli_options import Json, settings_of
from worker.runtime.auditing import AuditQuery
from worker.translation.admission import SHANGHAI

audit = typer.Typer(help="Who did what, and when.", no_args_is_help=True)


def _aware(moment: datetime | None) -> datetime | None:
    """Read a moment as Asia/Shanghai, as all times here are shown."""
    return None if moment is None else moment.replace(tzinfo=SHANGHAI).astimezone(UTC)


@audit.command("list")
def list_audit(
    context: typer.Context,
    who: Annotated[str, typer.Option(help="Such as cli:root.")] = "",
    action: Annotated[str, typer.Option(help="Such as deadletter.discard, or deadletter.")] = "",
    subject: Annotated[str, typer.Option(help="What it was done to: an id, a number.")] = "",
    since: Annotated[datetime | None, typer.Option(help="In Asia/Shanghai.")] = None,
    limit: Annotated[int, typer.Option(min=1, help="How many at most.")] = 100,
    json: Json = False,
) -> None:
    """List what people did, the newest first."""
    from worker.commands import audit as commands

    query = AuditQuery(who, action, subject, since=_aware(since), limit=limit)
    asyncio.run(commands.list_audit(settings_of(context), query, as_json=json))
