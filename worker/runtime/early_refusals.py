"""Where an order is looked at before it is asked of ZZY: what the catalogue knows of it.

Why it exists: an early refusal is worth more than a late one, and a wrong one costs a
sale: so it counts only when it still holds on facts fetched a moment ago, and when ZZY
does not answer it does not count at all. An order that is known already is never refused
here. It must not call Create. Source: PROTOCOL.md, "3002, 3007, 3008, 3011", "Catalogue".
"""

import asyncio
from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Final
from weakref import WeakValueDictionary

import structlog

from contracts.channel import ProtocolError
from worker.clock import Clock
from worker.errors import CatalogueUnknownError
from worker.runtime import snapshot
from worker.runtime.catalogue import Catalogue
from worker.runtime.cataloguing import Purchase
from worker.runtime.storing import Store
from worker.saga.events import OrderCommanded
from worker.saga.replacing import replace
from worker.saga.states import Failure, Order, Phase
from worker.translation.buyers import CARD, PHONE, Share, kept, shares, since
from worker.translation.products import KnownProduct, PriceCalendar
from worker.translation.rules import Bought, refusal

FRESH_SECONDS: Final = 5.0
"""Facts younger than this may refuse; a crowd before a sold-out product asks ZZY once."""

ASK_SECONDS: Final = 3.0
"""An order that may be good waits no longer for what might refuse it."""

MOST_FACTS: Final = 1_000

_log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Facts:
    """One product on one day, fetched a moment ago."""

    known: KnownProduct
    calendar: PriceCalendar
    asked_at: datetime

    def may_judge(self, known: KnownProduct, calendar: PriceCalendar | None, now: datetime) -> bool:
        """Tell whether these are of a moment ago, and nothing newer was heard since."""
        newest = max(known.fetched_at, calendar.fetched_at if calendar else known.fetched_at)
        return now - timedelta(seconds=FRESH_SECONDS) < self.asked_at and newest <= self.asked_at


