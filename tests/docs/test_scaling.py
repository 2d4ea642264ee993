"""The sizing follows from the costs, and every metric, setting and file that is named exists."""

import re
from pathlib import Path

from tests.docs.sizing import PAGE, costs, written

ROOT = Path(__file__).parents[2]
TEXT = PAGE.read_text(encoding="utf-8")


def test_the_sizing_is_what_follows_from_the_costs() -> None:
    assert written(TEXT) == TEXT, "run make docs"
    own = f"| {costs(TEXT)[0]:.2f} |"
    other = TEXT.replace(own, "| 99.99 |")
    assert other != TEXT
    assert written(other) != other


def test_every_metric_that_is_named_is_one() -> None:
    page = (ROOT / "docs" / "metrics.md").read_text(encoding="utf-8")
    named = set(re.findall(r"`(ticketbridge_\w+)", TEXT))
    assert len(named) > 6
    assert {name for name in named if f"`{name}`" not in page} == set()


def test_every_setting_that_is_named_is_one() -> None:
    example = (ROOT / "bridge.example.toml").read_text(encoding="utf-8")
    named = re.findall(r"`(ingress|saga|privacy|health)\.(\w+)`", TEXT)
    assert len(named) >= 4
    assert [key for _, key in named if key not in example] == []
