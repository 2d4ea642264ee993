"""Every alarm and every kind of dead letter is explained to the operator."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "operations.md").read_text(encoding="utf-8")


def table_under(heading: str) -> set[str]:
    section = PAGE.split(f"\n## {heading}\n")[1].split("\n## ")[0]
    cells = re.findall(r"^\| (`.*?) \|", section, re.MULTILINE)
    return {name for cell in cells for name in re.findall(r"`(\w+)`", cell)}


def first_arguments(*functions: str) -> Iterator[str]:
    """Yield the literal first argument of every call of these functions in the worker."""
    for file in (ROOT / "worker").rglob("*.py"):
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            if not (isinstance(node, ast.Call) and node.args):
                continue
            name = getattr(node.func, "id", getattr(node.func, "attr", ""))
            first = node.args[0]
            if name in functions and isinstance(first, ast.Constant):
                yield str(first.value)


@pytest.mark.parametrize(
    ("heading", "functions"),
    [
        ("Alarms", ("alarm", "Alarm")),
        ("Dead letters", ("Park", "parked", "_StrangeError")),
    ],
)
def test_every_kind_is_explained(heading: str, functions: tuple[str, ...]) -> None:
    raised = set(first_arguments(*functions))
    assert len(raised) > 5, "the search finds nothing: were the functions renamed?"
    assert raised - table_under(heading) == set()
