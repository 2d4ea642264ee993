"""Notices (通知) that came before their order: taken when it is known, given up after a day.

Why it exists: ZZY may tell of an order before its answer reaches us; what waits lies in a
table. It must not decide what a notice means.
Source: PROTOCOL.md, "Notice before the pay answer".
"""

from datetime import timedelta
from typing import Final

import structlog

from contracts import headers, queues
from worker.clock import Clock
from worker.errors import BrokerUnavailableError, PublishUnknownError, StoreUnavailableError
from worker.runtime.outcome import Ack, Park
from worker.runtime.ports import Broker, Handler, HeldNotice, Loaded, Message, Store
from worker.telemetry import alarm

SWEEP_SECONDS: Final = 30.0
SWEEP_LIMIT: Final = 200

_log = structlog.get_logger(__name__)


class EarlyNotices:
    """What waits for its order."""

    def __init__(
        self, handle: Handler, store: Store, broker: Broker, clock: Clock, hold: timedelta
    ) -> None:
        """Give to ``handle`` what waited; give up what waited longer than ``hold``."""
        self._handle = handle
        self._store = store
        self._broker = broker
        self._clock = clock
        self._hold = hold

    async def take(self, held: HeldNotice) -> None:
        """Take a notice whose order is known by now."""
        message = Message(queues.NOTICES, held.message_type, held.body, held.id)
        outcome = await self._handle(message)
        if isinstance(outcome, Park):
            await self._bury(held, outcome)
        elif not isinstance(outcome, Ack):
            _log.warning("held_notice_left_to_sweeper", notice_id=held.id, outcome=str(outcome))

    async def sweep(self) -> None:
        """Take held notices whose order is known by now; give up on those that are too old."""
        oldest = self._clock.now() - self._hold
        for held in await self._store.held_notices(limit=SWEEP_LIMIT):
            if held.received_at < oldest:
                await self._give_up(held)
            elif (await self._known(held)).row is not None:
                await self.take(held)

    async def _known(self, held: HeldNotice) -> Loaded:
        if held.order_num:
            return await self._store.load(held.order_num)
        return await self._store.load_by_zzy_order_id(held.zzy_order_id)

    async def _give_up(self, held: HeldNotice) -> None:
        alarm("notice_without_order", zzy_order_id=held.zzy_order_id)
        reason = "no order of ours had this number for a day"
        await self._bury(held, Park("notice_unknown_order", reason))

    async def _bury(self, held: HeldNotice, why: Park) -> None:
        """Put a held notice among the dead letters, and only then forget it."""
        marks = {
            headers.DEAD_KIND: why.kind,
            headers.DEAD_REASON: why.reason,
            headers.DEAD_QUEUE: queues.NOTICES,
            headers.DEAD_ATTEMPTS: "1",
            headers.DEAD_AT: self._clock.now().isoformat(),
        }
        name = why.letter or held.id
        dead = Message(queues.DEAD, held.message_type, held.body, name, marks)
        await self._broker.publish(dead)
        await self._store.release_notice(held.id)

    async def run(self) -> None:
        """Sweep for ever."""
        while True:
            await self._clock.sleep(SWEEP_SECONDS)
            try:
                await self.sweep()
            except (StoreUnavailableError, BrokerUnavailableError, PublishUnknownError) as error:
                _log.warning("notice_sweep_failed", error=str(error))
