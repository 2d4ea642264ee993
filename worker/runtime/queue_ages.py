"""Since when the oldest message of a queue waits, whichever process takes from it.

Why it exists: RabbitMQ tells how many messages wait, and not since when; who takes from a queue
knows that all that wait are younger than the message it took last, and a queue that was empty a
moment ago holds nothing older. Each process with a database writes down what it knows, so that
the console and whoever watches for alarms know it, too, with no consumer of their own. It must
not take a message.
Source: docs/decisions/0033-since-when-a-queue-waits.md.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Final, Protocol

import structlog

from worker.clock import Clock
from worker.errors import BrokerUnavailableError, StoreUnavailableError
from worker.runtime.messaging import Backlog

REPORT_SECONDS: Final = 5.0
_MARK: Final = "queue "

_log = structlog.get_logger(__name__)


class Backlogs(Protocol):
    """Tells what waits in the broker's queues."""

    async def backlogs(self, names: Sequence[str]) -> list[Backlog]:
        """Return it. Raises BrokerUnavailableError."""
        ...


class Marks(Protocol):
    """Where moments are kept by name, each only ever replaced by a later one."""

    async def claim_sync(self, name: str, now: datetime, *, interval: float) -> bool:
        """Keep a moment that is ``interval`` seconds later than the one that is kept."""
        ...

    async def last_syncs(self, asked: Sequence[str]) -> Mapping[str, datetime]:
        """Return those that are known."""
        ...


class QueueAges:
    """A broker's backlogs, with the ages that all processes know together."""

    def __init__(self, broker: Backlogs, marks: Marks, clock: Clock) -> None:
        """Ask ``broker``; share through ``marks`` what it does not tell everybody."""
        self._broker = broker
        self._marks = marks
        self._clock = clock

    async def backlogs(self, names: Sequence[str]) -> list[Backlog]:
        """Return what waits. Raises BrokerUnavailableError, StoreUnavailableError."""
        found = await self._broker.backlogs(names)
        unknown = [_MARK + one.queue for one in found if one.waiting and _is_untold(one)]
        kept = await self._marks.last_syncs(unknown) if unknown else {}
        return [_aged(one, kept.get(_MARK + one.queue)) for one in found]

    async def report(self, names: Sequence[str]) -> None:
        """Write down what this process knows. Raises as :meth:`backlogs` does."""
        now = self._clock.now()
        for one in filter(_is_untold, await self._broker.backlogs(names)):
            if not one.waiting:
                await self._marks.claim_sync(_MARK + one.queue, now, interval=REPORT_SECONDS - 1)
            elif one.oldest_at is not None:
                await self._marks.claim_sync(_MARK + one.queue, one.oldest_at, interval=0)

    async def keep_reporting(self, names: Sequence[str]) -> None:
        """Report for ever."""
        while True:
            try:
                await self.report(names)
            except (BrokerUnavailableError, StoreUnavailableError) as error:
                _log.debug("queue_ages_not_reported", error=str(error))
            await self._clock.sleep(REPORT_SECONDS)


def _is_untold(one: Backlog) -> bool:
    """Tell whether the broker is one that tells no ages: the embedded one knows them."""
    return one.consumers is not None


def _aged(one: Backlog, kept: datetime | None) -> Backlog:
    known = [at for at in (one.oldest_at, kept) if at is not None]
    return replace(one, oldest_at=max(known)) if one.waiting and known else one
