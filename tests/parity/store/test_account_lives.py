"""Random lives of many orders on one account: the ledger is right after every one of them."""

import asyncio
import random
from dataclasses import dataclass, replace
from decimal import Decimal

from tests.parity.store.kit import NOW, Opener
from tests.parity.store.test_accounts import sums
from tests.saga.walks import Walk
from worker.runtime import snapshot
from worker.runtime.ports import Booking, OrderRow, Store, Transition
from worker.saga.accounting import MovementKind, movements
from worker.saga.states import Order, Phase, Terms

STEPS = 40
ORDERS = 40
SHORT, PAYING = 1, (4, 9)
"""Lives that are lived alone, so that no chance of the crowd's decides what is seen: one with
an empty account, then two that have all the money, one released and one given back."""
PRICE = Decimal("12.3456")
TERMS = Terms(settlement_price=PRICE)
OPEN = {Phase.CREATING, Phase.PAYING, Phase.CLOSING}
PAID = {Phase.AWAITING_TICKET, Phase.ISSUED, Phase.TICKET_FAILED, Phase.REFUNDED}


@dataclass
class Stored:
    """One walk whose every step is committed, as handle.py does it."""

    walk: Walk
    num: str
    store: Store
    order: Order | None = None
    version: int = 0
    short: int = 0

    async def live(self) -> None:
        for _ in range(STEPS):
            before = self.walk.order
            self.walk.step()
            after = self.walk.order
            if after is None or after == before:
                continue
            if not await self._commit(replace(after, order_num=self.num, terms=TERMS)):
                self.walk.order = before
                self.walk.calls.clear()
                self.walk.keys.clear()

    async def _commit(self, order: Order) -> bool:
        moved = movements(self.order, order)
        transition = Transition(_row(order, self.version + 1), movements=moved)
        done = await self.store.commit(transition)
        if not done.applied:
            assert done.short
            assert {one.kind for one in moved} == {MovementKind.HOLD}
            self.short += 1
            return False
        again = await self.store.commit(transition)
        assert (again.applied, again.short) == (False, False)
        self.order, self.version = order, self.version + 1
        return True


def _row(order: Order, version: int) -> OrderRow:
    return OrderRow(
        order.order_num,
        version,
        "k",
        order.channel_order_num,
        None,
        order.phase,
        None,
        None,
        snapshot.write(order),
        NOW,
        NOW,
    )


async def _people(store: Store, dice: random.Random) -> None:
    """Top up and correct, each twice."""
    for number in range(40):
        amount = Decimal(dice.randrange(-3000, 9000)) / 100
        kind = "top_up" if amount > 0 else "adjust"
        booking = Booking(f"{kind}:{number}", "k", kind, amount, "", "ann", NOW)
        first = await store.book(booking)
        if first.entry is not None:
            assert (await store.book(booking)).repeated


async def test_the_ledger_is_right_after_any_lives_at_once(open_store: Opener) -> None:
    stores = [await open_store() for _ in range(2)]
    dice = random.Random(7)
    lives = [
        Stored(Walk(random.Random(seed)), f"o{seed}", stores[seed % 2]) for seed in range(ORDERS)
    ]
    await lives[SHORT].live()
    assert lives[SHORT].short, "an empty account bore a hold"
    await stores[0].book(Booking("first", "k", "top_up", Decimal(500), "", "ann", NOW))
    for seed in PAYING:
        await lives[seed].live()
    crowd = [life for seed, life in enumerate(lives) if seed not in {SHORT, *PAYING}]
    await asyncio.gather(_people(stores[0], dice), *(life.live() for life in crowd))
    account = await sums(stores[1])
    taken = Decimal(0)
    held = Decimal(0)
    for life in lives:
        order = life.order
        if order is None:
            continue
        if order.phase in OPEN:
            held += PRICE * order.demand.count
        if order.phase in PAID:
            taken += PRICE * (order.demand.count - order.refunded)
    entries = await stores[0].account_entries("k")
    money_in = sum(one.amount for one in entries if one.kind in {"top_up", "adjust"})
    assert (account.held, account.balance) == (held, money_in - taken)
    kinds = {one.kind for one in entries}
    assert {"top_up", "adjust", "hold", "charge", "release", "credit"} <= kinds
