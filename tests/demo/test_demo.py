"""The demo succeeds only when all that it promises was seen."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from io import StringIO
from types import SimpleNamespace
from typing import Any

import pytest
from rich.console import Console

from demo import __main__ as demo
from demo import looks, steps, story, world
from demo.steps import Steps
from worker.simulators.channel_driver import DriverAnswer
from worker.simulators.zzy_faults import ZzyFaults

TITLES = [*story.BOUGHT, *story.GIVEN_BACK, *story.BROKEN, *story.CHANGED]


class Screen(Console):
    """A console whose text can be read."""

    def __init__(self, *, terminal: bool = False) -> None:
        self.paper = StringIO()
        super().__init__(file=self.paper, force_terminal=terminal, width=120)

    @property
    def text(self) -> str:
        return self.paper.getvalue()


@asynccontextmanager
async def nothing_started(_broker: str) -> AsyncIterator[Any]:
    async def command(*_words: str) -> tuple[int, str]:
        return 0, "its history"

    yield SimpleNamespace(last_words=lambda: "the worker's log", command=command)


async def there() -> str | None:
    return "it is there"


async def missing() -> str | None:
    return None


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(demo, "started", nothing_started)
    monkeypatch.setattr(steps, "STEP_SECONDS", 0.05)


def parts(monkeypatch: pytest.MonkeyPatch, *seen: looks.Look) -> None:
    """Let the demo be two parts, of two steps and of one, of which these are looked for."""
    first, second = seen[:2], seen[2:]

    async def begin(_world: object, shown: Steps) -> None:
        shown.part("A part", ["one", "two"])
        for look in first:
            await shown.see(look)

    async def go_on(_world: object, shown: Steps) -> None:
        shown.part("Another", ["three"])
        for look in second:
            await shown.see(look)

    monkeypatch.setattr(story, "PARTS", (begin, go_on))


@pytest.mark.usefixtures("quick")
@pytest.mark.parametrize("terminal", [False, True])
async def test_every_step_seen_is_a_success(
    monkeypatch: pytest.MonkeyPatch, *, terminal: bool
) -> None:
    parts(monkeypatch, there, there, there)
    screen = Screen(terminal=terminal)
    assert await demo.main("embedded", screen) == 0
    assert screen.text.count("it is there") >= 3
    assert screen.text.index("A part") < screen.text.index("Another")
    assert "every step was seen" in screen.text
    assert "✗" not in screen.text


@pytest.mark.usefixtures("quick")
@pytest.mark.parametrize("terminal", [False, True])
async def test_a_step_that_is_not_seen_is_shown_and_is_a_failure(
    monkeypatch: pytest.MonkeyPatch, *, terminal: bool
) -> None:
    parts(monkeypatch, there, missing, there)
    screen = Screen(terminal=terminal)
    assert await demo.main("embedded", screen) == 1
    assert "✗" in screen.text
    assert "the worker's log" in screen.text
    assert "Another" not in screen.text


@pytest.mark.usefixtures("quick")
async def test_a_step_that_nobody_looks_for_is_a_failure(monkeypatch: pytest.MonkeyPatch) -> None:
    parts(monkeypatch, there, there)
    screen = Screen()
    assert await demo.main("embedded", screen) == 1
    assert "every step was seen" not in screen.text


async def test_a_refusal_is_no_success() -> None:
    assert await looks.answered(DriverAnswer(200, "3007", "no", ""), "order_num")() is None
    under_audit = {"refund_id": "R1", "count": 2, "status": "pending"}
    assert await looks.refund_answered(DriverAnswer(200, "4000", "no", under_audit))() is None


@pytest.mark.parametrize(
    ("code", "created", "seen"), [("3007", 2, 1), ("3008", 2, 0), ("3007", 3, 0)]
)
async def test_a_refusal_is_early_only_if_zzy_was_not_asked_to_create(
    code: str, created: int, seen: int
) -> None:
    failure = SimpleNamespace(params={"code": code, "message": "too many"})
    fake: Any = SimpleNamespace(
        channel=SimpleNamespace(of_type=lambda _kind, _number: [failure]),
        zzy=SimpleNamespace(api=SimpleNamespace(calls={"create": created})),
    )
    told = await looks.refused_early(fake, "late", code="3007", created=2)()
    assert (told is not None) == bool(seen)


async def test_the_second_time_is_not_the_first() -> None:
    async def timeline(_number: str) -> list[tuple[str, str]]:
        return history

    history = [("paid", ""), ("verification_noticed", "1 checked")]
    fake: Any = SimpleNamespace(timeline=timeline)
    again = looks.happened(fake, "good", "verification_noticed", time=2)
    assert await again() is None
    history.append(("verification_noticed", "3 checked"))
    assert await again() == "3 checked"


@pytest.mark.acceptance
async def test_it_shows_orders_a_partial_refund_and_a_changed_product() -> None:
    screen = Screen()
    assert await demo.main("embedded", screen) == 0, screen.text
    assert [title for title in TITLES if f"✓ {title}" not in screen.text] == []
    for words in (
        "取票码：",
        "approved: 2 tickets",
        "issued: 1 used, 2 refunded (R-1 approved), 2 usable",
        "check_result 2: 3 checked, 0 left of 5",
        "delivery_failed",
        "P11063 changed",
        "max_by_order 2",
        "3007 单次购买数量不符合规则",
    ):
        assert words in screen.text


@pytest.mark.acceptance
async def test_it_fails_when_zzy_decides_no_refund(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(world, "UNHURRIED", ZzyFaults(refund_audit="by_hand"))
    monkeypatch.setattr(steps, "STEP_SECONDS", 6.0)
    screen = Screen()
    assert await demo.main("embedded", screen) == 1
    assert "✗ refundOrder answered" in screen.text
