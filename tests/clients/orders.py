"""Requests to ZZY as the worker makes them, for tomorrow."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

from contracts.zzy import CreateAnswer, CreateRequest, PayRequest, Person, RefundRequest
from worker.clients.zzy import ZzyClient
from worker.simulators.channel_driver import made_up_id_card
from worker.translation.supplier import Succeeded

PARTNER = "9258"


def tomorrow() -> date:
    return datetime.now(UTC).astimezone(ZoneInfo("Asia/Shanghai")).date() + timedelta(days=1)


def visitor(number: int = 1) -> Person:
    return Person(
        name=f"张{number}", mobile="13456451211", id_card=made_up_id_card(number), memo=None
    )


def order(origin: str = "o1", *, product: str = "11063", quantity: int = 2) -> CreateRequest:
    return CreateRequest(
        partner_id=PARTNER,
        origin_order_id=origin,
        contact_person=visitor(),
        product_id=product,
        order_quantity=quantity,
        visit_date=tomorrow(),
        visit_person=tuple(visitor(n + 1) for n in range(quantity)),
    )


def payment(order_id: str, origin: str = "o1", *, quantity: int = 2) -> PayRequest:
    return PayRequest(
        partner_id=PARTNER, order_id=order_id, eticket_no=origin, ticket_count=quantity
    )


def refund(order_id: str, refund_id: str = "r1", *, count: int = 2) -> RefundRequest:
    return RefundRequest(
        partner_id=PARTNER, order_id=order_id, refund_count=count, refund_id=refund_id
    )


async def created(client: ZzyClient, request: CreateRequest | None = None) -> str:
    """Make an order and return ZZY's number."""
    result = await client.create(request or order())
    assert isinstance(result, Succeeded), result
    answer: CreateAnswer = result.answer
    assert answer.data is not None
    return answer.data.order_id


async def paid(client: ZzyClient, request: CreateRequest | None = None) -> str:
    """Make an order, pay it, and return ZZY's number."""
    request = request or order()
    order_id = await created(client, request)
    payment_ = payment(order_id, request.origin_order_id, quantity=request.order_quantity)
    assert isinstance(await client.pay(payment_), Succeeded)
    return order_id
