"""The walk through the code leads to functions and classes that are there."""

import ast
import re
from functools import cache
from pathlib import Path

import pytest

DOCS = Path(__file__).parents[2] / "docs"
LINK = re.compile(r"\[`([\w.]+)`\]\(([^)#\s]+\.py)\)")
PAGES = [DOCS / "architecture.md", DOCS.parent / "CONTRIBUTING.md", DOCS / "scaling.md"]
LINKS = [
    pytest.param(page.parent / file, name, id=f"{page.stem} {name}")
    for page in PAGES
    for name, file in sorted(set(LINK.findall(page.read_text(encoding="utf-8"))))
]


@cache
def names_in(file: Path) -> frozenset[str]:
    """Return the module, its constants, functions and classes, and the classes' own."""
    module = ast.parse(file.read_text(encoding="utf-8"))
    return frozenset(
        {file.stem, *_names(module, "")} | {f"{file.stem}.{n}" for n in _names(module, "")}
    )


def _names(node: ast.Module | ast.ClassDef, prefix: str) -> list[str]:
    found = []
    for one in node.body:
        if isinstance(one, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            found.append(prefix + one.name)
        if isinstance(one, ast.ClassDef):
            found += _names(one, f"{prefix}{one.name}.")
        targets = one.targets if isinstance(one, ast.Assign) else [getattr(one, "target", None)]
        found += [prefix + name.id for name in targets if isinstance(name, ast.Name)]
    return found


@pytest.mark.parametrize(("file", "name"), LINKS)
def test_what_is_linked_is_there(file: Path, name: str) -> None:
    assert file.is_file()
    assert name in names_in(file)


def test_the_walk_is_a_walk() -> None:
    page = PAGES[0].read_text(encoding="utf-8")
    for heading in ("## One order\n", "## One notice\n"):
        assert len(LINK.findall(page.split(heading)[1].split("\n## ")[0])) >= 12


def test_a_name_that_is_gone_is_seen() -> None:
    file = DOCS.parent / "worker" / "runtime" / "handle.py"
    assert {"Saga.take", "handle.Saga", "Saga._commit"} <= names_in(file)
    assert "Saga.took" not in names_in(file)
