"""Refunds and a compared day, for the pages that show them."""

from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal

from tests.reconciliation.beginnings import ISSUED
from worker.clock import SystemClock
from worker.reconciliation import Difference, Kind
from worker.runtime import snapshot
from worker.runtime.ports import NotificationRow, Store, Transition
from worker.runtime.reconcilable import Kept
from worker.saga.states import Ending, Order, PastRefund, Refund

SCRIPT = "<script>document.title='stolen'</script>"
DAY = date(2026, 5, 1)
AUDITED = Refund("R-audited", 2, under_audit=True, apply_id="71")
ENDED = (
    PastRefund(Refund("R-rejected", 1), Ending.REJECTED, 0, reason=f"已过期 {SCRIPT}"),
    PastRefund(Refund("", 1), Ending.FORCED, 1),
)


async def fill_money(store: Store) -> None:
    """Put open and ended refunds, and a day with a difference of each kind, into a store."""
    now = SystemClock().now()
    audited = replace(
        ISSUED, order_num="refund-open", refund=AUDITED, wake_at=now + timedelta(days=2)
    )
    await _keep(store, audited)
    past = replace(ISSUED, order_num="refund-ended", refunds=ENDED, refunded=1)
    await _keep(store, past, told=len(ENDED))
    run = await store.claim_reconciliation(DAY, "t", now, lease=60)
    assert run is not None
    found = [_difference(kind, number) for number, kind in enumerate(Kind)]
    done = replace(run, state="done", finished_at=now, orders=900, asked=890, found=len(found))
    assert await store.keep_reconciled("t", Kept(done, found, now))


def _difference(kind: Kind, number: int) -> Difference:
    money = Decimal(number) / 2
    num, theirs = f"{number:032x}", f"c{number} {SCRIPT}"
    return Difference(DAY, kind, num, "k", theirs, "4623122", money, f"why {SCRIPT}", "d1")


async def _keep(store: Store, order: Order, told: int = 0) -> None:
    now = SystemClock().now()
    notes = [
        NotificationRow(f"{order.order_num}-{seq}", order.order_num, "k", "refund", seq, now)
        for seq in range(1, told + 1)
    ]
    row = snapshot.row(order, 1, now)
    assert (await store.commit(Transition(row, notifications=notes))).applied
