"""Whoever publishes reads the contracts: everything public there says what it is."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

import contracts

FILES = sorted(Path(contracts.__file__).parent.glob("*.py"))
Documented = ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef


def public(node: ast.Module | ast.ClassDef, name: str) -> Iterator[tuple[str, Documented]]:
    """Yield what is there, and what is public in it."""
    yield name, node
    for one in node.body:
        if isinstance(one, ast.ClassDef) and not one.name.startswith("_"):
            yield from public(one, f"{name}.{one.name}")
        elif isinstance(one, ast.FunctionDef | ast.AsyncFunctionDef) and one.name[0] != "_":
            yield f"{name}.{one.name}", one


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_everything_public_says_what_it_is(path: Path) -> None:
    module = ast.parse(path.read_text(encoding="utf-8"))
    assert [name for name, node in public(module, path.stem) if not ast.get_docstring(node)] == []
