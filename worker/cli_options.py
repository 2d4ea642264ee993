"""What the commands share: options, the settings, the exit code.

Why it exists: an option means the same wherever it stands. It must not name a command.
"""

from typing import Annotated, Final

import typer

from worker.settings import Settings, load_settings

FAILED: Final = 1

Json = Annotated[bool, typer.Option("--json", help="One JSON object a line.")]


def settings_of(context: typer.Context) -> Settings:
    """Return the settings that ``--config`` names. Raises SettingsError."""
    return load_settings(context.obj)


def exit_by(ok: bool) -> None:  # noqa: FBT001  (its only word)
    """Leave with exit code 1 unless all is well."""
    if not ok:
        raise typer.Exit(FAILED)
