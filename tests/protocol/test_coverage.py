"""The coverage table names everything, and nothing that is not there."""

import ast
from collections import Counter
from functools import cache

import pytest

from tests.protocol.documents import items
from tests.protocol.table import PAGE, ROOT, Row, page, rows

ROWS = rows()


@cache
def functions(path: str) -> frozenset[str]:
    tree = ast.parse((ROOT / path).read_text("utf-8"))
    kinds = (ast.FunctionDef, ast.AsyncFunctionDef)
    return frozenset(node.name for node in ast.walk(tree) if isinstance(node, kinds))


def test_the_documents_were_read() -> None:
    found = Counter(document for document, _, _ in items())
    assert found["channel"] > 40
    assert found["zzy"] > 190


def test_every_field_and_code_of_the_documents_stands_in_a_row() -> None:
    covered = set[tuple[str, str, str]]().union(*(row.items for row in ROWS))
    assert sorted(items() - covered) == []


def test_no_row_covers_what_no_document_names() -> None:
    claimed = {(row.name, item) for row in ROWS for item in row.items}
    assert sorted((name, item) for name, item in claimed if item not in items()) == []


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.name)
def test_a_row_names_code_tests_and_a_change_that_exist(row: Row) -> None:
    assert row.what
    assert row.covers
    assert row.tests
    for path in row.code:
        assert (ROOT / path).is_file(), path
    for test in row.tests:
        path, _, name = test.partition("::")
        assert name.partition("[")[0] in functions(path), test
    text = (ROOT / row.planted.file).read_text("utf-8")
    assert text.count(row.planted.old) == 1, "the change must fit exactly one place"
    assert row.planted.old != row.planted.new
    assert row.planted.file.startswith(("worker/", "contracts/"))


def test_the_page_is_fresh() -> None:
    assert PAGE.read_text("utf-8") == page(ROWS), "run make docs"
