"""``reconcile`` on the command line: options in, text out.

Why it exists: a day is compared (对账) by hand, or what was found of it is shown again. It
must not hold logic. Exit codes: 0 all agrees, 1 something differs, 3 the day is not finished.
"""

import asyncio
from datetime import datetime
from typing import Annotated

import typer

from worker.cli_options import Json, settings_of

reconciling = typer.Typer()


@reconciling.command("reconcile")
def reconcile(
    context: typer.Context,
    date: Annotated[
        datetime | None,
        typer.Option(formats=["%Y-%m-%d"], help="Such as 2026-11-03; else yesterday."),
    ] = None,
    kept: Annotated[
        bool, typer.Option("--kept", help="What the last run found; nobody is asked.")
    ] = False,
    csv: Annotated[str, typer.Option(help="Write it to a file as CSV, too; - is stdout.")] = "",
    json: Json = False,
) -> None:
    """Compare a day's orders with ZZY, the channels and their accounts; say what to do."""
    from worker.commands import reconcile as commands

    settings = settings_of(context)
    day = date.date() if date else commands.yesterday(settings)
    asked = commands.Asked(day, kept=kept, csv=csv, as_json=json)
    if code := asyncio.run(commands.reconcile(settings, asked)):
        raise typer.Exit(code)
