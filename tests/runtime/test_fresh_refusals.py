"""Whatever happens at ZZY: a refusal rests on what ZZY said a moment ago, never on less."""

import asyncio
from collections.abc import Mapping, Sequence
from datetime import date
from decimal import Decimal

from hypothesis import given, settings
from hypothesis import strategies as st

from tests.doubles import HeldClock
from tests.runtime.selling import Selling, described, priced
from worker.runtime.catalogue import Catalogue
from worker.runtime.cataloguing import Stamps, StoredPrices, StoredProduct
from worker.runtime.early_refusals import FRESH_SECONDS, EarlyRefusals
from worker.runtime.listing import Listing
from worker.runtime.ports import Loaded
from worker.saga.events import OrderCommanded
from worker.saga.states import Demand
from worker.translation.commands import ProductMap

VISIT = date(2026, 5, 2)
STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("sell"), st.integers(0, 3)),
        st.tuples(st.just("stock"), st.integers(0, 3)),
        st.tuples(st.just("silent"), st.integers(0, 1)),
        st.tuples(st.just("wait"), st.integers(0, 12)),
        st.tuples(st.just("sync"), st.just(0)),
        st.tuples(st.just("order"), st.integers(1, 4)),
    ),
    min_size=4,
    max_size=40,
)


class NoStore:
    """Keeps nothing and knows no order."""

    async def load(self, _order_num: str, _ids: Sequence[str] = ()) -> Loaded:
        return Loaded(None, {})

    async def keep_products(self, _products: Sequence[StoredProduct]) -> None: ...

    async def keep_prices(self, _prices: Sequence[StoredPrices]) -> None: ...

    async def stored_prices(self, _ids: Sequence[str]) -> list[StoredPrices]:
        return []

    async def product_stamps(self) -> Mapping[str, Stamps]:
        return {}


class History:
    """What ZZY sold, moment by moment, and when it last answered about it."""

    def __init__(self) -> None:
        self.clock = HeldClock()
        self.zzy = Selling()
        self.most, self.stock = 0, 0
        self.told: list[tuple[float, int, int]] = []
        self._show()
        listing = Listing(self.zzy)  # type: ignore[arg-type]
        store = NoStore()
        self.catalogue = Catalogue(ProductMap(), listing, store, self.clock)  # type: ignore[arg-type]
        self.refusals = EarlyRefusals(self.catalogue, store, self.clock, key=b"k")  # type: ignore[arg-type]

    def _show(self) -> None:
        self.zzy.listed = [described(MaxNumberByOrder=self.most, CustomerSet=None)]
        self.zzy.days = [priced(VISIT, DailyStock=self.stock)]

    async def step(self, name: str, value: int) -> None:
        if name == "sell":
            self.most = value
        elif name == "stock":
            self.stock = value
        elif name == "silent":
            self.zzy.silent = bool(value)
        elif name == "wait":
            self.clock.advance(value)
        elif name == "sync" and not self.zzy.silent:
            await self.catalogue.sync()
            await self.catalogue.fetch_prices("11063")
        elif name == "order":
            await self._order(value)
        self._show()

    async def _order(self, count: int) -> None:
        asked = len(self.zzy.asked)
        now = self.clock.now().timestamp()
        order = await self.refusals.look_at(commanded(count, self.clock))
        if self.zzy.asked[asked:][:2] == ["product 11063", "day 11063"]:
            self.told.append((now, self.most, self.stock))
        if order.refusal is None:
            return
        at, most, stock = self.told[-1]
        assert now - at < FRESH_SECONDS, "refused on an old list"
        assert 0 < most < count or 0 < stock < count, "ZZY never said so"
        assert order.refusal.code == ("3007" if 0 < most < count else "3008")


def commanded(count: int, clock: HeldClock) -> OrderCommanded:
    demand = Demand("P", "13456451211", (), VISIT, Decimal(5), Decimal(5) * count, count)
    return OrderCommanded("o", "k", "c", demand, "11063", clock.now())


@settings(max_examples=150, deadline=None)
@given(STEPS)
def test_a_refusal_never_rests_on_a_stale_list(steps: list[tuple[str, int]]) -> None:
    async def run() -> None:
        history = History()
        for name, value in [("sync", 0), *steps]:
            await history.step(name, value)

    asyncio.run(run())