class EarlyRefusals:
    """Takes an order's terms from the catalogue, and refuses what cannot be."""

    def __init__(
        self, catalogue: Catalogue, store: Store, clock: Clock, *, key: bytes, refuse: bool = True
    ) -> None:
        """Look in ``catalogue``; remember buyers under ``key``; with ``refuse`` refuse early."""
        self._catalogue = catalogue
        self._store = store
        self._clock = clock
        self._key = key
        self._refuse = refuse
        self._facts: OrderedDict[tuple[str, date], Facts] = OrderedDict()
        self._asking: WeakValueDictionary[tuple[str, date], asyncio.Lock] = WeakValueDictionary()

    async def look_at(self, ordered: OrderCommanded) -> OrderCommanded:
        """Return the order with the product's terms, and refused where it cannot be.

        Raises StoreUnavailableError.
        """
        known = self._catalogue.known(ordered.zzy_product_id)
        if known is None:
            return ordered
        ordered = _with_terms(ordered, known)
        if ordered.refusal is not None or not self._refuse:
            return ordered
        if known.limits_people and await is_taken(self._store, ordered.order_num):
            return ordered
        error = await self._refusal(ordered, known)
        if error is not None:
            return replace(ordered, refusal=Failure(error.code, error.message))
        if known.limits_people:
            await self._note(ordered)
        return ordered

    async def _refusal(self, ordered: OrderCommanded, known: KnownProduct) -> ProtocolError | None:
        product_id, day = ordered.zzy_product_id, ordered.demand.visit_date
        calendar = await self._catalogue.calendar(product_id)
        suspected = await self._judge(ordered, known, calendar, exact=False)
        if suspected is None:
            return None
        if not known.limits_people and await is_taken(self._store, ordered.order_num):
            return None
        facts = await self._ask(known, calendar, day)
        if facts is None:
            _log.info("early_refusal_left_to_zzy", order_num=ordered.order_num)
            return None
        error = await self._judge(ordered, facts.known, facts.calendar, exact=True)
        if error is None and calendar is not None:
            await self._renew_prices(product_id)
        return error

    async def _judge(
        self,
        ordered: OrderCommanded,
        known: KnownProduct,
        calendar: PriceCalendar | None,
        *,
        exact: bool,
    ) -> ProtocolError | None:
        bought = await self._bought(ordered, known, exact=exact)
        return refusal(known, calendar, bought, ordered.demand, self._clock.now())

    # --- fresh facts --------------------------------------------------------------------

    async def _ask(
        self, known: KnownProduct, calendar: PriceCalendar | None, day: date
    ) -> Facts | None:
        """Return facts of a moment ago, no older than these, or None where ZZY does not tell."""
        product_id = known.product_id
        place = (product_id, day)
        async with self._asking.setdefault(place, asyncio.Lock()):
            now = self._clock.now()
            facts = self._facts.get(place)
            if facts is None or not facts.may_judge(known, calendar, now):
                facts = await self._fetch(product_id, day, now)
            if facts is not None:
                self._facts[place] = facts
                self._facts.move_to_end(place)
                while len(self._facts) > MOST_FACTS:
                    self._facts.popitem(last=False)
            return facts

    async def _fetch(self, product_id: str, day: date, now: datetime) -> Facts | None:
        try:
            async with asyncio.timeout(ASK_SECONDS):
                known = await self._catalogue.fetch_product(product_id)
                calendar = await self._catalogue.fetch_day(product_id, day)
        except (CatalogueUnknownError, TimeoutError):
            return None
        return None if known is None else Facts(known, calendar, now)

    async def _renew_prices(self, product_id: str) -> None:
        """Fetch the calendar that was wrong, so that the next order need not ask."""
        try:
            await self._catalogue.fetch_prices(product_id)
        except CatalogueUnknownError:
            _log.info("prices_not_fetched", product_id=product_id)

    # --- who bought before --------------------------------------------------------------

    async def _bought(self, ordered: OrderCommanded, known: KnownProduct, *, exact: bool) -> Bought:
        """Return what the order's phone and id cards bought within the product's days."""
        if not known.limits_people:
            return Bought()
        product = known.product
        days = {PHONE: product.limit_day_by_mobile or 0, CARD: product.limit_day_by_card_id or 0}
        limited = [one for one in shares(ordered.demand, self._key) if days[one.kind] > 0]
        now = self._clock.now()
        begins = {kind: since(now, span) for kind, span in days.items() if span > 0}
        found = await self._store.purchases(
            ordered.zzy_product_id, [one.digest for one in limited], min(begins.values())
        )
        others = [
            purchase
            for purchase in found
            if purchase.order_num != ordered.order_num
            and purchase.ordered_at >= begins[purchase.kind]
        ]
        return _sums(limited, await self._still_held(others) if exact else others)

    async def _still_held(self, purchases: Sequence[Purchase]) -> list[Purchase]:
        """Return what is still held of purchases: orders end unpaid, tickets come back."""
        orders: dict[str, Order | None] = {}
        for number in {purchase.order_num for purchase in purchases}:
            orders[number] = snapshot.read((await self._store.load(number)).row)
        held: list[Purchase] = []
        for purchase in purchases:
            order = orders[purchase.order_num]
            given_back = order.demand.count - kept(order) if order else purchase.count
            held.append(replace(purchase, count=max(purchase.count - given_back, 0)))
        return held

    async def _note(self, ordered: OrderCommanded) -> None:
        """Remember who bought, as digests; noted twice counts once."""
        await self._store.keep_purchases(
            ordered.order_num,
            [
                Purchase(
                    order_num=ordered.order_num,
                    kind=share.kind,
                    digest=share.digest,
                    product_id=ordered.zzy_product_id,
                    count=share.count,
                    ordered_at=self._clock.now(),
                )
                for share in shares(ordered.demand, self._key)
            ],
        )


async def is_taken(store: Store, order_num: str) -> bool:
    """Tell whether the order is known: then the saga answers, and nothing is judged."""
    order = snapshot.read((await store.load(order_num)).row)
    return order is not None and not _is_free(order)


def _is_free(order: Order) -> bool:
    """Tell whether a refusal before Create left the number free."""
    return order.phase is Phase.REFUSED and order.attempts.create == 0


def _with_terms(ordered: OrderCommanded, known: KnownProduct) -> OrderCommanded:
    product = known.product
    terms = replace(
        ordered.terms,
        refundable=product.refund_set != 0,
        is_ticket=product.is_ticket == 1,
        ticket_get_address=product.ticket_get_address,
    )
    return replace(ordered, terms=terms)


def _sums(limited: Sequence[Share], purchases: Sequence[Purchase]) -> Bought:
    by_digest: dict[str, int] = {}
    for purchase in purchases:
        by_digest[purchase.digest] = by_digest.get(purchase.digest, 0) + purchase.count
    by_phone = sum(by_digest.get(one.digest, 0) for one in limited if one.kind == PHONE)
    cards = {one.number: by_digest.get(one.digest, 0) for one in limited if one.kind == CARD}
    return Bought(by_phone, cards)
