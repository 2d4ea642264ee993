"""``privacy`` on the command line: options in, text out.

Why it exists: an operator makes, replaces and lets go of keys. It must not hold logic.
"""

import asyncio
from typing import Annotated

import typer

from worker.cli_options import Json, exit_by, settings_of

privacy = typer.Typer(help="Personal data: its keys.", no_args_is_help=True)


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
