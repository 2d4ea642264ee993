"""Our vouchers against what PersonQrCodes (获取游客入园二维码) shows.

Why it exists: a code that one side has and the other has not is a guest at the gate, or money.
ZZY documents neither whether it goes on showing codes that were used, nor those under a
refund, nor which ones a refund by count took: what these may explain is no difference. It must
not name a code.
"""

from collections.abc import Iterator

from worker.reconciliation.facts import Facts
from worker.reconciliation.findings import Finding, counted, left, share, whole
from worker.reconciliation.kinds import Kind
from worker.saga.states import Order, Phase

_UNPAID_END = frozenset({Phase.REFUSED, Phase.CANCELLED})


def found(facts: Facts) -> Iterator[Finding]:
    """Yield what differs between the codes here and at ZZY."""
    order, shown = facts.order, facts.codes
    if not facts.asked or order.erased_at is not None:
        return
    if shown is None:
        yield Finding(Kind.NOT_COMPARED, whole(order), "ZZY did not answer about it")
    elif order.phase is Phase.ISSUED:
        yield from _issued(order, shown)
    elif shown:
        yield _not_ours(order, len(shown))


def _not_ours(order: Order, number: int) -> Finding:
    """Return what codes at ZZY mean where we have no valid ticket."""
    codes = counted(number, "code")
    if order.phase in _UNPAID_END:
        return Finding(Kind.FAILED_BUT_PAID, whole(order), f"{order.phase} here; ZZY shows {codes}")
    if order.phase is Phase.REFUNDED:
        detail = f"all {order.refunded} refunded here; ZZY shows {codes}"
        return Finding(Kind.REFUNDED_BUT_VALID, whole(order), detail)
    return Finding(Kind.CODES_NOT_ISSUED, whole(order), f"{order.phase} here; ZZY shows {codes}")


def _issued(order: Order, shown: frozenset[str]) -> Iterator[Finding]:
    ours = {voucher.code for voucher in order.vouchers if voucher.code}
    back = set(order.refunded_codes) - {order.order_code}
    valid_still = shown & back
    if valid_still:
        detail = f"{counted(len(valid_still), 'refunded code')} that ZZY still shows"
        yield Finding(Kind.REFUNDED_BUT_VALID, share(order, len(valid_still)), detail)
    missing = len(ours - back - set(order.checked_codes) - shown)
    extra = len(shown - ours - back)
    if missing <= _explained(order, ours):
        missing = 0
    if not (missing or extra):
        return
    have = f"{counted(len(ours - back), 'code')} here, {len(shown)} at ZZY"
    if not shown:
        yield Finding(Kind.ISSUED_NO_CODES, left(order), have)
    else:
        detail = f"{have}; {missing} only here, {extra} only at ZZY"
        yield Finding(Kind.CODES_DIFFER, share(order, max(missing, extra)), detail)


def _explained(order: Order, ours: set[str]) -> int:
    """Return how many codes may be gone that no refund and no check has named."""
    if order.refundable - order.pending <= 0:
        return len(ours)
    if len(ours) <= 1:
        return 0  # one code for all holds until the last ticket is gone
    unnamed = order.refunded - len(order.refunded_codes) + order.checked - len(order.checked_codes)
    parts = max(len({voucher.product_name for voucher in order.vouchers}), 1)
    return (max(unnamed, 0) + order.pending) * parts
