"""Every kind of difference is explained to the operator, and its action can be carried out."""

import re
import shlex
from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest

from tests.docs.command_line import parse
from worker.reconciliation import Difference, Kind, command_of

PAGE = (Path(__file__).parents[2] / "docs" / "operations.md").read_text(encoding="utf-8")


def test_every_kind_is_in_the_table_and_no_other() -> None:
    section = PAGE.split("\n## Reconciliation\n")[1].split("\n## ")[0]
    assert re.findall(r"^\| `(\w+)` \|", section, re.MULTILINE) == [str(kind) for kind in Kind]


@pytest.mark.parametrize("letter_id", ["", "d1"])
@pytest.mark.parametrize("kind", list(Kind))
def test_every_action_is_a_command_that_there_is(kind: Kind, letter_id: str) -> None:
    one = Difference(date(2026, 5, 1), kind, "n1", "k", "2x", "7", Decimal(1), "", letter_id)
    assert parse(shlex.split(command_of(one))[3:])
