"""What failed, by reason: orders, tickets and refunds, counted of a stretch of time.

Why it exists: the reasons are a short list, whatever ZZY says. It must not hold a word of
ZZY's, nor a number of one order.
"""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Final

from contracts.channel_codes import Code
from worker.errors import StoreUnavailableError
from worker.runtime import snapshot
from worker.runtime.failing import FailedOrder
from worker.runtime.records import OrderRow
from worker.runtime.refunding import RefundTold
from worker.saga.states import Ending, Order, PastRefund, Phase

TICKET_FAILED: Final = "ticket_failed"
"""出票失败: paid, and no ticket came."""
REFUND_REJECTED: Final = "refund_rejected"
"""审核不通过: ZZY or its audit refused a refund."""
ORDER_OTHER: Final = "order_other"
"""Refused, and this version cannot read why."""
_CODES: Final = {code.value: f"order_{code}" for code in Code if code.startswith("3")}
REASONS: Final = (*_CODES.values(), ORDER_OTHER, TICKET_FAILED, REFUND_REJECTED)
"""Every reason that there is."""


def reasons(
    failed: Sequence[FailedOrder], told: Sequence[RefundTold], until: datetime
) -> Mapping[str, int]:
    """Return how much failed, by reason; of refunds what was told before ``until``."""
    counts = Counter(_reason(one) for one in failed)
    counts[REFUND_REJECTED] = sum(
        past.ending == Ending.REJECTED and at < until for _, past, at in ended(told)
    )
    return {name: count for name, count in counts.items() if count}


def ended(told: Sequence[RefundTold]) -> Iterator[tuple[Order, PastRefund, datetime]]:
    """Yield how refunds ended, and when that was told: an order's last ones were told last."""
    left: dict[str, list[PastRefund]] = {}
    for one in told:
        order = readable(one.order)
        if order is None:
            continue
        past = left.setdefault(order.order_num, list(order.refunds))
        if past:
            yield order, past.pop(), one.told.created_at


def readable(row: OrderRow) -> Order | None:
    """Read an order; None for one that this version cannot read."""
    try:
        return snapshot.read(row)
    except (ValueError, StoreUnavailableError):
        return None


def _reason(one: FailedOrder) -> str:
    if one.phase == Phase.TICKET_FAILED:
        return TICKET_FAILED
    order = readable(one.row)
    code = order.failure.code if order and order.failure else ""
    return _CODES.get(code, ORDER_OTHER)
