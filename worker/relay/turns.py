"""Whose turn it is at the channel: one check (核销) of an order at a time, the newest last.

Why it exists: a check carries running totals, so one that arrives after a newer one would
set the channel back. Within this process checks of one order wait for each other; between
processes the store gives the turns, and takes one back that a crash left open. A failure
(order_failed) that comes after its number was ordered anew, and taken, would be believed of
the new order. The other types each say something of their own and need no order: they cost
nothing here. It must not send.
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Final
from weakref import WeakValueDictionary

from contracts.channel import NotifyType
from contracts.events import ChannelNotification
from worker.clock import Clock
from worker.runtime.ports import Store, Turn, TurnAsked
from worker.saga.states import Phase

DEFAULT_TIMEOUT_SECONDS: Final = 10.0
MARGIN_SECONDS: Final = 7.0
"""What a turn lasts longer than a delivery: the store's five seconds to give it, and two by
which the clocks of two machines may differ."""
POLL_SECONDS: Final = 0.5

_ORDERED: Final = frozenset({NotifyType.CHECK})
_GOING_ON: Final = frozenset(
    {Phase.CREATING, Phase.PAYING, Phase.CLOSING, Phase.AWAITING_TICKET, Phase.ISSUED}
)
"""Where an order stands that has not failed, whatever was written of it before."""


class Turns:
    """Gives turns to the notifications that need one; every other has its turn at once."""

    def __init__(self, store: Store, clock: Clock, timeout: float) -> None:
        """``timeout`` is the longest that one delivery takes, in seconds."""
        self._store = store
        self._clock = clock
        self._lease = timeout + MARGIN_SECONDS
        self._locks: WeakValueDictionary[tuple[str, str], asyncio.Lock] = WeakValueDictionary()

    @asynccontextmanager
    async def alone(self, notification: ChannelNotification) -> AsyncIterator[None]:
        """Keep the other checks of its order waiting, those of this process."""
        if notification.notify_type not in _ORDERED:
            yield
            return
        order = (notification.app_key, notification.order_num)
        lock = self._locks.setdefault(order, asyncio.Lock())
        async with lock:
            yield

    async def take(self, notification: ChannelNotification) -> Turn:
        """Return whether it may be sent; ``BUSY`` only after waiting for a whole lease.

        Raises StoreUnavailableError.
        """
        if notification.notify_type is NotifyType.ORDER_FAILED:
            return await self._unless_it_goes_on(notification)
        if notification.notify_type not in _ORDERED:
            return Turn.MINE
        turn = await self._ask(notification)
        waited = 0.0
        while turn is Turn.BUSY and waited <= self._lease:
            await self._clock.sleep(POLL_SECONDS)
            waited += POLL_SECONDS
            turn = await self._ask(notification)
        return turn

    async def _unless_it_goes_on(self, notification: ChannelNotification) -> Turn:
        """Leave a failure out whose order was taken anew: its number was free, it goes on."""
        row = (await self._store.load(notification.order_num)).row
        return Turn.SUPERSEDED if row and row.phase in _GOING_ON else Turn.MINE

    async def _ask(self, notification: ChannelNotification) -> Turn:
        return await self._store.take_turn(
            TurnAsked(
                notification.webhook_id,
                notification.order_num,
                notification.notify_type,
                notification.seq,
                self._clock.now(),
                self._lease,
            )
        )
