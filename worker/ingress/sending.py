"""Sending one message, and being honest about what is known of it afterwards.

Why it exists: an answer may claim neither a false success nor a false failure, and must
leave in time whatever the broker does. It must not know a protocol.
Source: PROTOCOL.md, "Broker trouble".
"""

import asyncio
from enum import Enum
from typing import Final

import structlog

from contracts.events import OrderOutcome
from worker.clock import Clock
from worker.errors import BrokerUnavailableError, PublishUnknownError
from worker.ingress.unsent import Unsent
from worker.runtime.ports import Broker, Message

_GRACE_SECONDS: Final = 0.25
_NOT_FINAL: Final = b'"final":false'
"""Stands in every interim reply of ours, and hardly in another."""
_log = structlog.get_logger(__name__)


class Sent(Enum):
    """What is known of a message."""

    YES = "yes"
    """The broker has it durably; no reply came, or none was asked for."""
    NO = "no"
    """Surely not sent."""
    UNKNOWN = "unknown"
    """Perhaps sent."""


class Sender:
    """Publishes and asks, within bounded time; never raises but on cancellation."""

    def __init__(self, broker: Broker, publish_timeout: float, clock: Clock) -> None:
        """Wait ``publish_timeout`` seconds for a confirm."""
        self._broker = broker
        self._unsent = Unsent(clock)
        self._publish_timeout = publish_timeout

    async def send(self, message: Message, *, wait: float = 0) -> Sent | bytes:
        """Return the reply, or what is known without one after ``wait`` seconds.

        An interim reply (OrderOutcome.final false) is returned when no other one comes.
        A confirm and a reply that together take longer than the longer of the two
        time-outs leave the outcome unknown.
        """
        limit = self._publish_timeout
        if wait > 0:
            limit = max(limit, wait) + _GRACE_SECONDS
        try:
            async with asyncio.timeout(limit):
                sent = await self._ask(message, wait)
            self._unsent.taken(message.queue)
            return sent  # noqa: TRY300
        except BrokerUnavailableError as error:
            self._unsent.alarm("not_sent", message.queue, reason=str(error))
            return Sent.NO
        except (PublishUnknownError, TimeoutError):
            self._unsent.alarm("sending_unknown", message.queue)
        except asyncio.CancelledError:
            # The AMQP library cancels what it loses; that is not our own end.
            task = asyncio.current_task()
            if task is not None and task.cancelling():
                raise
            self._unsent.alarm("sending_cancelled", message.queue)
        except Exception:  # noqa: BLE001  (whatever it is, it must not become a false answer)
            _log.exception("sending_failed", queue=message.queue)
        return Sent.UNKNOWN

    async def _ask(self, message: Message, wait: float) -> Sent | bytes:
        if wait > 0:
            return await self._broker.request(message, wait=wait, final=_is_final) or Sent.YES
        await self._broker.publish(message)
        return Sent.YES


def _is_final(reply: bytes) -> bool:
    if _NOT_FINAL not in reply:
        return True  # without reading it whole: it may be a list of ten thousand products
    try:
        return OrderOutcome.parse(reply).final
    except ValueError:
        return True  # nothing better will follow what cannot be read
