"""What a channel reads of its order (查询订单), in every phase."""

from datetime import timedelta

import pytest

from contracts.channel import OrderReport
from tests.doubles import NOON
from tests.saga.facts import NUM, STOCK, V1, V2, V3, an_order
from worker.saga.states import FINAL, Ending, PastRefund, Phase, Refund, Terms
from worker.translation.reports import order_report


def issued(**fields: object) -> OrderReport:
    base = {"phase": Phase.ISSUED, "vouchers": (V1, V2), "vouchers_told": 2}
    return order_report(an_order(**{**base, **fields}))


def states(report: OrderReport) -> list[str]:
    return [voucher.state for voucher in report.vouchers]


@pytest.mark.parametrize("phase", list(Phase))
def test_every_phase_has_a_word_and_a_next_step(phase: Phase) -> None:
    report = order_report(an_order(phase=phase))
    assert report.state == ("creating" if phase is Phase.NEW else phase.value)
    assert (report.next == "nothing") == (phase in FINAL)
    assert report.next_text


def test_an_issued_order_is_told_whole() -> None:
    report = issued(
        order_code="all-in-one",
        terms=Terms(is_ticket=True, ticket_get_address="南门售票处"),
        wake_at=NOON + timedelta(minutes=10),
        check_time="2026-05-02 10:36:09",
    )
    assert report.to_data() == {
        "channel_order_num": "2x",
        "order_num": NUM,
        "product_code": "P11063",
        "date": "2026-05-02",
        "state": "issued",
        "count": 2,
        "checked": 0,
        "refunded": 0,
        "refund_pending": 0,
        "check_time": "2026-05-02 10:36:09",
        "vouchers": [
            {
                "code": voucher.code,
                "id_card": voucher.id_card,
                "name": voucher.name,
                "product_name": "",
                "memo": "",
                "state": "unused",
            }
            for voucher in (V1, V2)
        ],
        "order_code": "all-in-one",
        "is_ticket": True,
        "ticket_get_address": "南门售票处",
        "refunds": [],
        "code": "",
        "message": "",
        "next": "visit",
        "next_text": "等待入园 (waiting for the visit)",
        "next_at": "2026-05-01 12:10:00",
    }


def test_vouchers_that_were_not_told_are_not_reported() -> None:
    held_back = issued(vouchers_told=None, order_code="all-in-one")
    assert (held_back.vouchers, held_back.order_code) == ((), "")
    assert [v.code for v in issued(vouchers=(V1, V2, V3)).vouchers] == ["c-1", "c-2"]


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ({}, ["unused", "unused"]),
        ({"checked": 1}, ["unused", "unused"]),
        ({"checked": 2}, ["used", "used"]),
        ({"checked": 1, "checked_codes": ("c-2",)}, ["unused", "used"]),
        (
            {"checked": 1, "checked_codes": ("c-2",), "order_code": "c-2"},
            ["unused", "unused"],
        ),
        ({"refunded": 1, "refunded_codes": ("c-2",)}, ["unused", "refunded"]),
        ({"refunded": 1, "checked": 1, "refunded_codes": ("c-2",)}, ["used", "refunded"]),
        ({"refunded": 2, "phase": Phase.REFUNDED}, ["refunded", "refunded"]),
        ({"refunded": 1, "checked": 1, "checked_codes": ("c-2",)}, ["refunded", "used"]),
        ({"checked": 2, "checked_codes": ("c-2", "c-1")}, ["used", "used"]),
        ({"refunded": 1, "checked": 1}, ["used", "used"]),
    ],
)
def test_each_voucher_is_marked(fields: dict[str, object], expected: list[str]) -> None:
    assert states(issued(**fields)) == expected


def test_an_open_refund_is_pending_and_what_comes_next() -> None:
    report = issued(refund=Refund("R1", 1, under_audit=True))
    assert (report.refund_pending, report.next) == (1, "refund")
    [refund] = report.refunds
    assert (refund.refund_id, refund.count, refund.status) == ("R1", 1, "pending")


def test_every_refund_is_reported_oldest_first() -> None:
    forced = PastRefund(Refund("", 0), Ending.FORCED, 1, ("c-1",))
    rejected = PastRefund(Refund("R1", 2), Ending.REJECTED, 0, reason="已过期")
    approved = PastRefund(Refund("R2", 1, refund_num="n2", asked=1), Ending.APPROVED, 1, ("c-2",))
    open_one = Refund("R3", 1, refund_num="n3", codes=("c-3",))
    report = issued(refunds=(forced, rejected, approved), refund=open_one)
    told = [
        (one.refund_id, one.refund_num, one.count, one.codes, one.status, one.reason)
        for one in report.refunds
    ]
    assert told == [
        ("", "", 1, ("c-1",), "forced", ""),
        ("R1", "", 2, (), "rejected", "已过期"),
        ("R2", "n2", 1, ("c-2",), "approved", ""),
        ("R3", "n3", 1, ("c-3",), "pending", ""),
    ]


def test_a_failure_is_told_once_it_stands() -> None:
    failed = order_report(an_order(phase=Phase.REFUSED, failure=STOCK))
    assert (failed.code, failed.message) == (STOCK.code, STOCK.message)
    closing = order_report(an_order(phase=Phase.CLOSING, failure=STOCK))
    assert (closing.code, closing.message) == ("", "")


def test_a_person_comes_before_everything_else() -> None:
    report = issued(human="no ticket came", refund=Refund("R1", 1))
    assert (report.next, "no ticket" in report.next_text) == ("person", False)


def test_nothing_is_left_to_do_when_all_was_used() -> None:
    assert issued(checked=2).next == "nothing"
