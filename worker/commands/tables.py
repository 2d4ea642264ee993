"""Prints lists: a table for people, one JSON object a line for scripts.

Why it exists: every listing looks the same and keeps stdout to data. It must not know
what is listed.
"""

import json
import sys
from collections.abc import Mapping, Sequence

from rich import box
from rich.console import Console
from rich.table import Table


def print_table(columns: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    """Print a table; without a terminal it is as wide as its content."""
    table = Table(*columns, box=box.SIMPLE_HEAD)
    for row in rows:
        table.add_row(*row)
    console = Console(width=None if sys.stdout.isatty() else 240)
    console.print(table)


def print_json_lines(objects: Sequence[Mapping[str, object]]) -> None:
    """Print one JSON object a line."""
    for each in objects:
        sys.stdout.write(json.dumps(each, ensure_ascii=False) + "\n")
