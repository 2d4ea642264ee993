"""Parses a command as the command line would, and runs nothing."""

from collections.abc import Sequence
from typing import Any

from typer.main import get_command

from worker.cli import _config_first, app


def parse(words: Sequence[str]) -> str:
    """Return the name of the command whose words, options and values these are.

    Raises the command line's own usage error, which says what is wrong.
    """
    command: Any = get_command(app)
    names: list[str] = []
    left, context = _config_first(list(words)), None
    while True:
        context = command.make_context(names[-1] if names else "", left, parent=context)
        if not hasattr(command, "commands"):
            return " ".join(names)
        rest = [*context._protected_args, *context.args]
        name, command, left = command.resolve_command(context, rest)
        names.append(name)
