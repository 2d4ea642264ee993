"""Looks at a forced refund (强制退款) before the saga takes it, where the operator wants that.

Why it exists: a notice's signature does not cover its body, and a forced refund takes
tickets away. With ``forced_refund_check = "hold"`` PersonQrCodes is asked first: one whose
codes are still shown waits for a person. It must not decide what follows: it only adds a
doubt to the event, which the table reads. Source: PROTOCOL.md, "The signature does not
cover the body".
"""

from dataclasses import replace
from typing import Final

from worker.runtime.evidence import Evidence, Shown
from worker.saga.events import Event, RefundNoticed
from worker.saga.refund_guards import forced_codes
from worker.saga.states import Order, Phase
from worker.telemetry import alarm

TRIES: Final = 5
"""How often PersonQrCodes is asked in vain; then a person is."""

PAID: Final = frozenset({Phase.AWAITING_TICKET, Phase.ISSUED, Phase.TICKET_FAILED})
"""Where a forced refund has an effect."""

UNANSWERED: Final = "PersonQrCodes gave no answer"


class ForcedRefunds:
    """What is asked about a forced refund."""

    def __init__(self, evidence: Evidence, *, hold: bool) -> None:
        """``hold``: whether a doubtful one waits for a person."""
        self._evidence = evidence
        self._hold = hold

    def wants_to_ask(self, event: RefundNoticed, order: Order) -> bool:
        """Tell whether PersonQrCodes is asked before this event is taken."""
        return self._hold and is_forced(event) and order.phase in PAID

    async def look_at(
        self, event: RefundNoticed, order: Order, *, attempt: int
    ) -> RefundNoticed | None:
        """Return the event with what speaks against it; None: ask again a little later.

        Raises StoreUnavailableError.
        """
        shown = await self._evidence.gather(order.order_num)
        if shown.codes is None:
            return None if attempt + 1 < TRIES else replace(event, doubt=UNANSWERED)
        return replace(event, doubt=_contradiction(event, order, shown))

    async def look_back(self, event: Event, before: Order | None, after: Order | None) -> None:
        """Ask about a notice that was taken, if it was strange: evidence for a person.

        Raises StoreUnavailableError.
        """
        if before is None or after is None or after == before:
            return
        forced = not self._hold and is_forced(event) and len(after.refunds) > len(before.refunds)
        contradicts = after.human not in {"", before.human}
        if not (forced or contradicts):
            return
        shown = await self._evidence.gather(after.order_num)
        if forced and isinstance(event, RefundNoticed) and _contradiction(event, before, shown):
            alarm("forced_refund_doubtful", order_num=after.order_num, text=shown.text)

    async def look_again(self, event: Event, order: Order | None) -> None:
        """Ask about a forced refund that was taken by a worker which died before it asked.

        Raises StoreUnavailableError.
        """
        if self._hold or order is None or not isinstance(event, RefundNoticed):
            return
        if not is_forced(event):
            return
        shown = await self._evidence.gather(order.order_num)
        named = {code for code in event.codes if code != order.order_code}
        codes = (shown.codes or frozenset()) - set(order.checked_codes)
        if codes & named if named else codes:
            alarm("forced_refund_doubtful", order_num=order.order_num, text=shown.text)


def is_forced(event: Event) -> bool:
    """Tell whether an event is the supplier's own refund."""
    return isinstance(event, RefundNoticed) and event.apply_no == "" and event.approved


def _contradiction(event: RefundNoticed, order: Order, shown: Shown) -> str:
    """Return how what is shown contradicts the refund; empty if it does not."""
    gone = {*order.refunded_codes, *order.checked_codes} - {order.order_code}
    named = forced_codes(order, event) or (shown.codes or frozenset())
    still = (shown.codes or frozenset()) & named - gone
    return f"PersonQrCodes still shows {len(still)} of what it takes" if still else ""
