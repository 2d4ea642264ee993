"""Refunds (退款): those that are open and since when, and those that ended lately, with amounts.

Why it exists: money that ZZY owes is watched in one place. It must not ask for a refund: an
order's own page does.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Final

from aiohttp import web

from worker.console.ask import Ask
from worker.console.config import Level
from worker.console.page import Nav, Pages
from worker.reconciliation.findings import share
from worker.runtime import failure_reasons
from worker.runtime.ports import OrderRow
from worker.runtime.refunding import RefundTold
from worker.saga.states import Ending, Order, PastRefund
from worker.telemetry.redaction import Redaction

DAYS: Final = 30
SHOWN: Final = 200
LOOKED_AT: Final = 2_000
"""Orders that may have a refund open, of which so many are looked at."""
ENDINGS: Final = tuple(str(ending) for ending in Ending)
_REDACTION = Redaction()
"""What ZZY says in its own words may name a person."""

pages = Pages("refunds")


@dataclass(frozen=True, slots=True)
class Line:
    """A refund as the page shows it."""

    order: Order
    refund_id: str
    apply_id: str
    count: int
    money: Decimal
    status: str
    """under_audit, unanswered, asked; or how it ended."""
    at: datetime | None
    """Since when it stands so, or when its end was told."""
    reason: str = ""


@pages.get("/refunds", needs=Level.VIEWER, nav=Nav("look_up", 50, "r"))
async def refunds(ask: Ask) -> web.Response:
    """Show open refunds, the oldest first, and how the last ones ended."""
    store, now = ask.parts.store, ask.parts.clock.now()
    perhaps = await store.perhaps_refunding(limit=LOOKED_AT)
    opened = sorted(_open(perhaps), key=lambda line: line.at or now)
    told = await store.refunds_told(now - timedelta(days=DAYS), limit=SHOWN)
    ended = list(_ended(told))
    status = ask.query("status")
    return ask.show(
        "refunds.html",
        opened=opened,
        ended=[line for line in ended if status in {"", line.status}],
        owed=sum((line.money for line in opened), Decimal(0)),
        counts={name: sum(line.status == name for line in ended) for name in ENDINGS},
        sums={
            name: sum((line.money for line in ended if line.status == name), Decimal(0))
            for name in ENDINGS
        },
        endings=ENDINGS,
        ending=status,
        days=DAYS,
    )


def _open(rows: Sequence[OrderRow]) -> Iterator[Line]:
    for row in rows:
        order = failure_reasons.readable(row)
        if order is None or (intent := order.refund) is None:
            continue
        status = "under_audit" if intent.under_audit else "asked"
        if intent.doubtful and not intent.under_audit:
            status = "unanswered"
        money = share(order, intent.count)
        yield Line(
            order, intent.refund_id, intent.apply_id, intent.count, money, status, row.updated_at
        )


def _ended(found: Sequence[RefundTold]) -> Iterator[Line]:
    for order, past, at in failure_reasons.ended(found):
        yield _past(order, past, at)


def _past(order: Order, past: PastRefund, at: datetime) -> Line:
    count = past.count or past.intent.count
    reason = _REDACTION.text(past.reason)
    intent = past.intent
    money = share(order, count)
    return Line(
        order, intent.refund_id, intent.apply_id, count, money, str(past.ending), at, reason
    )
