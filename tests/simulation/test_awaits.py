"""The audit in docs/reliability.md names every await between a receive and its acknowledgement."""

import re
from pathlib import Path

from tests.simulation.awaits import UNREACHED, Await, awaits
from tests.simulation.planted import PLANTS

PAGE = (Path(__file__).parents[2] / "docs" / "reliability.md").read_text(encoding="utf-8")
_ROW = re.compile(r"^\| `([\w.]+)` \| `(\w+)` \| `([^`]+)` \| ([^|]+) \| ([^|]+) \|$", re.MULTILINE)


def test_the_table_names_every_await_and_no_other() -> None:
    named = [Await(*row[:3]) for row in _ROW.findall(PAGE)]
    there = list(awaits())
    assert set(there) - set(named) == set(), "the table lacks these"
    assert set(named) - set(there) == set(), "the code has these no more"
    assert len(named) == len(set(named))


def test_the_page_names_every_planted_fault() -> None:
    section = PAGE.split("## Planted faults")[1].split("\n## ")[0]
    named = re.findall(r"^\| `(\w+)` \|", section, re.MULTILINE)
    assert sorted(named) == sorted(PLANTS)


def test_what_the_simulation_does_not_reach_is_of_the_audit() -> None:
    assert set(UNREACHED) - set(awaits()) == set()
