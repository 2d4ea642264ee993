"""Orders looked at before ZZY is asked: refused on fresh facts alone, and only new ones."""

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from contracts.channel import CreateOrder, order_num
from contracts.commands import CreateOrderCommand
from contracts.envelope import unwrap, wrap
from tests.doubles import NOON
from tests.runtime.messages import OUR_NUM, cancel_message, create_message
from tests.runtime.selling import Selling, described, priced
from tests.runtime.world import CANCELLED, CREATED, PAID, TIMEOUT, World
from worker.runtime import snapshot
from worker.runtime.cataloguing import Purchase
from worker.runtime.early_refusals import FRESH_SECONDS
from worker.runtime.outcome import Ack
from worker.runtime.ports import Message
from worker.saga.states import Phase
from worker.translation.admission import today_in_shanghai

VISIT = "2026-05-02"
LATER = date(2026, 5, 20)
SOLD_OUT = [priced(VISIT, DailyStock=1)]


async def selling(world: World, *products: dict[str, Any], days: Sequence[Any] = ()) -> Selling:
    """Have ZZY list products, fetched a minute ago."""
    zzy = Selling(*products, days=list(days) or [priced("2026-05-01", "2026-06-01")])
    world.zzy.products = zzy.products  # type: ignore[method-assign, assignment]
    world.zzy.prices = zzy.prices  # type: ignore[method-assign, assignment]
    await world.catalogue.sync()
    await world.catalogue.fetch_prices("11063")
    zzy.asked.clear()
    world.clock.advance(60)
    return zzy


def order(number: str, *, at: datetime = NOON, **changes: Any) -> Message:  # noqa: ANN401
    """Return createOrder under a number, with changes."""
    message = create_message(at=at)
    command = unwrap(CreateOrderCommand, message.body).data
    fields = command.order.model_dump() | {"channel_order_num": number} | changes
    changed = command.model_copy(update={"order": CreateOrder.model_validate(fields)})
    body = wrap(changed, id=message.message_id, time=at)
    return Message(message.queue, message.type, body, message.message_id)


def goes_through(world: World) -> None:
    world.zzy.will("create", CREATED)
    world.zzy.will("pay", PAID)


async def test_a_refusal_asks_zzy_for_the_product_alone_and_leaves_the_number_free(
    world: World,
) -> None:
    zzy = await selling(world, described(MaxNumberByOrder=1))
    assert await world.commands.handle(create_message()) == Ack()
    refused = await world.order()
    assert refused.failure is not None
    assert (refused.failure.code, refused.phase) == ("3007", Phase.REFUSED)
    assert zzy.asked == ["product 11063", "day 11063"]
    goes_through(world)
    assert await world.commands.handle(create_message(count=1)) == Ack()
    assert (await world.order()).phase is Phase.AWAITING_TICKET


async def test_a_rule_that_is_gone_by_now_refuses_nothing(world: World) -> None:
    zzy = await selling(world, described(), days=SOLD_OUT)
    zzy.days = [priced(VISIT, DailyStock=9)]
    await world.paid()
    assert zzy.asked == ["product 11063", "day 11063", "prices 11063"]
    assert (await world.order()).phase is Phase.AWAITING_TICKET
    calendar = await world.catalogue.calendar("11063")
    assert calendar is not None
    price = calendar.on((await world.order()).demand.visit_date)
    assert price is not None
    assert price.daily_stock == 9, "the next order need not ask"


async def test_where_zzy_does_not_answer_the_order_goes_to_zzy(world: World) -> None:
    zzy = await selling(world, described(), days=SOLD_OUT)
    zzy.silent = True
    await world.paid()
    assert (await world.order()).phase is Phase.AWAITING_TICKET


async def test_a_product_that_zzy_never_listed_passes(world: World) -> None:
    await selling(world, described(1))
    await world.paid()
    assert (await world.order()).phase is Phase.AWAITING_TICKET


async def test_an_order_that_is_known_is_never_refused(world: World) -> None:
    zzy = await selling(world, described())
    await world.paid()
    zzy.listed = [described(ProductStatus=0)]
    world.clock.advance(60)
    await world.catalogue.sync()
    before = await world.row()
    assert await world.commands.handle(create_message()) == Ack()
    assert (await world.row()).phase == before.phase
    assert (await world.order()).failure is None
    assert await world.commands.handle(order("another")) == Ack()
    other = await world.row(order_num("k", "another"))
    assert other.phase == Phase.REFUSED


async def test_an_order_carries_the_product_s_terms(world: World) -> None:
    await selling(world, described(RefundSet=0, IsTicket=1, TicketGetAddress="南门售票处"))
    await world.paid()
    terms = (await world.order()).terms
    assert not terms.refundable
    assert terms.is_ticket
    assert terms.ticket_get_address == "南门售票处"


