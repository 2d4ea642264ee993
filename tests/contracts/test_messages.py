from datetime import UTC, datetime

import pytest

from contracts import queues
from contracts.catalogue import CATALOGUE
from contracts.channel import Code
from contracts.commands import CancelOrderCommand, CreateOrderCommand, RefundOrderCommand
from contracts.envelope import unwrap, wrap
from contracts.events import OrderOutcome

NOON = datetime(2026, 5, 1, 4, 0, tzinfo=UTC)
CANCEL = CancelOrderCommand(app_key="k", received_at=NOON, order_num="0e")


def test_a_message_survives_its_envelope() -> None:
    body = wrap(CANCEL, id="m1", time=NOON, correlation_id="0e", causation_id="m0", trace="t")
    read = unwrap(CancelOrderCommand, body)
    assert read.data == CANCEL
    assert (read.id, read.type, read.time) == ("m1", "order.cancel.v1", NOON)
    assert (read.correlation_id, read.causation_id, read.trace) == ("0e", "m0", "t")


def test_a_message_made_of_its_fields_is_the_same_message() -> None:
    made = CancelOrderCommand.made_of(**dict(CANCEL))
    assert made == CANCEL
    assert made.model_dump_json() == CANCEL.model_dump_json()


@pytest.mark.parametrize(
    "body", [b"", b"{}", b"\xff", b'{"type":"order.cancel.v1"}', wrap(CANCEL, id="1", time=NOON)]
)
def test_another_message_is_refused_without_repeating_it(body: bytes) -> None:
    with pytest.raises(ValueError, match=r"order\.create\.v1|CreateOrder") as refused:
        unwrap(CreateOrderCommand, body)
    assert "0e" not in str(refused.value)


def test_a_time_without_a_zone_is_refused() -> None:
    body = wrap(CANCEL, id="m1", time=NOON).replace(b"+00:00", b"")
    with pytest.raises(ValueError, match="timezone"):
        unwrap(CancelOrderCommand, body)


def test_an_upstream_command_is_held_to_the_channel_s_rules() -> None:
    order = (
        '{"channel_order_num":"1","product_code":"1","take_phone":"13456451211",'
        '"date":"2026-05-01","price":6.1,"amount":12.2,"count":2}'
    )
    data = f'{{"app_key":"k","received_at":"{NOON.isoformat()}","order":{order}}}'
    body = f'{{"id":"1","type":"order.create.v1","time":"{NOON.isoformat()}","data":{data}}}'
    assert str(unwrap(CreateOrderCommand, body.encode()).data.order.amount) == "12.2"
    with pytest.raises(ValueError, match="price × count"):
        unwrap(CreateOrderCommand, body.replace("12.2", "12").encode())


def test_the_catalogue_names_every_message_once() -> None:
    assert {name: entry.queue for name, entry in CATALOGUE.items()} == {
        "order.create.v1": queues.ORDERS,
        "order.cancel.v1": queues.ORDERS,
        "order.refund.v1": queues.ORDERS,
        "voucher.resend.v1": queues.ORDERS,
        "order.resolve.v1": queues.ORDERS,
        "query.order.v1": queues.QUERIES,
        "query.product.v1": queues.QUERIES,
        "query.price.v1": queues.QUERIES,
        "order.unanswered.v1": queues.ORDERS,
        "zzy.notice.v1": queues.NOTICES,
        "channel.notification.v1": queues.RELAY_PREFIX + "{app_key}",
        "voucher.sms.v1": queues.SMS,
        "order.event.v1": "",
        "order.outcome.v1": "",
    }
    assert all(entry.type == name for name, entry in CATALOGUE.items())


def test_an_outcome_is_a_bare_reply() -> None:
    outcome = OrderOutcome(code=Code.SUCCESS, message="成功", data={"order_num": "0e"})
    assert OrderOutcome.parse(outcome.to_bytes()) == outcome


REFUND = {
    "app_key": "k",
    "received_at": "2026-05-01T04:10:00Z",
    "order_num": "0e0c0fa2becaccb078332d796b2ca858",
    "refund_num": "R1",
}


@pytest.mark.parametrize(
    ("named", "count", "codes"),
    [
        ({}, None, ()),
        ({"count": None, "codes": []}, None, ()),
        ({"count": 2, "codes": []}, 2, ()),
        ({"codes": ["a"]}, None, ("a",)),
    ],
)
def test_what_a_refund_command_asks_for(
    named: dict[str, object], count: int | None, codes: tuple[str, ...]
) -> None:
    asked = RefundOrderCommand.model_validate({**REFUND, **named})
    assert (asked.count, asked.codes) == (count, codes)
    again = unwrap(RefundOrderCommand, wrap(asked, id="1", time=asked.received_at)).data
    assert (again.count, again.codes) == (count, codes), "ours travels as it was meant"


def test_an_empty_list_of_codes_alone_does_not_mean_all() -> None:
    with pytest.raises(ValueError, match="codes is empty"):
        RefundOrderCommand.model_validate({**REFUND, "codes": []})
