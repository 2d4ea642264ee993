"""What people hear of a ZZY that is down: one alarm, its end, and nothing of a mere limit."""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import pytest
from prometheus_client import REGISTRY
from structlog.testing import capture_logs

from contracts import queues
from tests.doubles import HeldClock
from tests.runtime.world import NO_CODES, PATIENCE, TIMEOUT
from worker.runtime.gate import ORDERS_PLAN, Gate
from worker.runtime.pressure import SAY_AGAIN_SECONDS, Pressure
from worker.runtime.valve import Valve
from worker.translation.supplier import Unknown


@dataclass
class Knocked:
    """A ZZY that answers knocks from a list, the last answer for ever."""

    answers: list[Any]
    knocks: list[str] = field(default_factory=list)

    async def person_qr_codes(self, order_num: str) -> Any:  # noqa: ANN401
        self.knocks.append(order_num)
        return self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]


@dataclass
class Taps:
    """The half of a broker that pauses and resumes."""

    turned: list[tuple[str, int | None]] = field(default_factory=list)

    async def pause(self, queue: str) -> None:
        self.turned.append((queue, 0))

    async def resume(self, queue: str, *, at_most: int | None = None) -> None:
        self.turned.append((queue, at_most))


@dataclass
class Scene:
    """Pressure at work, in time that passes by itself."""

    zzy: Knocked
    clock: HeldClock = field(default_factory=HeldClock)
    taps: Taps = field(default_factory=Taps)

    def __post_init__(self) -> None:
        self.gate = Gate(self.clock, ORDERS_PLAN)
        valve = Valve(self.taps)  # type: ignore[arg-type]  # all that is used of a broker
        self.pressure = Pressure(self.gate, valve, self.zzy, self.clock)  # type: ignore[arg-type]

    def fail(self, lost: Unknown, times: int = 1) -> None:
        for _ in range(times):
            permit = self.gate.admit()
            assert permit is not None
            self.clock.advance(0.5)
            self.gate.note(permit, "n", lost)

    async def see_through(self) -> Sequence[Mapping[str, Any]]:
        """Run until the queue of orders is open again; return what was logged."""
        with capture_logs() as logs:
            running = asyncio.ensure_future(self.pressure.run())
            async with asyncio.timeout(PATIENCE):
                while (queues.ORDERS, None) not in self.taps.turned:  # noqa: ASYNC110
                    await asyncio.sleep(0)
                await asyncio.sleep(0)
            running.cancel()
        return logs


def down() -> float:
    return REGISTRY.get_sample_value("ticketbridge_zzy_down") or 0


async def test_an_outage_is_one_alarm_and_its_end() -> None:
    scene = Scene(Knocked([TIMEOUT, TIMEOUT, NO_CODES]))
    scene.fail(TIMEOUT, times=5)
    logs = await scene.see_through()
    told = [(log["event"], log["kind"]) for log in logs if "kind" in log]
    assert told == [("alarm", "zzy_down"), ("alarm_resolved", "zzy_down")]
    assert scene.zzy.knocks == ["n"] * 3
    assert scene.taps.turned == [(queues.ORDERS, 0), (queues.ORDERS, 1), (queues.ORDERS, None)]
    assert down() == 0


async def test_a_long_outage_is_said_to_go_on() -> None:
    scene = Scene(Knocked([*[TIMEOUT] * 24, NO_CODES]))
    scene.fail(TIMEOUT, times=5)
    began = scene.clock.now()
    logs = await scene.see_through()
    lasted = (scene.clock.now() - began).total_seconds()
    alarms = [log for log in logs if log["event"] == "alarm"]
    assert lasted > 2 * SAY_AGAIN_SECONDS
    assert 2 <= len(alarms) <= 1 + lasted / SAY_AGAIN_SECONDS


async def test_a_limit_of_zzy_is_no_alarm() -> None:
    scene = Scene(Knocked([NO_CODES]))
    scene.fail(Unknown("http_429", retry_after=30.0))
    logs = await scene.see_through()
    assert [log["event"] for log in logs] == ["zzy_limits_calls", "zzy_answers_again"]
    assert logs[0]["seconds"] == pytest.approx(30)


async def test_a_limit_after_which_zzy_is_silent_is_an_alarm() -> None:
    scene = Scene(Knocked([TIMEOUT, NO_CODES]))
    scene.fail(Unknown("http_429"))
    logs = await scene.see_through()
    assert "zzy_down" in [log.get("kind") for log in logs]


async def test_a_refused_signature_at_the_knock_is_an_answer() -> None:
    scene = Scene(Knocked([Unknown("http_401", signature_refused=True)]))
    scene.fail(TIMEOUT, times=5)
    await scene.see_through()
    assert scene.zzy.knocks == ["n"]
