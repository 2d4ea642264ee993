"""Faults of the simulated supplier that belong to one order each.

The simulator draws from one source for all; here each order has its own, so that what
goes wrong with one does not depend on how many others there are.
"""

import json
from contextvars import ContextVar
from datetime import datetime, timedelta
from typing import Any

from aiohttp import web

from contracts.zzy import Endpoint
from worker.clock import SystemClock
from worker.simulators.faults import Lots
from worker.simulators.ledger import Ledger
from worker.simulators.zzy import ZzySimulator
from worker.simulators.zzy_faults import ZzyFaults

CURRENT: ContextVar[str] = ContextVar("order_num", default="")
"""The order that this task works for."""


class LotsByOrder(Lots[ZzyFaults]):
    """Draws for the order that is being worked for."""

    def __init__(self) -> None:
        self._by_order: dict[str, Lots[ZzyFaults]] = {}
        self._nobody = Lots(ZzyFaults())

    def give(self, order_num: str, faults: ZzyFaults) -> None:
        """Let these faults be those of one order."""
        self._by_order[order_num] = Lots(faults)

    @property
    def _mine(self) -> Lots[ZzyFaults]:
        return self._by_order.get(CURRENT.get(), self._nobody)

    @property
    def faults(self) -> ZzyFaults:  # type: ignore[override]  # nobody assigns these
        return self._mine.faults

    def strikes(self, fault: str, at: str = "") -> bool:
        return self._mine.strikes(fault, at)

    def latency(self) -> float:
        return self._mine.latency()

    def between(self, low: float, high: float) -> float:
        return self._mine.between(low, high)


class Milliseconds(SystemClock):
    """A clock that tells no millisecond twice.

    Two notices of one order that are signed in one millisecond count as forged; the
    supplier's own machines are rarely that quick, one loop with hundreds of orders is.
    """

    def __init__(self) -> None:
        self._last = super().now()

    def now(self) -> datetime:
        self._last = max(super().now(), self._last + timedelta(milliseconds=1))
        return self._last


def install(zzy: ZzySimulator) -> LotsByOrder:
    """Let a running simulator draw by order."""
    lots = LotsByOrder()
    zzy.platform.lots = zzy.notifier._lots = lots
    zzy.notifier._clock = Milliseconds()
    serve = zzy.api._serve

    async def for_its_order(endpoint: Endpoint, request: web.Request) -> web.StreamResponse:
        CURRENT.set(await _order_of(zzy.ledger, request))
        return await serve(endpoint, request)

    api: Any = zzy.api
    api._serve = for_its_order
    return lots


async def _order_of(ledger: Ledger, request: web.Request) -> str:
    raw = await request.read()
    body = json.loads(raw) if raw else {}
    named = body.get("OriginOrderId") or request.query.get("originOrderId")
    if named:
        return str(named)
    number = body.get("OrderId") or request.query.get("orderId")
    order = ledger.orders.get(int(number)) if number else None
    return order.origin_order_id if order else ""
