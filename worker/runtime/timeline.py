"""One line of an order's history for each decision, written for people.

Why it exists: an operator reads what happened, in which order, and what it led to. It must
not hold personal data: no names, phones, id cards or voucher codes.
"""

import re
from datetime import datetime
from functools import lru_cache
from typing import Final

from worker.runtime.ports import TimelineEntry
from worker.saga.decide import Decision
from worker.saga.effects import Alarm, CallZzy, Notify, Reply, SetApart, TextVouchers
from worker.saga.events import (
    CreateRefused,
    Event,
    OrderCommanded,
    PayRefused,
    RefundCommanded,
    RefundNoticed,
    ResendCommanded,
    TicketIssued,
    VerificationNoticed,
)
from worker.saga.resolutions import (
    OperatorProbed,
    OperatorRefunded,
    OperatorRetried,
    OperatorSettled,
)
from worker.saga.states import Order, Phase
from worker.telemetry.redaction import MASK, Redaction
from worker.translation.outbound import notify_type

_REDACTION = Redaction()
"""What ZZY says in its own words may name a person."""

CODE_LENGTH: Final = 6
"""Shorter codes are not looked for: they are parts of other words."""

_HUMP = re.compile(r"(?<!^)(?=[A-Z])")


def kind_of(event: Event) -> str:
    """Return an event's name in snake case: ``PaySucceeded`` is ``pay_succeeded``."""
    return _snake_case(type(event).__name__)


@lru_cache(maxsize=64)
def _snake_case(name: str) -> str:
    return _HUMP.sub("_", name).lower()


def entry(  # noqa: PLR0913  (what a line is made of)
    decision: Decision,
    before: Phase,
    now: datetime,
    log_id: str = "",
    *,
    came: str = "",
    waits: bool = False,
) -> TimelineEntry:
    """Return the line for one decision; ``log_id`` is ZZY's own number of the call.

    ``came`` says how its event came; ``waits``: its call was put off.
    """
    after = decision.order.phase if decision.order else Phase.NEW
    parts = [_facts(decision.event), came]
    parts += [text for effect in decision.effects if (text := _effect(effect))]
    if waits:
        parts.append("waits: ZZY is not called at present")
    if decision.row is None:
        parts.append(f"no effect while {before}")
    if decision.order and decision.order.human:
        parts.append("in front of a human")
    if log_id:
        parts.append(f"LogId {log_id}")
    text = _without_people("; ".join(part for part in parts if part), decision.order)
    return TimelineEntry(now, kind_of(decision.event), text, after)


def _without_people(text: str, order: Order | None) -> str:
    """Return the text without what looks like a person, and without the order's own people."""
    if order is not None:
        names = {tourist.name for tourist in order.demand.tourists}
        names |= {voucher.name for voucher in order.vouchers}
        codes = {voucher.code for voucher in order.vouchers if len(voucher.code) >= CODE_LENGTH}
        for word in sorted({*names, *codes} - {""}, key=len, reverse=True):
            text = text.replace(word, MASK)
    return _REDACTION.text(text)


def _facts(event: Event) -> str:  # noqa: PLR0911  (one for each kind)
    match event:
        case OrderCommanded() | RefundCommanded() | ResendCommanded():
            return _asked(event)
        case CreateRefused() | PayRefused():
            return f"{event.failure.code} {event.failure.message}"
        case TicketIssued():
            return f"{(count := len(event.vouchers))} voucher{'' if count == 1 else 's'}"
        case VerificationNoticed():
            return f"{event.checked} checked"
        case OperatorProbed() | OperatorRetried() | OperatorRefunded() | OperatorSettled():
            said = f"{event.settled}, " if isinstance(event, OperatorSettled) else ""
            return f"{said}by {event.by}: {event.why}"
        case RefundNoticed():
            return f"{'approved' if event.approved else 'rejected'} {event.reason}".strip()
        case _:
            return str(getattr(event, "reason", "") or getattr(event, "message", ""))


def _asked(event: OrderCommanded | RefundCommanded | ResendCommanded) -> str:
    """Return what a channel asks for; which codes is nobody's to read."""
    if isinstance(event, OrderCommanded):
        return f"{event.demand.count} × {event.demand.product_code} for {event.demand.visit_date}"
    if isinstance(event, ResendCommanded):
        return event.by or ""
    if event.codes:
        return f"{(count := len(event.codes))} voucher{'' if count == 1 else 's'} asked back"
    return "all that is left asked back" if event.count is None else f"{event.count} asked back"


def _effect(effect: object) -> str:  # noqa: PLR0911  (one for each kind)
    match effect:
        case CallZzy():
            return f"call {effect.kind}"
        case Reply():
            return f"answer {effect.code}{'' if effect.final else ' so far'}"
        case Notify():
            return f"notify {notify_type(effect.news)} #{effect.seq}"
        case TextVouchers():
            return f"sms #{effect.seq}"
        case Alarm():
            return f"alarm {effect.kind}"
        case SetApart():
            return f"kept for a person: {effect.reason}"
        case _:
            return ""
