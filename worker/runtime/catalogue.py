"""What ZZY sells, as last fetched: kept in the store, held in memory.

Why it exists: orders ask it on their way, so it answers from memory; several processes
share it through the store, each looking every ``refresh_seconds`` whether another has
fetched something newer. It must not refuse an order: a list that could not be fetched
proves nothing. Source: PROTOCOL.md, "Catalogue"; zzy.txt 1.1.1, 1.1.2.
"""

import asyncio
from collections import OrderedDict
from collections.abc import Sequence
from datetime import date, datetime, timedelta
from typing import Final

from contracts.strict_json import dumps
from contracts.zzy import PricesData, Product
from worker.clock import Clock
from worker.runtime.cataloguing import CatalogueStore, StoredPrices, StoredProduct
from worker.runtime.listing import Listed, Listing
from worker.runtime.queries import Offer
from worker.translation.admission import today_in_shanghai
from worker.translation.commands import MappedProduct, ProductMap
from worker.translation.products import KnownProduct, PriceCalendar, Standing, price_spans

LIST_FRESH_SECONDS: Final = 60.0
"""A list younger than this may refuse a code that it does not hold."""

MOST_CALENDARS: Final = 500
"""Price calendars held in memory, those that were used last; the others are in the store."""


class Catalogue:
    """The products, under the configuration's codes and ZZY's own."""

    def __init__(
        self,
        products: ProductMap,
        listing: Listing,
        store: CatalogueStore,
        clock: Clock,
        *,
        price_days: int = 60,
    ) -> None:
        """Know products by ``products`` first; fetch ``price_days`` days of prices."""
        self._map = products
        self._listing = listing
        self._store = store
        self._clock = clock
        self._price_days = price_days
        self._known: dict[str, KnownProduct] = {}
        self._ids: dict[str, str] = {}
        self._calendars: OrderedDict[str, PriceCalendar | None] = OrderedDict()
        self._listed_at: datetime | None = None
        self._fetching = asyncio.Lock()

    # --- what is known ------------------------------------------------------------------

    async def find(self, product_code: str) -> MappedProduct | None:
        """Return the product, or None when the code surely means none.

        Raises CatalogueUnknownError when ZZY's list is needed and cannot be had.
        """
        mapped = self._map.find(product_code)
        if mapped is not None:
            return mapped
        if product_code not in self._ids and not self._is_fresh():
            async with self._fetching:
                if product_code not in self._ids and not self._is_fresh():
                    await self._sync()
        product_id = self._ids.get(product_code)
        return None if product_id is None else MappedProduct(product_id)

    def known(self, product_id: str) -> KnownProduct | None:
        """Return a product by ZZY's number; None: ZZY never listed it, as with bundles."""
        return self._known.get(product_id)

    def all_known(self) -> list[KnownProduct]:
        """Return every product, by ZZY's number, those that are gone too."""
        return sorted(self._known.values(), key=lambda one: (len(one.product_id), one.product_id))

    async def calendar(self, product_id: str) -> PriceCalendar | None:
        """Return the prices as last fetched; from the store only if they are not in memory."""
        if product_id not in self._calendars:
            stored = await self._store.stored_prices([product_id])
            self._hold(product_id, _calendar(stored[0]) if stored else None)
        self._calendars.move_to_end(product_id)
        return self._calendars[product_id]

    def codes(self, product_id: str) -> list[str]:
        """Return the codes under which channels order a product."""
        mapped = self._map.product_codes(product_id)
        known = self._known.get(product_id)
        if mapped == [product_id] and known and known.product.product_code:
            return [known.product.product_code]
        return mapped

    async def product(self, product_code: str) -> Offer | None:
        """Return one product as ZZY lists it; None where it lists none under this code."""
        mapped = self._map.find(product_code)
        product_id = mapped.zzy_product_id if mapped else self._ids.get(product_code, "")
        known = self._known.get(product_id)
        return None if known is None or known.standing == "gone" else _offer(product_code, known)

    async def products(self) -> Sequence[Offer]:
        """Return every product that ZZY lists, by the code to order it."""
        offers = [
            _offer(code, known)
            for known in self._known.values()
            if known.standing != "gone"
            for code in self.codes(known.product_id)
        ]
        return sorted(offers, key=lambda offer: offer.product_code)

    async def prices(self, product_code: str) -> PriceCalendar | None:
        """Return a product's price calendar as far as it is known."""
        offer = await self.product(product_code)
        return await self.calendar(offer.product.product_id) if offer else None

    def _is_fresh(self) -> bool:
        oldest = self._clock.now() - timedelta(seconds=LIST_FRESH_SECONDS)
        return self._listed_at is not None and self._listed_at > oldest

    # --- fetching -----------------------------------------------------------------------

    async def sync(self) -> int:
        """Fetch the whole list; return how many products changed.

        Raises CatalogueUnknownError, StoreUnavailableError.
        """
        async with self._fetching:
            return await self._sync()

    async def _sync(self) -> int:
        began = self._clock.now()
        listed = await self._listing.products()
        changed = [
            known
            for product in listed.products.values()
            if (known := self._changed(product, began)) is not None
        ]
        changed += self._gone(listed, began)
        await self._keep(changed)
        self._listed_at = began
        return len(changed)

    def _gone(self, listed: Listed, at: datetime) -> list[KnownProduct]:
        return [
            KnownProduct(known.product, "gone", at)
            for known in self._known.values()
            if listed.whole and known.standing != "gone"
            if known.product_id not in listed.products and known.fetched_at <= at
        ]

    async def fetch_product(self, product_id: str) -> KnownProduct | None:
        """Fetch one product; None: it is not listed and never was. Raises as :meth:`sync`."""
        began = self._clock.now()
        product = await self._listing.product(product_id)
        if product is not None:
            changed = self._changed(product, began)
            await self._keep([changed] if changed else [])
        else:
            await self.mark(product_id, "gone")
        return self._known.get(product_id)

    async def fetch_prices(self, product_id: str) -> None:
        """Fetch the price calendar of the coming days. Raises as :meth:`sync`."""
        began = self._clock.now()
        first = today_in_shanghai(began)
        last = first + timedelta(days=self._price_days)
        fetched = await self._listing.prices(product_id, first, last)
        calendar = _read(product_id, first, last, fetched, began)
        stored = StoredPrices(product_id, first, last, _json(fetched), began)
        await self._store.keep_prices([stored])
        self._hold(product_id, calendar)

    async def fetch_day(self, product_id: str, day: date) -> PriceCalendar:
        """Fetch one day's prices, for a question that cannot wait. Raises as :meth:`sync`."""
        began = self._clock.now()
        return _read(product_id, day, day, await self._listing.prices(product_id, day, day), began)

    async def mark(self, product_id: str, standing: Standing) -> None:
        """Note that a product went on or off the shelf, or is listed no more."""
        known = self._known.get(product_id)
        if known is not None and known.standing != standing:
            await self._keep([KnownProduct(known.product, standing, self._clock.now())])

    def _changed(self, product: Product, at: datetime) -> KnownProduct | None:
        """Return what is new about a product, or None: the same version, word for word."""
        standing: Standing = "off" if product.product_status == 0 else "on"
        known = self._known.get(product.product_id)
        if known and known.product == product and known.standing == standing:
            return None
        return KnownProduct(product, standing, at)

    async def _keep(self, changed: Sequence[KnownProduct]) -> None:
        await self._store.keep_products([_stored(known) for known in changed])
        for known in changed:
            self._remember(known)

    # --- what other processes fetched ---------------------------------------------------

    async def refresh(self) -> None:
        """Read what is newer in the store than in memory. Raises StoreUnavailableError."""
        stamps = await self._store.product_stamps()
        newer = [one for one, stamp in stamps.items() if self._is_older(one, stamp.product)]
        for stored in await self._store.stored_products(newer) if newer else ():
            self._remember(_known(stored))
        for product_id, calendar in [*self._calendars.items()]:
            stamp = stamps.get(product_id)
            if stamp and stamp.prices != (calendar.fetched_at if calendar else None):
                del self._calendars[product_id]

    def _is_older(self, product_id: str, fetched_at: datetime) -> bool:
        known = self._known.get(product_id)
        return known is None or known.fetched_at < fetched_at

    def _remember(self, known: KnownProduct) -> None:
        before = self._known.get(known.product_id)
        if before is not None and before.fetched_at > known.fetched_at:
            return
        if before is not None and self._ids.get(before.product.product_code) == known.product_id:
            del self._ids[before.product.product_code]
        self._known[known.product_id] = known
        if known.product.product_code:
            self._ids[known.product.product_code] = known.product_id

    def _hold(self, product_id: str, calendar: PriceCalendar | None) -> None:
        self._calendars[product_id] = calendar
        while len(self._calendars) > MOST_CALENDARS:
            self._calendars.popitem(last=False)


