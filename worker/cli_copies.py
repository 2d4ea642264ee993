"""``backup``, ``restore`` and ``transfer`` on the command line: options in, text out.

Why it exists: an operator keeps copies of the one file, and outgrows it. It must not hold logic.
"""

import asyncio
from pathlib import Path
from typing import Annotated

import typer

from worker.cli_options import settings_of
from worker.settings import load_settings

copies = typer.Typer(help="The one file of the embedded set-up.")


@copies.command()
def backup(
    context: typer.Context,
    file: Annotated[Path, typer.Argument(help="The copy's file; it must not be there yet.")],
) -> None:
    """Copy the embedded set-up's one file, beside a running worker."""
    from worker.commands import copies as commands

    commands.backup(settings_of(context), file)


@copies.command()
def restore(
    context: typer.Context,
    file: Annotated[Path, typer.Argument(help="A file that `backup` wrote.")],
) -> None:
    """Put a backup in the file's place; what was there is kept. No worker may run."""
    from worker.commands import copies as commands

    commands.restore(settings_of(context), file)


@copies.command()
def transfer(
    context: typer.Context,
    to: Annotated[
        Path | None,
        typer.Option(help="The configuration file that names RabbitMQ and PostgreSQL."),
    ] = None,
    take_back: Annotated[
        bool, typer.Option("--take-back", help="Open the file again, and forget the transfer.")
    ] = False,
) -> None:
    """Move everything from the embedded set-up to RabbitMQ and PostgreSQL. No worker may run."""
    from worker.commands import transfer as commands

    if (to is None) is not take_back:
        raise typer.BadParameter("name the new configuration with --to, or say --take-back")
    settings = settings_of(context)
    if to is None:
        commands.take_back(settings)
        return
    asyncio.run(commands.transfer(settings, load_settings(to)))
