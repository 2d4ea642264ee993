"""Holds the orders back while ZZY does not answer, and finds out when it does again.

Why it exists: consumption pauses with its supplier, so that orders wait in their queue
instead of failing there and then. Notices and questions go on. It must not decide what
becomes of an order: the saga does, by its deadlines.
Source: docs/decisions/0021-when-zzy-is-down.md.
"""

import asyncio
from datetime import datetime
from typing import Final

import structlog

from contracts import queues
from contracts.zzy import PersonQrCodesAnswer
from worker.clock import Clock
from worker.runtime.breaker import Permit, State
from worker.runtime.gate import Gate
from worker.runtime.outside import Supplier
from worker.runtime.valve import Valve
from worker.telemetry import alarm, resolved
from worker.telemetry.metrics import ZZY_DOWN
from worker.translation.supplier import SupplierResult, Unknown

TICK_SECONDS: Final = 0.25
KNOCK_SECONDS: Final = 5.0
"""How long a knock waits for its answer: less than a call, for nothing hangs on it."""
LOOK_SECONDS: Final = 30.0
"""While ZZY is down so often the queue is let through up to the first order that needs ZZY:
what can be ended without it, orders past their pay deadline above all, is ended."""
IDLE_SECONDS: Final = 5.0
"""How long a knock that was answered waits for an order that proves it."""
SAY_AGAIN_SECONDS: Final = 60.0
"""How often the alarm is said to go on: what nobody says for a while ended with its process."""
UNSAID_SECONDS: Final = 3 * SAY_AGAIN_SECONDS
"""After so long without a word nobody is left who would say that it is over."""
HOLDER: Final = "zzy"

_log = structlog.get_logger(__name__)


class Pressure:
    """Keeps the queue of orders as far open as ZZY can bear."""

    def __init__(self, gate: Gate, valve: Valve, supplier: Supplier, clock: Clock) -> None:
        """Turn ``valve`` as ``gate`` stands; knock at ``supplier``."""
        self._gate = gate
        self._valve = valve
        self._supplier = supplier
        self._clock = clock
        self._looked_at: datetime | None = None
        self._answered_at: datetime | None = None

    async def had_to_wait(self) -> None:
        """Take no more for now: an order from the queue just had to wait for ZZY."""
        if self._gate.state() is not State.CLOSED:
            await self._valve.hold(queues.ORDERS, HOLDER)

    async def run(self) -> None:
        """Watch for ever."""
        while True:
            await self._gate.troubled.wait()
            await self._see_through()

    async def _see_through(self) -> None:
        """Do what is due until ZZY answers again."""
        ZZY_DOWN.set(1)
        told_at: datetime | None = None
        self._looked_at = self._answered_at = None
        if self._gate.limited:
            _log.warning("zzy_limits_calls", seconds=self._gate.seconds_left())
        while self._gate.troubled.is_set():
            if not self._gate.limited and self._is_due(told_at):
                told_at = self._clock.now()
                alarm("zzy_down", text="ZZY does not answer: orders wait in their queue")
            await self.tick()
            await self._clock.sleep(TICK_SECONDS)
        ZZY_DOWN.set(0)
        await self._valve.let_go(queues.ORDERS, HOLDER)
        if told_at is not None:
            resolved("zzy_down")

    def _is_due(self, told_at: datetime | None) -> bool:
        return told_at is None or self._seconds_since(told_at) >= SAY_AGAIN_SECONDS

    async def tick(self) -> None:
        """Do what is due at this moment."""
        if self._gate.state() is State.OPEN:
            await self._hold_and_look()
        elif self._answered_at is None:
            await self._knock()
        elif self._seconds_since(self._answered_at) >= IDLE_SECONDS:
            self._believe()

    async def _hold_and_look(self) -> None:
        now = self._clock.now()
        if self._looked_at is None or self._answered_at is not None:
            self._looked_at, self._answered_at = now, None
            await self._valve.hold(queues.ORDERS, HOLDER)
        elif self._seconds_since(self._looked_at) >= LOOK_SECONDS:
            self._looked_at = now
            await self._valve.hold(queues.ORDERS, HOLDER, at_most=1)

    async def _knock(self) -> None:
        """Ask for the codes of an order that ZZY did not answer about: it costs no try.

        Only after an answer may one real call pass, which then decides.
        """
        permit = self._gate.knock()
        if permit is None:
            return
        try:
            lost = await self._ask_codes()
            if lost is not None and not lost.signature_refused:
                self._note(permit, lost)
                return
        finally:
            self._gate.unused(permit)
        _log.info("zzy_answers_again")
        self._gate.answered = True
        self._answered_at = self._clock.now()
        await self._valve.hold(queues.ORDERS, HOLDER, at_most=1)

    async def _ask_codes(self) -> Unknown | None:
        try:
            async with asyncio.timeout(KNOCK_SECONDS):
                result: SupplierResult[PersonQrCodesAnswer] = await self._supplier.person_qr_codes(
                    self._gate.last_order_num
                )
        except TimeoutError:
            return Unknown("timeout")
        return result if isinstance(result, Unknown) else None

    def _believe(self) -> None:
        """Take the answered knock for proof: no order came that could give a better one."""
        permit = self._gate.admit()
        if permit is not None:
            self._note(permit, None)

    def _note(self, permit: Permit, lost: Unknown | None) -> None:
        self._gate.note(permit, self._gate.last_order_num, lost)

    def _seconds_since(self, moment: datetime) -> float:
        """Return the time since then; a clock that went back counts as the whole of it."""
        passed = (self._clock.now() - moment).total_seconds()
        return passed if passed >= 0 else LOOK_SECONDS
