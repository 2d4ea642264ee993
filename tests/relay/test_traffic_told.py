"""What people hear and read of a channel, in virtual time."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import pytest
from structlog.testing import capture_logs

from tests.relay.endpoints import QUICK, one, refusing, well
from tests.relay.virtual import VirtualWorld, in_virtual_time
from worker.relay.lane import Flow
from worker.runtime.outcome import Park
from worker.telemetry.metrics import CHANNEL_BREAKER, CHANNEL_OLDEST_AGE


def grades(logs: Sequence[Mapping[str, Any]]) -> Iterator[object]:
    for line in logs:
        if line.get("kind") == "channel_failing":
            yield line.get("percent", line["event"])


def test_an_operator_hears_of_it_in_time_once_a_grade_and_when_it_is_over() -> None:
    async def story() -> None:
        world = VirtualWorld({"k": refusing}, breaker=QUICK, delays=(600, 1_800))
        await world.start()
        with capture_logs() as logs:
            for number in range(5):
                await world.tell("k", f"n{number}")
            whole = 2_400
            await world.at(0.49 * whole)
            assert list(grades(logs)) == []
            assert CHANNEL_OLDEST_AGE.labels("k")._value.get() == pytest.approx(0.49 * whole, abs=1)
            assert CHANNEL_BREAKER.labels("k")._value.get() > 0
            await world.at(0.95 * whole)
            assert list(grades(logs)) == [50, 70, 90]
            world.endpoints["k"] = well
            world.store.set("k", probe_wanted_at=world.clock.now())
            await world.at(0.96 * whole)
            assert list(grades(logs)) == [50, 70, 90, "alarm_resolved"]
            assert CHANNEL_OLDEST_AGE.labels("k")._value.get() == 0
            assert CHANNEL_BREAKER.labels("k")._value.get() == 0
        assert len(world.taken) == 5
        await world.stop()

    in_virtual_time(story)


def test_giving_up_is_the_last_grade() -> None:
    async def story() -> None:
        world = VirtualWorld({"k": refusing}, delays=(30, 120), breaker=QUICK)
        await world.start()
        with capture_logs() as logs:
            for number in range(5):
                await world.tell("k", f"n{number}")
            await world.at(600)
        assert list(grades(logs)) == [50, 70, 90, 100, "alarm_resolved"]
        assert [type(park) for _, park in world.broker.dead] == [Park] * 5
        await world.stop()

    in_virtual_time(story)


def test_people_read_how_it_stands_and_what_it_last_said() -> None:
    async def story() -> None:
        world = one(refusing)
        await world.start()
        await world.at(1)
        assert [one.breaker for one in world.store.reports] == ["closed"]
        for number in range(3):
            await world.tell("k", f"n{number}")
        await world.at(2)
        last = world.store.reports[-1]
        assert (last.breaker, last.answer, last.words) == (
            "open",
            "HTTP 500",
            "Internal Server Error",
        )
        assert (last.milliseconds, last.oldest_at) == (10, world.clock.now().replace(second=1))
        await world.at(1_000)
        assert len(world.store.reports) < 100, "a turn, a change, a reminder; no stream"
        await world.stop()

    in_virtual_time(story)


def test_a_store_that_does_not_answer_stops_nothing() -> None:
    async def story() -> None:
        world = one(refusing)
        await world.start()
        world.store.down = True
        for number in range(4):
            await world.tell("k", f"n{number}")
        await world.at(10)
        assert world.lanes.of("k").flow(world.clock.now()) is not Flow.FLOWING
        world.endpoints["k"] = well
        await world.at(60)
        assert len(world.taken) == 4
        world.store.down = False
        await world.at(62)
        assert world.store.reports[-1].breaker == "closed"
        await world.stop()

    in_virtual_time(story)
