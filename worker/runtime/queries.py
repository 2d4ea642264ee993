"""Answers questions from the queue of queries: orders, products, prices.

Why it exists: the ingress holds no database, and upstream systems ask too. A question is
answered at once or not at all: it is never retried, for whoever asked has given up by then.
It must not change anything.
"""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, Final, Protocol

import structlog

from contracts.channel import Code, ProtocolError
from contracts.events import OrderOutcome
from contracts.queries import OrderQuery, PriceQuery, ProductQuery, Query
from contracts.zzy import Product
from worker.clock import Clock
from worker.errors import StoreUnavailableError
from worker.runtime import snapshot
from worker.runtime.door import Door
from worker.runtime.outcome import Ack, Outcome, Park
from worker.runtime.ports import Broker, Message, Store
from worker.translation.admission import today_in_shanghai
from worker.translation.product_reports import prices_report, products_report
from worker.translation.products import PriceCalendar
from worker.translation.reports import order_report
from worker.translation.settlement import Tariff

SLICE: Final = 100
"""How many products are reported at once: ten thousand would hold everything up for a second."""

STALE_SECONDS: Final = 30.0
"""Nobody waits so long for an answer; leaves room for clocks that differ."""

QUERIES: Final[Mapping[str, type[Query]]] = MappingProxyType(
    {model.TYPE: model for model in (OrderQuery, ProductQuery, PriceQuery)}
)

_log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Offer:
    """A product under the code by which channels order it."""

    product_code: str
    product: Product


class Shelf(Protocol):
    """What can be ordered, as last fetched. Raises StoreUnavailableError."""

    async def product(self, product_code: str) -> Offer | None:
        """Return one product, or None where ZZY lists none under this code."""
        ...

    async def products(self) -> Sequence[Offer]:
        """Return every product that ZZY lists, by product_code."""
        ...

    async def prices(self, product_code: str) -> PriceCalendar | None:
        """Return a product's price calendar (价格日历), or None where it is not known."""
        ...


class Queries:
    """Handles the queue QUERIES."""

    def __init__(  # noqa: PLR0913  (what it stands between)
        self,
        store: Store,
        door: Door,
        broker: Broker,
        clock: Clock,
        shelf: Shelf,
        *,
        tariff: Tariff | None = None,
    ) -> None:
        """Read orders from ``store`` and products from ``shelf`` for whom ``door`` lets in.

        ``tariff`` says what channels with an account pay; without it none has one.
        """
        self._store = store
        self._door = door
        self._broker = broker
        self._clock = clock
        self._shelf = shelf
        self._tariff = tariff or Tariff()

    async def handle(self, message: Message) -> Outcome:
        """Answer one question; Ack whatever comes of it."""
        admitted = await self._door.admit(message, QUERIES)
        if isinstance(admitted, Park):
            return admitted
        asked, query = admitted.message, admitted.data
        age = (self._clock.now() - query.received_at).total_seconds()
        if not asked.reply_to or age > STALE_SECONDS:
            _log.info("query_dropped", type=asked.type, age_seconds=round(age))
            return Ack()
        try:
            data = await self._report(query)
        except ProtocolError as error:
            outcome = OrderOutcome(code=error.code, message=error.message)
        except StoreUnavailableError as error:
            _log.warning("query_unanswered", type=asked.type, reason=str(error))
            return Ack()
        else:
            outcome = OrderOutcome(code=Code.SUCCESS, message=Code.SUCCESS.text, data=data)
        await self._broker.reply(asked.reply_to, asked.correlation_id, outcome.to_bytes())
        return Ack()

    async def _report(self, query: Query) -> dict[str, Any]:
        """Return the answer's data. Raises :class:`ProtocolError` where there is none."""
        match query:
            case OrderQuery():
                return await self._order(query)
            case ProductQuery():
                return await self._products(query)
            case PriceQuery():
                return await self._prices(query)
            case _:
                raise ProtocolError(Code.PARAMETER_MISSING, "type", "type")

    async def _order(self, query: OrderQuery) -> dict[str, Any]:
        loaded = await self._store.load(query.order_num)
        order = snapshot.read(loaded.row)
        if order is None or order.app_key != query.app_key:
            raise ProtocolError(Code.ORDER_UNKNOWN, field="order_num")
        return order_report(order).to_data()

    async def _products(self, query: ProductQuery) -> dict[str, Any]:
        if query.product_code is None:
            offers = await self._shelf.products()
        else:
            offers = [await self._offer(query.product_code)]
        products: list[Any] = []
        for first in range(0, len(offers), SLICE):
            part = offers[first : first + SLICE]
            report = products_report([(offer.product_code, offer.product) for offer in part])
            products += report.to_data()["products"]
            await asyncio.sleep(0)  # orders get their turn between two slices
        return {"products": products}

    async def _prices(self, query: PriceQuery) -> dict[str, Any]:
        offer = await self._offer(query.product_code)
        calendar = await self._shelf.prices(offer.product_code)
        asked = (query.begin_date, query.end_date)
        today = today_in_shanghai(self._clock.now())
        ours = self._tariff.price(query.app_key, offer.product_code, today)
        return prices_report(offer.product_code, calendar, asked, ours).to_data()

    async def _offer(self, product_code: str) -> Offer:
        offer = await self._shelf.product(product_code)
        if offer is None:
            raise ProtocolError(Code.PRODUCT_UNAVAILABLE, "product_code", "product_code")
        return offer
