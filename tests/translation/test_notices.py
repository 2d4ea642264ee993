"""What each notice tells, in both forms of its body."""

import json
from pathlib import Path

import pytest

from contracts.zzy import ProductNotice, parse_notice
from worker.saga.events import RefundNoticed, TicketFailed, TicketIssued, VerificationNoticed
from worker.saga.states import Voucher
from worker.translation.notices import OrderNotice, read_notice

GOLDEN = Path(__file__).parents[1] / "golden" / "zzy"
FORMS = pytest.mark.parametrize("as_text", [True, False])
OURS = "1522870633233514497"


def read(service: str, body: object, *, as_text: bool = True) -> OrderNotice | ProductNotice:
    told = json.dumps(body, ensure_ascii=False) if as_text else body
    raw = {
        "OrderNotifyHeader": {"PartnerId": 9258, "NotifyServiceName": service},
        "OrderNotifyBody": told,
    }
    return read_notice(parse_notice(json.dumps(raw).encode()).notice())


def golden(name: str) -> dict[str, object]:
    read_back: dict[str, object] = json.loads((GOLDEN / f"{name}.json").read_bytes())
    return read_back


@FORMS
def test_the_documents_own_ticket_notice(*, as_text: bool) -> None:
    notice = read("order_ticket_notify", golden("ticket_notice"), as_text=as_text)
    voucher = Voucher(
        "2020522556333222221-2",
        "36220163556666666",
        "18106532623",
        "",
        "良渚杭州市民免费票",
        "杭州良渚古城旅游发展有限公司",
    )
    event = TicketIssued((voucher,), "202052255633322222124", zzy_order_id="4553010")
    assert notice == OrderNotice(OURS, "4553010", event)


def test_parts_of_a_bundle_carry_their_names() -> None:
    body = golden("ticket_notice") | {
        "VoucherCode": {"OrderVoucherCode": "B-2"},
        "ProductName": "联票二",
        "Memo": "",
    }
    notice = read("order_ticket_notify", body)
    assert isinstance(notice, OrderNotice)
    assert notice.event == TicketIssued(
        (Voucher("B-2", product_name="联票二"),), "B-2", zzy_order_id="4553010"
    )


@FORMS
def test_tickets_without_codes(*, as_text: bool) -> None:
    body = golden("ticket_notice") | {"VoucherCode": None}
    notice = read("order_ticket_notify", body, as_text=as_text)
    assert isinstance(notice, OrderNotice)
    assert notice.event == TicketIssued(zzy_order_id="4553010")


def test_status_two_is_a_failed_ticket() -> None:
    notice = read("order_ticket_notify", golden("ticket_notice") | {"TicketStatus": 2})
    assert notice == OrderNotice(OURS, "4553010", TicketFailed("4553010"))


@FORMS
@pytest.mark.parametrize("status", [1, 2])
def test_the_status_of_a_verify_notice_means_nothing(status: int, *, as_text: bool) -> None:
    body = golden("verify_notice") | {"TicketStatus": status, "VoucherCode": ["c-1"]}
    event = VerificationNoticed(2, "2025-07-29 10:36:09", "4553010", ("c-1",))
    notice = read("order_verify_notify", body, as_text=as_text)
    assert notice == OrderNotice(OURS, "4553010", event)


@FORMS
def test_the_documents_own_refund_notice_is_a_rejection(*, as_text: bool) -> None:
    notice = read("order_refund_notify", golden("refund_notice"), as_text=as_text)
    event = RefundNoticed("1522870740750303232", approved=False, reason=" ", zzy_order_id="4553010")
    assert notice == OrderNotice("", "4553010", event)


@pytest.mark.parametrize("blank", ["", "  ", None])
def test_a_blank_number_is_a_forced_refund(blank: str | None) -> None:
    body = golden("refund_notice") | {
        "RefundApplyNo": blank,
        "RefundStatus": 1,
        "VoucherCode": ["a", 7],
    }
    notice = read("order_refund_notify", body)
    assert isinstance(notice, OrderNotice)
    assert notice.event == RefundNoticed(
        "", approved=True, reason=" ", codes=("a", "7"), zzy_order_id="4553010"
    )


def test_an_open_audit_is_no_rejection() -> None:
    with pytest.raises(ValueError, match="neither approved nor rejected"):
        read("order_refund_notify", golden("refund_notice") | {"RefundStatus": 0})


@FORMS
def test_a_product_notice_is_itself(*, as_text: bool) -> None:
    notice = read("order_product_notify", golden("product_notice"), as_text=as_text)
    assert isinstance(notice, ProductNotice)
    assert notice.product_id == "11063"


def test_any_casing_is_read() -> None:
    body = {key.lower(): value for key, value in golden("verify_notice").items()}
    notice = read("order_verify_notify", body)
    assert isinstance(notice, OrderNotice)
    assert notice.zzy_order_id == "4553010"
