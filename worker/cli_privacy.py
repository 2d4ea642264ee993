"""``privacy`` on the command line: options in, text out.

Why it exists: an operator makes, replaces and lets go of keys, and has people forgotten. It
must not hold logic.
"""

import asyncio
from typing import Annotated

import typer

from worker.cli_options import Json, exit_by, settings_of

privacy = typer.Typer(help="Personal data: its keys, and its end.", no_args_is_help=True)


@privacy.command("new-key")
def new_key() -> None:
    """Print a fresh key for privacy.encryption_keys."""
    from worker.commands import privacy as commands

    commands.print_new_key()


@privacy.command("keys")
def keys(context: typer.Context, json: Json = False) -> None:
    """List the ids of the configured keys, newest first; never a key."""
    from worker.commands import privacy as commands

    commands.print_keys(settings_of(context), as_json=json)


@privacy.command("reencrypt")
def reencrypt(
    context: typer.Context,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Count what would be sealed, and change nothing.")
    ] = False,
    batch: Annotated[int, typer.Option(min=1, max=5_000, help="Rows at a time.")] = 200,
    json: Json = False,
) -> None:
    """Seal everything under the newest key, beside running workers; exit 1 if not all was."""
    from worker.commands import privacy as commands

    settings = settings_of(context)
    done = commands.reencrypt(settings, dry_run=dry_run, portion=batch, as_json=json)
    exit_by(asyncio.run(done))


@privacy.command("erase")
def erase(
    context: typer.Context,
    number: Annotated[
        str, typer.Argument(help="One order, by ours, the channel's, or ZZY's number.")
    ] = "",
    reason: Annotated[
        str, typer.Option(help="Why, for the order's history; names nobody.")
    ] = "asked for",
    older_than: Annotated[
        int | None, typer.Option(min=1, help="All orders that ended so many days ago.")
    ] = None,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Say what would be forgotten, and change nothing.")
    ] = False,
) -> None:
    """Forget the people of an order, or of all old ones; exit 1 if they are still needed."""
    from worker.commands import erasure as commands

    if bool(number) == (older_than is not None):
        raise typer.BadParameter("name one order, or --older-than DAYS")
    settings = settings_of(context)
    if older_than is not None:
        exit_by(asyncio.run(commands.erase_old(settings, older_than, dry_run=dry_run)))
        return
    exit_by(asyncio.run(commands.erase_one(settings, number, reason, dry_run=dry_run)))
