"""Notices that ZZY refuses many orders of a product for want of stock (库存不足).

Why it exists: one such refusal is trade, a series of them is a product that channels go on
selling: what they or the catalogue know of its stock is old. Each process that calls ZZY counts
its own, in memory. It must not refuse anything, nor count what was refused before ZZY was asked.
"""

from collections import OrderedDict, deque
from datetime import datetime
from typing import Final

from contracts.channel import Code
from worker.clock import Clock
from worker.telemetry import alarm

MOST_PRODUCTS: Final = 1_000
"""Of so many the last refusals are remembered."""


class StockWatch:
    """Hears of every refusal of ZZY's."""

    def __init__(self, clock: Clock, most: int, seconds: float) -> None:
        """Raise an alarm at ``most`` of one product within ``seconds``; 0: never."""
        self._clock = clock
        self._most = most if seconds > 0 else 0
        self._seconds = seconds
        self._of: OrderedDict[str, deque[datetime]] = OrderedDict()

    def heard(self, code: str, product_id: str) -> None:
        """Take a refusal that channels know by ``code``."""
        if not self._most or code != Code.STOCK_SHORT:
            return
        now = self._clock.now()
        times = self._of.setdefault(product_id, deque(maxlen=self._most))
        self._of.move_to_end(product_id)
        times.append(now)
        if len(times) == self._most and (now - times[0]).total_seconds() <= self._seconds:
            times.clear()
            text = f"{self._most} within {self._seconds / 60:g} minutes"
            alarm("stock_refusals", product_id=product_id, text=text)
        while len(self._of) > MOST_PRODUCTS:
            self._of.popitem(last=False)
