"""The picture of the saga is drawn from the table, and nothing but a person imports it."""

from pathlib import Path
from xml.etree import ElementTree as ET

import pytest

from worker.saga import diagram
from worker.saga.guards import always
from worker.saga.states import Phase
from worker.saga.transitions import ROWS, Row

ROOT = Path(__file__).parents[2]


def test_the_stored_picture_is_fresh() -> None:
    assert diagram.main(["--check"]) == 0, "run: python -m worker.saga.diagram"


def test_a_stale_picture_is_told(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(diagram, "TARGET", tmp_path / "saga.svg")
    assert diagram.main(["--check"]) == 1
    assert diagram.main([]) == 0
    assert diagram.main(["--check"]) == 0


def test_it_is_well_formed_and_names_every_phase() -> None:
    picture = ET.fromstring(diagram.draw())  # noqa: S314  (our own text)
    shown = " ".join(picture.itertext())
    assert [phase for phase in Phase if phase.value.replace("_", " ") not in shown] == []


def test_a_change_of_phase_without_a_route_is_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    row = Row(Phase.NEW, ROWS[0].event, always, (), Phase.ISSUED)
    monkeypatch.setattr(diagram, "ROWS", (*ROWS, row))
    with pytest.raises(KeyError, match="issued"):
        diagram.edges()


def test_a_frame_whose_phases_differ_is_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    rows = [row for row in ROWS if not (row.phase is Phase.ISSUED and row.then)]
    changed = Row(Phase.ISSUED, ROWS[0].event, always, (), Phase.REFUNDED)
    monkeypatch.setattr(diagram, "ROWS", (*rows, changed))
    with pytest.raises(ValueError, match="not alike"):
        diagram.edges()


def test_nothing_but_an_orders_page_imports_it() -> None:
    files = [f for f in (ROOT / "worker").rglob("*.py") if not f.name.startswith("diagram")]
    importing = [f.name for f in files if "saga.diagram" in f.read_text(encoding="utf-8")]
    assert importing == ["order.py"]


def test_an_orders_place_is_drawn_on_it() -> None:
    picture = diagram.draw(Phase.ISSUED, [Phase.NEW, Phase.PAYING])
    assert picture.count('<g class="here">') == 1
    assert picture.count('<g class="been">') == 2
    assert picture.count('<g class="other">') == len(Phase) - 3
    assert 'class="here"' not in diagram.draw()
    ET.fromstring(picture)  # noqa: S314  (our own)


def test_on_an_orders_page_it_follows_the_theme_that_was_chosen() -> None:
    light, dark, either = (
        diagram.draw(Phase.ISSUED, theme=theme) for theme in ("light", "dark", "system")
    )
    assert "#161c21" not in light
    assert "#ffffff" not in dark
    assert "prefers-color-scheme" not in light + dark
    assert "prefers-color-scheme:dark" in either
    assert "The life of an order" not in light + dark + either