def _offer(code: str, known: KnownProduct) -> Offer:
    product = known.product
    if known.standing == "off" and product.product_status != 0:
        product = product.model_copy(update={"product_status": 0})
    return Offer(code, product)


def _stored(known: KnownProduct) -> StoredProduct:
    product = known.product
    return StoredProduct(
        product_id=product.product_id,
        version=product.version or 0,
        product_code=product.product_code,
        status=known.standing,
        fields=product.to_bytes(),
        fetched_at=known.fetched_at,
    )


def _known(stored: StoredProduct) -> KnownProduct:
    standing: Standing = "gone" if stored.status == "gone" else "off"
    if stored.status == "on":
        standing = "on"
    return KnownProduct(Product.parse(stored.fields), standing, stored.fetched_at)


def _read(
    product_id: str, begin: date, end: date, fetched: PricesData, at: datetime
) -> PriceCalendar:
    spans, understood = price_spans(fetched.daily_price_stock)
    whole = understood and not fetched.unreadable
    return PriceCalendar(product_id, begin, end, spans, whole, at)


def _json(fetched: PricesData) -> bytes:
    """Return the calendar as ZZY wrote it; null stands for what could not be read."""
    fields = fetched.model_dump(mode="json", exclude_none=True)
    days = [*fields["DailyPriceStock"], *[None] * fetched.unreadable]
    return dumps({"DailyPriceStock": days}).encode()


def _calendar(stored: StoredPrices) -> PriceCalendar:
    fetched = PricesData.parse(stored.days)
    return _read(stored.product_id, stored.begin, stored.end, fetched, stored.fetched_at)
