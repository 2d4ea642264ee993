"""What waits in the embedded broker's file goes over whole, and no later than it may."""

import sqlite3
import time
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from contracts import queues
from tests.parity.broker_kit import order
from worker.broker import leaving
from worker.broker.embedded import EmbeddedBroker
from worker.broker.embedded_replies import ADDRESS_PREFIX
from worker.clock import SystemClock
from worker.errors import BrokerUnavailableError
from worker.runtime.ports import Message
from worker.sqlite import SqliteFile

ASKED = f"{ADDRESS_PREFIX}1"


class Target:
    """A broker that keeps what it is given, until it is full."""

    def __init__(self, room: int = 1_000) -> None:
        self.room = room
        self.taken: list[tuple[Message, float]] = []

    async def publish(self, message: Message, *, delay: float = 0) -> None:
        if len(self.taken) >= self.room:
            raise BrokerUnavailableError("gone")
        self.taken.append((message, delay))


@pytest.fixture
async def path(tmp_path: Path) -> Path:
    """A file in which something waits in every way."""
    file = SqliteFile(tmp_path / "bridge.db")
    broker = EmbeddedBroker(file, ["k"], SystemClock())
    await broker.start()
    await broker.publish(order(b"asked", message_id="asked", reply_to=ASKED))
    await broker.publish(order(b"upstream", message_id="upstream", reply_to="elsewhere"))
    await broker.publish(order(b"question", message_id="question", queue=queues.QUERIES))
    await broker.publish(order(b"dead", message_id="dead", queue=queues.DEAD, attempt=3))
    await broker.publish(order(b"later", message_id="later"), delay=600)
    for number in range(leaving.PORTION):
        await broker.publish(order(b"%d" % number, message_id=str(number)))
    await broker.close()
    await file.close()
    return tmp_path / "bridge.db"


async def moved(
    path: Path,
    target: Any,  # noqa: ANN401  (what stands for RabbitMQ)
    done: list[int],
    *,
    after: int = 0,
    later: float = 0,
) -> None:
    """Send it all; what is told to be done is added to ``done``."""
    with closing(sqlite3.connect(path)) as source:
        now = time.time() + later
        await leaving.send(source, target, after=after, now=now, done=done.append)


async def test_all_but_questions_arrives_with_all_that_it_had(path: Path) -> None:
    target = Target()
    await moved(path, target, [])
    taken = {message.message_id: (message, delay) for message, delay in target.taken}
    assert len(taken) == len(target.taken) == 4 + leaving.PORTION
    assert "question" not in taken, "nobody waits for its answer any more"
    assert taken["asked"][0].reply_to == "", "whoever asked is gone"
    assert taken["upstream"][0].reply_to == "elsewhere"
    dead = taken["dead"][0]
    assert (dead.queue, dead.attempt, dead.body) == (queues.DEAD, 3, b"dead")
    assert taken["later"][1] == 120, "the longest delay that there is below what is left"
    assert {delay for name, (_, delay) in taken.items() if name != "later"} == {0}


async def test_what_is_nearly_due_comes_at_once(path: Path) -> None:
    target = Target()
    await moved(path, target, [], later=599.5)
    assert {delay for _, delay in target.taken} == {0}


async def test_only_what_is_confirmed_is_told_to_be_done(path: Path) -> None:
    done: list[int] = []
    with pytest.raises(BrokerUnavailableError):
        await moved(path, Target(room=leaving.PORTION - 2), done)
    assert done == []
    full, rest = Target(), Target()
    await moved(path, full, done)
    first, last = done
    again: list[int] = []
    await moved(path, rest, again, after=first)
    assert again == [last]
    assert 0 < len(rest.taken) < len(full.taken)
    assert rest.taken == full.taken[-len(rest.taken) :]
