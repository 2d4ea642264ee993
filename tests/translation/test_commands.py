"""A channel's command as a fact: its demand, its product, its refusal at the door."""

from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest

from contracts.channel import CreateOrder, order_num
from contracts.commands import (
    CancelOrderCommand,
    CreateOrderCommand,
    RefundOrderCommand,
    ResendVoucherCommand,
)
from tests.doubles import NOON
from worker.saga.events import OrderCommanded, RefundCommanded, ResendCommanded
from worker.saga.states import Tourist, Waiter, Wants
from worker.translation.commands import (
    MappedProduct,
    ProductMap,
    cancel_commanded,
    order_commanded,
    refund_commanded,
    resend_commanded,
)

TODAY = date(2026, 5, 1)
SESSION = MappedProduct("11063", "09:00", "11:00")
PRODUCTS = ProductMap({"P11063": SESSION, "same": MappedProduct("11063")})
ORDER = CreateOrder(
    channel_order_num="2x",
    product_code="P11063",
    take_phone="13456451211",
    tourist_info={"110101199003070134": "张三"},
    date=date(2026, 5, 2),
    price=Decimal(60),
    amount=Decimal(120),
    count=2,
)
COMMAND = CreateOrderCommand(app_key="k", received_at=NOON, reply_on="paid", order=ORDER)


def commanded(
    command: CreateOrderCommand = COMMAND,
    product: MappedProduct | None = SESSION,
    today: date = TODAY,
    reply_to: str = "r",
) -> OrderCommanded:
    return order_commanded(command, product, today, reply_to, "c")


def with_order(**fields: object) -> CreateOrderCommand:
    return COMMAND.model_copy(update={"order": ORDER.model_copy(update=fields)})


def test_the_demand_is_what_the_channel_ordered() -> None:
    event = commanded()
    assert (event.order_num, event.zzy_product_id) == (order_num("k", "2x"), "11063")
    assert event.demand.tourists == (Tourist("110101199003070134", "张三"),)
    assert (event.demand.price, event.demand.count) == (Decimal(60), 2)
    assert event.refusal is None


def test_a_session_is_the_products_unless_the_order_names_one() -> None:
    assert commanded().demand.begin_play_time == "09:00"
    named = commanded(with_order(begin_play_time="13:00", end_play_time="15:00"))
    assert (named.demand.begin_play_time, named.demand.end_play_time) == ("13:00", "15:00")


@pytest.mark.parametrize(
    ("reply_on", "wants"), [("paid", Wants.PAID), ("created", Wants.CREATED), ("accepted", None)]
)
def test_who_waits_and_for_what(reply_on: str, wants: Wants | None) -> None:
    event = commanded(COMMAND.model_copy(update={"reply_on": reply_on}))
    assert event.waiter == (Waiter("r", "c", wants) if wants else None)
    assert commanded(reply_to="").waiter is None


def test_refusals_at_the_door() -> None:
    unknown = commanded(product=None).refusal
    assert unknown is not None
    assert unknown.code == "3002"
    past = commanded(today=date(2026, 5, 3)).refusal
    assert past is not None
    assert past.code == "3003"


def test_a_product_code_is_mapped_or_zzys_own_id() -> None:
    assert PRODUCTS.find("P11063") == SESSION
    assert PRODUCTS.find("42") == MappedProduct("42")
    assert PRODUCTS.find("x") is None
    assert PRODUCTS.find("４２") is None, "full-width digits are no id"
    assert sorted(PRODUCTS.product_codes("11063")) == ["P11063", "same"]
    assert PRODUCTS.product_codes("42") == ["42"]


def test_a_cancel_waits_only_where_somebody_asks() -> None:
    command = CancelOrderCommand(app_key="k", received_at=NOON, order_num="n")
    waiting = cancel_commanded(command, "r", "c")
    assert waiting.waiter == Waiter("r", "c", Wants.CANCELLED)
    assert replace(waiting, waiter=None) == cancel_commanded(command, "", "c")


def test_a_refund_and_a_resend_become_what_the_saga_knows_of_them() -> None:
    refund = RefundOrderCommand(
        app_key="k",
        received_at=NOON,
        order_num="n",
        refund_num="r-1",
        codes=("c-1", "c-2"),
        audit_reply="accepted",
    )
    asked = refund_commanded(refund, "r", "c")
    waiter = Waiter("r", "c", Wants.REFUNDED, "accepted")
    assert asked == RefundCommanded("k", "r-1", None, ("c-1", "c-2"), waiter)
    assert refund_commanded(refund, "", "c").waiter is None
    resend = ResendVoucherCommand(app_key="k", received_at=NOON, order_num="n", by="sms")
    waiter = Waiter("r", "c", Wants.RESENT)
    assert resend_commanded(resend, "r", "c") == ResendCommanded("k", "sms", waiter)
