"""Takes the messages of the embedded broker's file to another broker.

Why it exists: whoever outgrows the single machine takes along what waits, delayed messages
and dead letters too. A message goes as it lies, sealed or not; it comes at least once. It
must not write to the file.
"""

import asyncio
import sqlite3
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from typing import Final

from contracts import queues
from worker.broker import embedded_rows as rows
from worker.broker.embedded_replies import ADDRESS_PREFIX
from worker.broker.rabbitmq import RabbitBroker
from worker.runtime.ports import Message

PORTION: Final = 100
"""So many are published at a time, and perhaps once more after a crash."""

_THERE: Final = "SELECT 1 FROM sqlite_master WHERE name = 'broker_messages'"
_PORTION: Final = "SELECT * FROM broker_messages WHERE id > ? ORDER BY id LIMIT ?"
_QUEUES: Final = "SELECT DISTINCT queue FROM broker_messages WHERE queue <> ?"


def wanted(source: sqlite3.Connection) -> set[str]:
    """Return the queues in which something waits; nobody waits for an answer any more."""
    if not source.execute(_THERE).fetchone():
        return set()
    return {row[0] for row in source.execute(_QUEUES, (queues.QUERIES,))}


def names(relay_keys: Sequence[str]) -> list[str]:
    """Return the queues that a broker has whose channels these are, the delays among them."""
    delays = (queues.delay_queue(tier) for tier, _ in queues.DELAY_TIERS)
    return [*queues.WORK, queues.DEAD, *map(queues.relay_queue, relay_keys), *delays]


async def first_with_messages(target: RabbitBroker, relay_keys: Sequence[str]) -> str | None:
    """Return a queue that is not empty. Raises BrokerUnavailableError."""
    for name in names(relay_keys):
        if await target.depth(name):
            return name
    return None


async def send(
    source: sqlite3.Connection,
    target: RabbitBroker,
    *,
    after: int,
    now: float,
    done: Callable[[int], None],
) -> int:
    """Publish what comes after a row; ``done`` is told the last row of what is confirmed.

    Returns how many there were. Raises BrokerUnavailableError, PublishUnknownError.
    """
    count = 0
    for portion in _portions(source, after):
        sending = [row for row in portion if row["queue"] != queues.QUERIES]
        await asyncio.gather(*(_send(target, row, now) for row in sending))
        done(portion[-1]["id"])
        count += len(sending)
    return count


async def _send(target: RabbitBroker, row: sqlite3.Row, now: float) -> None:
    message = _unasked(rows.message_of(row))
    await target.publish(message, delay=_delay(row["visible_at"] - now))


def _unasked(message: Message) -> Message:
    """Return a message without the address of an asker who is gone."""
    if message.reply_to.startswith(ADDRESS_PREFIX):
        return replace(message, reply_to="")
    return message


def _delay(left: float) -> float:
    """Return the longest tier that is not longer: rather once more often than hours later."""
    return max((seconds for _, seconds in queues.DELAY_TIERS if seconds <= left), default=0)


def _portions(source: sqlite3.Connection, after: int) -> Iterator[list[sqlite3.Row]]:
    if not source.execute(_THERE).fetchone():
        return
    cursor = source.cursor()
    cursor.row_factory = sqlite3.Row
    while portion := cursor.execute(_PORTION, (after, PORTION)).fetchall():
        yield portion
        after = portion[-1]["id"]
