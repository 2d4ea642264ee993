"""Publishes what transitions have written to the outbox, and notes that it is sent.

Why it exists: a notification is stored in the same commit as the state that caused it;
right after the commit it is published from memory, and what a crash or a broker's outage
left behind is found by the sweeper. An alarm lies there too, and is raised instead. It must
not decide what is published.
"""

import asyncio
from collections.abc import Sequence
from typing import Final

import structlog

from worker.clock import Clock
from worker.errors import BrokerUnavailableError, PublishUnknownError, StoreUnavailableError
from worker.runtime.alarming import Keep, is_alarm, keep_alarm, raise_alarm
from worker.runtime.ports import Broker, Message, Store
from worker.tasks import TaskGroup

SWEEP_SECONDS: Final = 2.0
SWEEP_LIMIT: Final = 200
SWEEP_LEASE: Final = 10.0
UNSENT_SECONDS: Final = 10.0
"""Both longer than a publish may take: what is younger, or claimed, is being published; and
short, since for so long a broker that is back waits for what was left behind."""
MOST_UNDER_WAY: Final = 1_000
"""So many are published from memory at a time; the rest is left in the store."""

_log = structlog.get_logger(__name__)


class Outbox:
    """The way from committed transitions to the broker."""

    def __init__(
        self,
        broker: Broker,
        store: Store,
        clock: Clock,
        tasks: TaskGroup,
        *,
        keep: Keep | None = None,
    ) -> None:
        """Publish on ``broker``, note it in ``store``; have alarms kept by ``keep``."""
        self._keep = keep
        self._broker = broker
        self._store = store
        self._clock = clock
        self._tasks = tasks
        self._sent: list[str] = []
        self._marking = False
        self._under_way = 0

    def send(self, messages: Sequence[Message]) -> None:
        """Publish in the background; a failure, or what is too much, is left to the sweeper.

        Alarms are raised at once.
        """
        for message in messages:
            if is_alarm(message):
                raise_alarm(message)
                self._tasks.start(self._keep_alarm(message), "outbox")
                continue
            if self._under_way >= MOST_UNDER_WAY:
                _log.info("outbox_full", queue=message.queue)
                continue
            self._under_way += 1
            self._tasks.start(self._publish_new(message), "outbox")

    async def _publish_new(self, message: Message) -> None:
        try:
            await self._publish(message)
        finally:
            self._under_way -= 1

    async def _publish(self, message: Message) -> None:
        try:
            await self._broker.publish(message)
        except (BrokerUnavailableError, PublishUnknownError) as error:
            _log.warning("outbox_left_to_sweeper", queue=message.queue, error=str(error))
            return
        await self._note_sent(message)

    async def _keep_alarm(self, message: Message) -> None:
        """Let the row of an alarm that was raised go once it is kept."""
        try:
            if self._keep is not None:
                await keep_alarm(message, self._keep)
        except StoreUnavailableError as error:
            _log.warning("outbox_left_to_sweeper", queue=message.queue, error=str(error))
            return
        await self._note_sent(message)

    async def _note_sent(self, message: Message) -> None:
        self._sent.append(message.message_id)
        if not self._marking:
            self._marking = True
            await self._mark()

    async def _mark(self) -> None:
        """Note everything that was sent meanwhile, in as few statements as it takes."""
        try:
            while self._sent:
                batch, self._sent = self._sent, []
                await self._store.mark_sent(batch)
        except StoreUnavailableError as error:
            _log.warning("outbox_not_marked", error=str(error))
        finally:
            self._marking = False

    async def sweep(self) -> int:
        """Publish what was left behind; return how much of it."""
        left = await self._store.claim_unsent(
            self._clock.now(), older_than=UNSENT_SECONDS, limit=SWEEP_LIMIT, lease=SWEEP_LEASE
        )
        await asyncio.gather(*(self._take_up(message) for message in left))
        return len(left)

    async def _take_up(self, message: Message) -> None:
        if is_alarm(message):
            raise_alarm(message)
            await self._keep_alarm(message)
        else:
            await self._publish(message)

    async def run(self) -> None:
        """Sweep for ever."""
        while True:
            try:
                while await self.sweep() == SWEEP_LIMIT:
                    pass
            except StoreUnavailableError as error:
                _log.warning("outbox_sweep_failed", error=str(error))
            await self._clock.sleep(SWEEP_SECONDS)
