"""``console`` on the command line: what is done beside the pages.

Why it exists: who may log in stands in the configuration as a hash, which somebody must
make. It must not hold logic.
"""

import typer

console = typer.Typer(help="The pages for people: who may log in.", no_args_is_help=True)


@console.callback()
def _group() -> None:
    """Keep the name of the only command."""


@console.command("hash-password")
def hash_password() -> None:
    """Ask for a password twice (or read it from stdin) and print its hash for console.users."""
    from worker.commands import console as commands

    commands.hash_password()
