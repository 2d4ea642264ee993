"""Channels that are paused, slowed, asked for peace or gone, in virtual time."""

from itertools import pairwise

import pytest

from tests.doubles import NOON
from tests.relay.endpoints import HOUR, QUICK, SHORT, Tired, one, well
from tests.relay.virtual import VirtualWorld, in_virtual_time
from worker.telemetry.metrics import CHANNEL_PAUSED
from worker.translation.delivery import Answered, DeliveryResult


def test_a_pause_by_hand_stops_at_once_and_buries_nothing() -> None:
    async def story() -> None:
        world = VirtualWorld({"k": well}, breaker=QUICK, delays=SHORT)
        await world.start()
        world.store.set("k", paused_at=NOON, pause_reason="maintenance")
        await world.at(2)
        for number in range(20):
            await world.tell("k", f"n{number}")
        await world.at(HOUR)
        assert world.posts == []
        assert world.broker.attempts("k") == [0] * 20
        assert CHANNEL_PAUSED.labels("k")._value.get() == 1
        world.store.set("k", paused_at=None)
        await world.at(HOUR + 3)
        assert len(world.taken) == 20
        assert world.broker.dead == []
        assert CHANNEL_PAUSED.labels("k")._value.get() == 0
        await world.stop()

    in_virtual_time(story)


def test_what_was_in_hand_at_a_pause_is_not_buried() -> None:
    async def story() -> None:
        world = VirtualWorld({"k": well}, delays=SHORT, rates={"k": 0.01})
        await world.start()
        for number in range(6):
            await world.tell("k", f"n{number}")
        await world.at(60)
        world.store.set("k", paused_at=NOON)
        await world.at(70)
        assert (len(world.taken), world.broker.waiting("k"), world.broker.dead) == (1, 5, [])
        assert world.broker.attempts("k") == [0] * 5
        await world.stop()

    in_virtual_time(story)


def test_a_pause_that_is_there_at_the_start_lets_nothing_through() -> None:
    async def story() -> None:
        world = one(well)
        world.store.set("k", paused_at=NOON)
        await world.tell("k", "n")
        await world.start()
        await world.at(5)
        assert (world.posts, world.broker.handled) == ([], [])
        await world.stop()

    in_virtual_time(story)


def test_a_rate_is_kept_and_can_be_changed_while_it_runs() -> None:
    async def story() -> None:
        world = VirtualWorld({"k": well, "other": well}, rates={"k": 2})
        await world.start()
        for number in range(40):
            await world.tell("k", f"n{number}")
        await world.tell("other", "free")
        await world.at(10)
        gaps = [later - earlier for earlier, later in pairwise(world.posted("k"))]
        assert min(gaps) >= 0.5
        assert 19 <= len(world.posted("k")) <= 21
        assert world.taken["free"] < 1
        world.store.set("k", rate=0.2)
        await world.at(30)
        assert len(world.posted("k", since=12)) in {3, 4}
        world.store.set("k", rate=0.0)
        await world.at(40)
        assert len(world.taken) == 41
        await world.stop()

    in_virtual_time(story)


def test_who_waits_for_the_rate_lets_go_when_the_process_stops() -> None:
    async def story() -> None:
        world = VirtualWorld({"k": well}, rates={"k": 0.01})
        await world.start()
        for number in range(4):
            await world.tell("k", f"n{number}")
        await world.at(5)
        world.relay.leave()
        await world.at(6.5)
        assert {message.attempt for message, _ in world.broker.handled} == {0}
        assert sum(world.broker.attempts("k")) == 0
        assert len(world.broker.handled) >= 4, "nothing is in hand any more"
        await world.stop()

    in_virtual_time(story)


@pytest.mark.parametrize("retry_after", [2, None])
def test_a_429_holds_the_whole_channel_and_costs_no_attempt(retry_after: float | None) -> None:
    async def story() -> None:
        world = one(Tired(retry_after))
        await world.start()
        for number in range(20):
            await world.tell("k", f"n{number}")
        await world.at(300)
        assert len(world.taken) == 20
        assert {message.attempt for message, _ in world.broker.handled} == {0}
        assert len(world.posted("k")) < 20 * 5, "it is not pressed"
        await world.stop()

    in_virtual_time(story)


def test_429s_in_a_row_widen_and_a_long_retry_after_is_obeyed_by_all() -> None:
    async def story() -> None:
        async def full(_name: str) -> DeliveryResult:
            return Answered(429, b"", None, 0.01)

        async def fuller(_name: str) -> DeliveryResult:
            return Answered(503, b"", 600, 0.01)

        world = VirtualWorld({"k": full, "f": fuller})
        await world.start(concurrency=1)
        for number in range(5):
            await world.tell("k", f"n{number}")
            await world.tell("f", f"f{number}")
        await world.at(500)
        gaps = [later - earlier for earlier, later in pairwise(world.posted("k"))]
        assert [round(gap) for gap in gaps[:7]] == pytest.approx([1, 2, 4, 8, 16, 32, 64], abs=1)
        assert len(world.posted("f")) == 1
        await world.at(602)
        assert len(world.posted("f")) == 2
        await world.stop()

    in_virtual_time(story)


def test_a_url_that_is_gone_elsewhere_is_gone_here_and_a_resume_serves_it_again() -> None:
    async def story() -> None:
        async def gone(_name: str) -> DeliveryResult:
            return Answered(410, b"", None, 0.01)

        world = one(gone)
        other = one(well)
        other.store = other.traffic._store = world.store  # type: ignore[assignment]
        await world.start()
        await other.start()
        await world.tell("k", "first")
        await world.at(2)
        await other.tell("k", "second")
        await world.at(3)
        assert [park.kind for _, park in other.broker.dead] == ["endpoint_gone"]
        assert other.posts == []
        world.store.set("k", gone=frozenset())
        await world.at(5)
        await other.tell("k", "third")
        await world.at(6)
        assert set(other.taken) == {"third"}
        await world.stop()
        await other.stop()

    in_virtual_time(story)
