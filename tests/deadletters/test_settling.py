"""A letter is done when what it holds was processed, and no sooner."""

from dataclasses import replace

import pytest

from contracts.headers import REPLAY_OF, REPLAYED_AT
from tests.deadletters.letters import letter
from tests.doubles import NOON, HeldClock
from worker.deadletters.sending import again
from worker.deadletters.settling import Settling
from worker.errors import StoreRefusedError, StoreUnavailableError
from worker.runtime.lettering import Settled
from worker.runtime.outcome import Ack, Outcome, Park, Retry
from worker.runtime.ports import Message

REPLAYED = again(letter(), NOON)


class Memory:
    """Notes what is settled, or fails as it is told."""

    def __init__(self, error: Exception | None = None) -> None:
        self.settled: list[Settled] = []
        self.error = error

    async def settle_replay(self, settled: Settled) -> None:
        if self.error:
            raise self.error
        self.settled.append(settled)


async def handled(message: Message, outcome: Outcome, memory: Memory) -> Outcome:
    async def handler(_message: Message) -> Outcome:
        return outcome

    clock = HeldClock(NOON)
    clock.advance(60)
    return await Settling(handler, memory, clock).handle(message)  # type: ignore[arg-type]


async def test_an_ack_settles_the_letter_that_the_message_names() -> None:
    memory = Memory()
    assert await handled(REPLAYED, Ack(), memory) == Ack()
    [settled] = memory.settled
    assert (settled.letter_id, settled.replayed_at) == (letter().id, NOON)
    assert (settled.at - NOON).total_seconds() == 60


@pytest.mark.parametrize("outcome", [Retry(1, "later"), Park("delivery_failed", "no")])
async def test_nothing_else_does(outcome: Outcome) -> None:
    memory = Memory()
    assert await handled(REPLAYED, outcome, memory) == outcome
    assert memory.settled == []


async def test_a_message_that_replays_nothing_settles_nothing() -> None:
    memory = Memory()
    assert await handled(letter().message, Ack(), memory) == Ack()
    assert memory.settled == []


async def test_while_the_store_is_away_the_message_comes_again() -> None:
    outcome = await handled(REPLAYED, Ack(), Memory(StoreUnavailableError()))
    assert isinstance(outcome, Retry)
    assert not outcome.counted


async def test_what_the_store_can_never_take_does_not_go_round_for_ever() -> None:
    assert await handled(REPLAYED, Ack(), Memory(StoreRefusedError())) == Ack()


@pytest.mark.parametrize("at", ["", "yesterday", "2026-05-01T04:00:00"])
async def test_a_time_that_cannot_be_read_is_now(at: str) -> None:
    memory = Memory()
    headers = {REPLAY_OF: letter().id, REPLAYED_AT: at}
    await handled(replace(REPLAYED, headers=headers), Ack(), memory)
    assert memory.settled[0].replayed_at.tzinfo is not None