async def test_an_order_of_a_product_without_limits_costs_no_statement(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    await selling(world, described())
    await world.paid()
    for name in ("load", "purchases", "stored_prices", "stored_products", "keep_purchases"):
        monkeypatch.setattr(world.store, name, None)
    goes_through(world)
    assert await world.commands.handle(order("hot")) == Ack()
    await world.settle()


async def test_a_crowd_asks_once(world: World) -> None:
    zzy = await selling(world, described(), days=SOLD_OUT)
    for number in range(5):
        await world.commands.handle(order(f"c{number}"))
    assert zzy.asked == ["product 11063", "day 11063"]
    world.clock.advance(FRESH_SECONDS)
    await world.commands.handle(order("later"))
    assert zzy.asked == ["product 11063", "day 11063"] * 2


async def refused_with(world: World, number: str) -> str:
    order = snapshot.read(await world.row(order_num("k", number)))
    return order.failure.code if order and order.failure else ""


async def test_a_notice_counts_for_the_next_order_though_the_product_was_just_asked_for(
    world: World,
) -> None:
    zzy = await selling(world, described(MaxNumberByOrder=1))
    await world.commands.handle(order("many"))
    world.clock.advance(1)
    zzy.listed = [described(ProductStatus=0)]
    await world.catalogue.mark("11063", "off")
    await world.commands.handle(order("off"))
    assert await refused_with(world, "off") == "3002"
    zzy.listed, zzy.days = [described()], [priced(VISIT, DailyStock=1)]
    world.clock.advance(1)
    await world.catalogue.fetch_product("11063")
    await world.catalogue.fetch_prices("11063")
    await world.commands.handle(order("few left"))
    assert await refused_with(world, "few left") == "3008"
    assert world.refused == [], "nobody heard ZZY refuse it"


# --- limits by phone and id card ----------------------------------------------------------

PHONE, CARD = "13456451211", "110101199003070134"
ONE_PHONE = described(MaxNumberByMobile=3, LimitDayByMobile=2)


async def phase(world: World, number: str) -> str:
    return (await world.row(order_num("k", number))).phase


async def test_a_phone_s_orders_count_together_and_repeats_only_once(world: World) -> None:
    await selling(world, ONE_PHONE)
    await world.paid()
    await world.commands.handle(create_message())
    await world.commands.handle(create_message())
    goes_through(world)
    await world.commands.handle(order("one", count=1, amount=Decimal(60)))
    assert await phase(world, "one") == Phase.AWAITING_TICKET, "two and one are three"
    await world.commands.handle(order("more", count=1, amount=Decimal(60)))
    assert await phase(world, "more") == Phase.REFUSED
    goes_through(world)
    await world.commands.handle(order("other", take_phone="13900000000"))
    assert await phase(world, "other") == Phase.AWAITING_TICKET


async def test_an_order_that_came_again_after_a_crash_counts_itself_once(world: World) -> None:
    zzy = await selling(world, ONE_PHONE)
    await world.paid()
    [digest] = await _digests(world, "phone")
    left = Purchase(order_num("k", "again"), "phone", digest, "11063", 1, world.clock.now())
    await world.store.keep_purchases(left.order_num, [left])
    goes_through(world)
    await world.commands.handle(order("again", count=1, amount=Decimal(60)))
    assert await phase(world, "again") == Phase.AWAITING_TICKET
    assert zzy.asked == [], "not even a suspicion"


async def test_an_order_that_ended_unpaid_gives_back_what_it_took(world: World) -> None:
    await selling(world, ONE_PHONE)
    world.zzy.will("create", TIMEOUT)
    await world.commands.handle(create_message())
    await world.commands.handle(order("second"))
    assert await phase(world, "second") == Phase.REFUSED
    await world.commands.handle(cancel_message())
    world.zzy.will("create", CREATED)
    world.zzy.will("cancel", CANCELLED)
    while (await world.row()).phase != Phase.CANCELLED:
        assert await world.fire(3_600)
        world.clock.advance(-3_600)
    goes_through(world)
    await world.commands.handle(order("third"))
    assert await phase(world, "third") == Phase.AWAITING_TICKET


async def test_a_limit_looks_back_so_many_days(world: World) -> None:
    await selling(world, ONE_PHONE)
    await world.paid()
    world.clock.advance(86_400)
    await world.commands.handle(order("next day", at=world.clock.now(), date=LATER))
    assert await phase(world, "next day") == Phase.REFUSED
    goes_through(world)
    world.clock.advance(86_400)
    await world.commands.handle(order("day after", at=world.clock.now(), date=LATER))
    assert await phase(world, "day after") == Phase.AWAITING_TICKET


async def test_what_is_kept_of_buyers_holds_no_number(world: World) -> None:
    await selling(world, described(MaxNumberByCardID=2, LimitDayByCardID=1, MaxNumberByMobile=9))
    await world.paid()
    found: list[Purchase] = []
    for digest in await _digests(world):
        found += await world.store.purchases("11063", [digest], world.clock.now() - _DAY)
    assert sorted((one.kind, one.count) for one in found) == [("card", 2), ("phone", 2)]
    assert not [number for number in (PHONE, CARD) if number in repr(found)]
    assert found[0].order_num == OUR_NUM
    assert today_in_shanghai(found[0].ordered_at).isoformat() == "2026-05-01"


_DAY = timedelta(days=1)


async def _digests(world: World, kind: str = "%") -> list[str]:
    rows = await world.store._all("SELECT digest FROM purchases WHERE kind LIKE ?", kind)  # type: ignore[attr-defined]
    return [row[0] for row in rows]
