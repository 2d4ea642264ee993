"""What must be true once everything is quiet, judged from outside.

From ZZY's books and from what the channel received; the store is only asked whether it
is quiet, and which orders are in front of a human.
"""

import asyncio
from collections import Counter

from contracts.channel import order_num
from tests.e2e.load import Load
from worker.runtime.ports import OrderRow, Store
from worker.saga.states import FINAL, Phase
from worker.simulators.channel import ChannelSimulator
from worker.simulators.records import Audit, Order
from worker.simulators.zzy import ZzySimulator
from worker.simulators.zzy_notices import REFUND, Notice

QUIET_SECONDS = 120
DONE = {*FINAL, Phase.ISSUED}


async def until_quiet(store: Store, load: Load) -> dict[str, OrderRow]:
    """Wait until every order has ended and everything was told; return the orders."""
    wanted = {order_num("k", number) for number in load.answers}
    async with asyncio.timeout(QUIET_SECONDS):
        while True:
            rows = {row.order_num: row for row in await store.orders(limit=100_000)}
            if all(n in rows and _settled(rows[n]) for n in wanted) and not await _untold(
                store, wanted
            ):
                return rows
            await asyncio.sleep(0.25)


def _settled(row: OrderRow) -> bool:
    return row.human is not None or (row.phase in DONE and row.wake_at is None)


async def _untold(store: Store, wanted: set[str]) -> bool:
    for number in wanted:
        if any(row.status == "pending" for row in await store.notifications(number)):
            return True
    return False


class Verdict:
    """The promises, as a list of what broke them."""

    def __init__(
        self,
        zzy: ZzySimulator,
        channel: ChannelSimulator,
        load: Load,
        rows: dict[str, OrderRow],
    ) -> None:
        self._zzy = zzy
        self._channel = channel
        self._load = load
        self._rows = rows
        self.ends: Counter[str] = Counter()

    def broken(self) -> list[str]:
        """Return every broken promise, in words."""
        broken = [f"paid twice: {number}" for number in self._zzy.ledger.paid_twice()]
        for number, answer in self._load.answers.items():
            why = self._judge(order_num("k", number), answer.code)
            broken += [f"{number}: {why}"] if why else []
        refused = {d.problem for d in self._channel.deliveries if d.problem}
        return [*broken, *(f"the channel refused a notification: {why}" for why in refused)]

    def _judge(self, ours: str, code: str) -> str:
        row = self._rows[ours]
        books = self._zzy.ledger.by_origin(ours)
        self.ends["human" if row.human else row.phase] += 1
        if row.human:
            needed = _needs_a_human(books) or self._outcome_never_sent(ours)
            return "" if needed else f"a human was called for nothing: {row.human}"
        kept = [order for order in books if order.times_paid and order.refunded < order.quantity]
        failed = self._channel.of_type("order_failed", ours)
        if kept and failed:
            return f"{row.phase}: told as failed while the money is gone"
        if not kept and not failed and code == "1000":
            return f"{row.phase}: ended without tickets, and the channel was not told"
        missing = {ticket.code for order in kept for ticket in order.tickets} - self._told(ours)
        if not missing or self._never_heard_of(ours, missing):
            return ""
        return f"{row.phase}: paid, and the channel lacks {len(missing)} codes"

    def _outcome_never_sent(self, ours: str) -> bool:
        """Tell whether ZZY dropped the notice of a refund's outcome: it has no other word."""
        return any(
            notice.state == "dropped" and notice.service == REFUND
            for notice in self._zzy.notifier.sent
            if notice.origin_order_id == ours
        )

    def _told(self, ours: str) -> set[str]:
        return {
            voucher["code"]
            for delivery in self._channel.of_type("voucher", ours)
            for voucher in delivery.params["vouchers"]
        }

    def _never_heard_of(self, ours: str, missing: set[str]) -> bool:
        """Tell whether the codes are a bundle's part whose notice ZZY never sent.

        No message of ZZY's holds them; that is for the reconciliation to find.
        """
        return bool(self._told(ours)) and any(
            notice.state == "dropped" and missing <= _codes(notice)
            for notice in self._zzy.notifier.sent
            if notice.origin_order_id == ours
        )


def _codes(notice: Notice) -> set[str]:
    vouchers = notice.body.get("VoucherCode", {})
    personal = {voucher["VoucherCode"] for voucher in vouchers.get("OrderUserVouchers", [])}
    return personal | {vouchers.get("OrderVoucherCode", "")}


def _needs_a_human(books: list[Order]) -> bool:
    """Tell whether ZZY's books leave money that only a person can settle."""
    for order in books:
        unclaimed = order.refunded + _waiting(order) < order.quantity
        if order.times_paid and unclaimed and not order.tickets:
            return True
        if _waiting(order):
            return True
    return False


def _waiting(order: Order) -> int:
    return sum(refund.count for refund in order.refunds if refund.status is Audit.WAITING)
