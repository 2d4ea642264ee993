"""Questions from the queue: answered at once from what is kept, or not at all."""

import asyncio
from collections.abc import Sequence
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest

from contracts import queues
from contracts.envelope import wrap
from contracts.events import OrderOutcome
from contracts.queries import OrderQuery, PriceQuery, ProductQuery, Query
from contracts.zzy import DailyPriceStock, Product
from tests.doubles import NOON
from tests.runtime.messages import OUR_NUM
from tests.runtime.world import World
from worker.errors import StoreUnavailableError
from worker.runtime.door import Door
from worker.runtime.outcome import Ack, Park
from worker.runtime.ports import Loaded, Message
from worker.runtime.queries import Offer, Queries
from worker.runtime.upstreams import Upstreams
from worker.translation.products import PriceCalendar, price_spans
from worker.translation.settlement import Price, Tariff

DAYS = {"begin_date": date(2026, 5, 1), "end_date": date(2026, 5, 2)}
PRODUCT = Product.model_validate(
    {"ProductId": 1, "EntranceMode": 0, "CustomerSet": 2, "ProductStatus": 1, "RefundSet": 1}
)
TARIFF = Tariff({"prepaid": {"P1": (Price(None, Decimal("61.5")),)}})


class OneProduct:
    """A shelf on which P1 alone stands."""

    async def product(self, product_code: str) -> Offer | None:
        return Offer("P1", PRODUCT) if product_code == "P1" else None

    async def products(self) -> Sequence[Offer]:
        return [Offer("P1", PRODUCT)]

    async def prices(self, product_code: str) -> PriceCalendar | None:
        assert product_code == "P1"
        spans, _ = price_spans([DailyPriceStock.model_validate({"SalePrice": 70, "Price": 60})])
        return PriceCalendar("1", date(2026, 5, 1), date(2026, 5, 31), spans, True, NOON)  # noqa: FBT003


class Asker:
    """Asks over the world's own broker, as the ingress does."""

    def __init__(self, world: World, ours: str = "", shelf: OneProduct | None = None) -> None:
        self._world = world
        door = Door(world.broker, Upstreams(ours=ours))
        self.queries = Queries(
            world.store, door, world.broker, world.clock, shelf or OneProduct(), tariff=TARIFF
        )

    async def start(self) -> None:
        await self._world.broker.consume(queues.QUERIES, self.queries.handle, concurrency=1)

    async def ask(self, query: Query, wait: float = 5) -> OrderOutcome | None:
        reply = await self._world.broker.request(message(query), wait=wait)
        return None if reply is None else OrderOutcome.parse(reply)


def message(query: Query, **fields: str) -> Message:
    body = wrap(query, id="q", time=NOON)
    values: dict[str, Any] = {"queue": queues.QUERIES, "type": query.TYPE, "message_id": "q"}
    return Message(body=body, **{**values, **fields})


def order_query(number: str = OUR_NUM, app_key: str = "k", age: float = 0) -> OrderQuery:
    received = NOON - timedelta(seconds=age)
    return OrderQuery(app_key=app_key, received_at=received, order_num=number)


@pytest.fixture
async def asker(world: World) -> Asker:
    asker = Asker(world)
    await asker.start()
    return asker


async def test_an_order_is_reported_to_its_channel(world: World, asker: Asker) -> None:
    await world.paid()
    outcome = await asker.ask(order_query())
    assert outcome is not None
    assert (outcome.code, outcome.message) == ("1000", "成功")
    assert isinstance(outcome.data, dict)
    told = {name: outcome.data[name] for name in ("order_num", "state", "count", "next")}
    assert told == {"order_num": OUR_NUM, "state": "awaiting_ticket", "count": 2, "next": "ticket"}


@pytest.mark.parametrize(("number", "app_key"), [("0" * 32, "k"), (OUR_NUM, "another")])
async def test_an_order_that_is_not_the_channel_s_is_unknown(
    world: World, asker: Asker, number: str, app_key: str
) -> None:
    await world.paid()
    outcome = await asker.ask(order_query(number, app_key))
    assert outcome is not None
    assert (outcome.code, outcome.message, outcome.data) == ("4001", "此订单不存在", "")


