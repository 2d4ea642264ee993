"""Moves dead letters from the broker's dead queue into the table, where people decide.

Why it exists: a queue cannot be listed, searched or edited. It takes anything, readable
or not, and must neither judge a message nor send it anywhere.
"""

import hashlib
import re
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Final

from contracts.headers import (
    DEAD_AT,
    DEAD_ATTEMPTS,
    DEAD_HEADERS,
    DEAD_KIND,
    DEAD_QUEUE,
    DEAD_REASON,
    REPLAY_JOB,
    REPLAY_OF,
    REPLAYED_AT,
)
from worker.clock import Clock
from worker.deadletters.fingerprint import fingerprint
from worker.deadletters.subject import subject_of
from worker.errors import StoreUnavailableError
from worker.runtime.messaging import count_of
from worker.runtime.outcome import Ack, Outcome, Retry
from worker.runtime.ports import DeadLetter, Message, Store
from worker.telemetry import alarm, metrics

_OF_THIS_DEATH: Final = DEAD_HEADERS | {REPLAY_OF, REPLAY_JOB, REPLAYED_AT}
_LETTER: Final = re.compile(r"[0-9a-f]{16}")
"""What a letter's id looks like: see _letter_id."""
_EARLIEST: Final = datetime(2000, 1, 1, tzinfo=UTC)
_CLOCKS_DIFFER: Final = timedelta(days=1)
"""No letter died before or later than that: a database has no place for every year."""
_STORE_DELAYS: Final = (1.0, 5.0, 30.0)


class Drain:
    """Keeps each message of the dead queue as a :class:`DeadLetter`."""

    def __init__(self, store: Store, clock: Clock) -> None:
        """Keep letters in ``store``; ``clock`` dates those that do not say when they died."""
        self._store = store
        self._clock = clock

    async def handle(self, message: Message) -> Outcome:
        """Return Ack once the letter is durable, Retry while the store does not answer."""
        try:
            letter = await self._named(read_letter(message, self._clock.now()))
            await self._store.add_dead_letter(letter)
        except StoreUnavailableError:
            delay = _STORE_DELAYS[min(message.attempt, len(_STORE_DELAYS) - 1)]
            return Retry(delay, "the store does not answer")
        metrics.DEAD_LETTERS.labels(letter.kind).inc()
        alarm(
            "dead_letter",
            letter_id=letter.id,
            letter_kind=letter.kind,
            reason=letter.reason,
            queue=letter.message.queue,
            app_key=letter.app_key,
            order_num=letter.order_num,
            attempts=letter.message.attempt,
        )
        return Ack()

    async def _named(self, letter: DeadLetter) -> DeadLetter:
        """Add the numbers that the body does not hold (a notice, a cancel)."""
        if letter.channel_order_num:
            return letter
        theirs = "" if letter.order_num else subject_of(letter.message.body).zzy_order_id
        if letter.order_num:
            row = (await self._store.load(letter.order_num)).row
        elif theirs:
            row = (await self._store.load_by_zzy_order_id(theirs)).row
        else:
            return letter
        if row is None:
            return letter
        return replace(
            letter,
            app_key=row.app_key,
            order_num=row.order_num,
            channel_order_num=row.channel_order_num,
        )


def read_letter(message: Message, now: datetime) -> DeadLetter:
    """Return the letter in a message of the dead queue.

    Its id is the replayed letter's where there is one, else it is derived from message
    id and home queue, so that a redelivery is the same letter.
    """
    headers = message.headers
    home, replayed = headers.get(DEAD_QUEUE, ""), headers.get(REPLAY_OF, "")
    subject = subject_of(message.body)
    died = _when(headers.get(DEAD_AT, ""), now)
    letter = DeadLetter(
        id=replayed if _LETTER.fullmatch(replayed) else _letter_id(message, home),
        kind=headers.get(DEAD_KIND) or "unknown",
        reason=headers.get(DEAD_REASON) or "no reason given",
        message=replace(
            message,
            queue=home,
            headers={name: headers[name] for name in headers if name not in _OF_THIS_DEATH},
            attempt=count_of(headers.get(DEAD_ATTEMPTS, ""), message.attempt),
            redelivered=False,
        ),
        app_key=subject.app_key,
        order_num=subject.order_num,
        channel_order_num=subject.channel_order_num,
        first_failed_at=died,
        last_failed_at=died,
    )
    return replace(letter, fingerprint=fingerprint(letter))


def _letter_id(message: Message, home: str) -> str:
    name = message.message_id.encode() or message.body
    return hashlib.sha256(name + b"\0" + home.encode()).hexdigest()[:16]


def _when(text: str, default: datetime) -> datetime:
    try:
        at = datetime.fromisoformat(text)
    except ValueError:
        return default
    at = at if at.tzinfo else at.replace(tzinfo=UTC)
    return at if _EARLIEST <= at <= default + _CLOCKS_DIFFER else default
