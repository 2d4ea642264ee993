"""Sends dead letters back to their queues, one or a portion at once.

Why it exists: the one way from the table back to a queue. A letter is published before it is
marked: a crash between the two sends it once more, which does no harm. It must not judge
whether a replay is wise.
"""

import asyncio
import uuid
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from enum import Enum, auto

from contracts.headers import REPLAY_JOB, REPLAY_OF, REPLAYED_AT
from contracts.queues import relay_queue
from worker.errors import BrokerUnavailableError, PublishUnknownError, UndeliverableError
from worker.runtime.ports import Broker, DeadLetter, Message


class Sent(Enum):
    """What the broker said."""

    SENT = auto()
    NOT_SENT = auto()
    NEVER = auto()
    """No queue takes it: it stays open."""
    UNKNOWN = auto()


@dataclass(frozen=True, slots=True)
class Sending:
    """One letter, and what became of its message."""

    letter: DeadLetter
    sent: Sent


async def send(
    broker: Broker, letters: Sequence[DeadLetter], now: datetime, job_id: str = ""
) -> list[Sending]:
    """Publish each letter to its home queue, all at the same time."""
    messages = (again(letter, now, job_id) for letter in letters)
    told = await asyncio.gather(*(_publish(broker, message) for message in messages))
    return [Sending(letter, sent) for letter, sent in zip(letters, told, strict=True)]


async def _publish(broker: Broker, message: Message) -> Sent:
    try:
        await broker.publish(message)
    except UndeliverableError:
        return Sent.NEVER
    except BrokerUnavailableError:
        return Sent.NOT_SENT
    except PublishUnknownError:
        return Sent.UNKNOWN
    return Sent.SENT


def again(letter: DeadLetter, now: datetime, job_id: str = "") -> Message:
    """Return the message with attempts from zero; nobody waits for its reply any more.

    Its headers keep who published it first, so that no replay raises anybody's rights.
    """
    return replace(
        letter.message,
        message_id=uuid.uuid4().hex,
        headers={
            **letter.message.headers,
            REPLAY_OF: letter.id,
            REPLAYED_AT: now.isoformat(),
            **({REPLAY_JOB: job_id} if job_id else {}),
        },
        reply_to="",
        attempt=0,
    )


def channel_of(letter: DeadLetter) -> str:
    """Return the app_key of the channel to which a letter goes; empty if it goes to none."""
    is_relay = letter.app_key and letter.message.queue == relay_queue(letter.app_key)
    return letter.app_key if is_relay else ""
