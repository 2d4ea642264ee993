"""The threat model names an answer and tests for each threat, and the tests exist."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "security.md").read_text(encoding="utf-8")
HEAD = "| Threat | Answer | Test |"


def threats() -> list[list[str]]:
    """Return the cells of every row of a table of threats."""
    rows, inside = [], False
    for line in PAGE.splitlines():
        if line == HEAD:
            inside = True
        elif not line.startswith("|"):
            inside = False
        elif inside and not line.startswith("|---"):
            rows.append([cell.strip() for cell in line.strip("|").split(" | ")])
    return rows


ROWS = threats()


def test_there_is_a_table_for_each_who_may_attack() -> None:
    assert PAGE.count(HEAD) >= 7
    assert len(ROWS) >= 40


@pytest.mark.parametrize("row", ROWS, ids=[row[0][:40] for row in ROWS])
def test_each_threat_has_an_answer_and_tests_that_exist(row: list[str]) -> None:
    threat, answer, tests = row
    assert threat
    assert answer
    named = re.findall(r"`(tests/[\w/]+\.py)(?:::(\w+))?`", tests)
    assert named, "no test is named"
    for path, function in named:
        file = ROOT / path
        assert file.is_file(), f"{path} does not exist"
        text = file.read_text(encoding="utf-8")
        assert "def test_" in text, f"{path} holds no test"
        assert not function or re.search(rf"\bdef {function}\(", text), f"{path} has no {function}"
