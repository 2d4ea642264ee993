"""What a guest's phone gets: which codes, in how many messages, under which ids."""

from dataclasses import replace

from tests.doubles import NOON
from tests.saga.facts import DEMAND, V1, V2, V3, an_order
from worker.deadletters.masking import mask_body
from worker.saga.effects import TextVouchers
from worker.saga.states import Voucher, Waiter, Wants
from worker.translation.texts import sms_codes, sms_values, voucher_sms

GUEST = Waiter("reply", "c-7", Wants.RESENT)
ORDER = an_order()


def test_a_long_list_goes_in_parts_and_the_last_one_answers() -> None:
    wanted = TextVouchers(4, (V1, V2, V3), "", GUEST)
    parts = voucher_sms(ORDER, wanted, NOON, codes_per_sms=2)
    assert [sms_codes(sms) for sms in parts] == [("c-1", "c-2"), ("c-3",)]
    assert [sms.reply_to for sms in parts] == ["", "reply"]
    assert [sms.reply_correlation_id for sms in parts] == ["", "c-7"]
    assert {sms.seq for sms in parts} == {4}


def test_an_id_is_the_same_after_a_crash_and_differs_otherwise() -> None:
    wanted = TextVouchers(4, (V1, V2), "")
    first = voucher_sms(ORDER, wanted, NOON, codes_per_sms=1)
    again = voucher_sms(ORDER, wanted, NOON, codes_per_sms=1)
    assert [sms.sms_id for sms in first] == [sms.sms_id for sms in again]
    other = voucher_sms(ORDER, replace(wanted, seq=5), NOON, codes_per_sms=1)
    assert len({sms.sms_id for sms in (*first, *other)}) == 4


def test_what_the_text_can_name() -> None:
    bundle = (replace(V1, product_name="门票"), replace(V2, product_name="船票"), V3)
    left = replace(ORDER, demand=replace(DEMAND, count=6), refunded=2, checked=1)
    (sms,) = voucher_sms(left, TextVouchers(1, bundle, "all"), NOON)
    assert sms_values(sms) == {
        "product": "门票、船票、another part",
        "date": "2026-05-02",
        "count": "3",
        "codes": "c-1、c-2、c-3",
        "order_code": "all",
    }
    (plain,) = voucher_sms(ORDER, TextVouchers(1, (Voucher("x"),), ""), NOON)
    assert sms_values(plain)["product"] == "P11063"


def test_without_vouchers_the_code_for_all_is_texted() -> None:
    (sms,) = voucher_sms(ORDER, TextVouchers(1, (), "all"), NOON)
    assert sms_codes(sms) == ("all",)


def test_a_dead_text_is_shown_without_phone_name_and_code() -> None:
    vouchers = (Voucher("2020522556333222221-2", ORDER.demand.tourists[0].id_card, name="张三丰"),)
    (sms,) = voucher_sms(ORDER, TextVouchers(1, vouchers, "202052255633322222124"), NOON)
    shown = str(mask_body(sms.model_dump_json().encode()))
    assert sms.sms_id in shown
    for secret in (sms.take_phone, vouchers[0].code, vouchers[0].id_card, "张三丰", sms.order_code):
        assert secret not in shown