async def test_products_and_prices_come_from_the_shelf(asker: Asker) -> None:
    one = await asker.ask(ProductQuery(app_key="k", received_at=NOON, product_code="P1"))
    every = await asker.ask(ProductQuery(app_key="k", received_at=NOON))
    assert one is not None
    assert one == every
    assert isinstance(one.data, dict)
    assert [product["product_code"] for product in one.data["products"]] == ["P1"]
    prices = await asker.ask(PriceQuery(app_key="k", received_at=NOON, product_code="P1", **DAYS))
    assert prices is not None
    assert isinstance(prices.data, dict)
    days = [(day["date"], day["sale_price"]) for day in prices.data["days"]]
    assert days == [("2026-05-01", "70.00"), ("2026-05-02", "70.00")]
    assert prices.data["settlement_price"] is None


async def test_a_channel_with_an_account_reads_what_it_pays_itself(asker: Asker) -> None:
    query = PriceQuery(app_key="prepaid", received_at=NOON, product_code="P1", **DAYS)
    prices = await asker.ask(query)
    assert prices is not None
    assert isinstance(prices.data, dict)
    assert prices.data["settlement_price"] == "61.50"


@pytest.mark.parametrize(
    "query",
    [
        ProductQuery(app_key="k", received_at=NOON, product_code="P2"),
        PriceQuery(app_key="k", received_at=NOON, product_code="P2", **DAYS),
    ],
)
async def test_an_unknown_product_is_named(asker: Asker, query: Query) -> None:
    outcome = await asker.ask(query)
    assert outcome is not None
    assert outcome.code == "3002"
    assert "product_code" in outcome.message


async def test_an_old_question_is_dropped_unanswered(world: World, asker: Asker) -> None:
    assert await asker.ask(order_query(age=31), wait=0.05) is None
    assert await world.broker.depth(queues.QUERIES) == 0


async def test_a_silent_database_leaves_the_question_unanswered(
    world: World, asker: Asker, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def fail(*_: object) -> Loaded:
        raise StoreUnavailableError

    monkeypatch.setattr(world.store, "load", fail)
    assert await asker.ask(order_query(), wait=0.05) is None
    asked = message(order_query(), reply_to="embedded.somebody")
    assert await asker.queries.handle(asked) == Ack()


async def test_who_may_not_speak_for_a_channel_is_refused(world: World) -> None:
    queries = Asker(world, ours="bridge").queries
    assert isinstance(await queries.handle(message(order_query(), user="stranger")), Park)
    assert await queries.handle(message(order_query(), user="bridge")) == Ack()


async def test_what_is_no_question_is_parked(asker: Asker) -> None:
    unknown = await asker.queries.handle(message(order_query(), type="order.create.v1"))
    assert isinstance(unknown, Park)
    broken = Message(queues.QUERIES, "query.order.v1", b"{}", "q")
    assert isinstance(await asker.queries.handle(broken), Park)


def test_a_range_of_days_is_bounded() -> None:
    with pytest.raises(ValueError, match="end_date"):
        PriceQuery(
            app_key="k",
            received_at=NOON,
            product_code="P1",
            begin_date=date(2026, 5, 2),
            end_date=date(9999, 5, 1),
        )


async def test_many_products_are_reported_while_others_get_their_turn(world: World) -> None:
    class Full(OneProduct):
        async def products(self) -> Sequence[Offer]:
            return [Offer(f"P{number}", PRODUCT) for number in range(1_050)]

    turns, done = 0, asyncio.Event()

    async def others() -> None:
        nonlocal turns
        while not done.is_set():
            await asyncio.sleep(0)
            turns += 1

    asker = Asker(world, shelf=Full())
    busy = asyncio.create_task(others())
    await asker.queries.handle(message(ProductQuery(app_key="k", received_at=NOON), reply_to="x"))
    seen = turns
    done.set()
    await busy
    assert seen >= 10, "one slice after the other"


async def test_all_products_are_in_the_answer(world: World) -> None:
    class Full(OneProduct):
        async def products(self) -> Sequence[Offer]:
            return [Offer(f"P{number}", PRODUCT) for number in range(250)]

    asker = Asker(world, shelf=Full())
    await asker.start()
    outcome = await asker.ask(ProductQuery(app_key="k", received_at=NOON))
    assert outcome is not None
    assert outcome.data
    codes = [product["product_code"] for product in outcome.data["products"]]
    assert codes == [f"P{number}" for number in range(250)]
