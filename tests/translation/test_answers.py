"""What each call's answer means: every OrderStatus, with and without codes, every refusal."""

from decimal import Decimal
from pathlib import Path

import pytest

from contracts.zzy import CancelAnswer, CreateAnswer, PayAnswer, PersonQrCodesAnswer, RefundAnswer
from tests.saga.facts import LI, WHIM, ZHANG, an_order
from worker.saga.events import (
    CancelAccepted,
    CancelRefused,
    CancelUnknown,
    CodesMissing,
    CreateRefused,
    CreateSucceeded,
    CreateUnknown,
    Event,
    PayRefused,
    PaySucceeded,
    PayUnknown,
    RefundAccepted,
    RefundRefused,
    RefundUnknown,
    TicketFailed,
    TicketIssued,
)
from worker.saga.states import Failure, Tourist, Voucher
from worker.translation import answers
from worker.translation.refusals import RefusalPattern, RefusalPatterns
from worker.translation.supplier import Refused, Succeeded, SupplierResult, Unknown

GOLDEN = Path(__file__).parents[1] / "golden" / "zzy"
PATTERNS = RefusalPatterns()
TIMEOUT = Unknown("timeout")
UNSIGNED = Unknown("http_401", signature_refused=True)
UNSENT = Unknown("connect", sent=False)


def refused(message: str) -> Refused:
    return Refused("500", message, "log")


def create(data: str) -> SupplierResult[CreateAnswer]:
    return Succeeded(CreateAnswer.parse(f'{{"IsSuccess":true,"Data":{data}}}'), "log")


def pay(data: str, message: str = "处理成功") -> Event:
    raw = f'{{"IsSuccess":true,"Code":1,"Message":"{message}","Data":{data}}}'
    return answers.read_pay(Succeeded(PayAnswer.parse(raw), "log"), PATTERNS)


def test_the_documents_own_create_answer() -> None:
    answer = CreateAnswer.parse((GOLDEN / "create_answer.json").read_bytes())
    assert answers.read_create(Succeeded(answer, "log"), PATTERNS) == CreateSucceeded("4623122")


@pytest.mark.parametrize("status", range(1, 6))
def test_an_order_that_is_created_in_another_state_was_touched(status: int) -> None:
    event = answers.read_create(create(f'{{"OrderId":7,"OrderStatus":{status}}}'), PATTERNS)
    assert event == CreateSucceeded("7", untouched=False)


def test_a_create_without_data_is_unknown() -> None:
    assert isinstance(answers.read_create(create("null"), PATTERNS), CreateUnknown)


def test_unknown_stays_unknown() -> None:
    assert answers.read_create(TIMEOUT, PATTERNS) == CreateUnknown("timeout")
    assert answers.read_create(UNSIGNED, PATTERNS) == CreateUnknown("http_401", True)  # noqa: FBT003
    assert answers.read_pay(TIMEOUT, PATTERNS) == PayUnknown("timeout")
    assert answers.read_pay(UNSENT, PATTERNS) == PayUnknown("connect", sent=False)
    assert answers.read_cancel(TIMEOUT, PATTERNS) == CancelUnknown("timeout")
    assert answers.read_refund(TIMEOUT, PATTERNS) == RefundUnknown("timeout")
    assert answers.read_refund(UNSENT, PATTERNS) == RefundUnknown("connect", sent=False)
    assert answers.read_probe(TIMEOUT, an_order()) == CodesMissing("timeout")


@pytest.mark.parametrize(
    ("message", "code"),
    [
        ("库存不足", "3008"),
        ("账户余额不足", "3009"),
        ("产品已下架", "3002"),
        ("产品不存在", "3002"),
        ("身份证号错误", "3012"),
        ("系统繁忙", "3000"),
        ("", "3000"),
    ],
)
def test_a_refusals_wording_is_its_code(message: str, code: str) -> None:
    event = answers.read_create(refused(message), PATTERNS)
    assert isinstance(event, CreateRefused)
    assert event.failure.code == code
    assert message in event.failure.message
    assert event.failure.message
    assert (event.alarm == "zzy_refusal") == (code == "3009")


def test_a_channel_never_reads_what_is_left_on_our_account() -> None:
    for event in (
        answers.read_create(refused("余额不足，当前余额12.30元"), PATTERNS),
        answers.read_pay(refused("分销商9258余额不足：12.30"), PATTERNS),
    ):
        assert isinstance(event, CreateRefused | PayRefused)
        assert event.failure == Failure("3009", "账户余额不足，请联系管理员")
        assert event.alarm == "zzy_refusal"


def test_the_operators_own_wordings_come_first_and_are_told_apart() -> None:
    patterns = RefusalPatterns(
        codes=(RefusalPattern("sold out", "3008"),),
        duplicate_order=("again",),
        already_paid=("pd",),
    )
    event = answers.read_create(refused("sold out again"), patterns)
    assert event == CreateRefused(Failure("3008", "库存不足：sold out again"), duplicate=True)
    paid = answers.read_pay(refused("pd"), patterns)
    assert isinstance(paid, PayRefused)
    assert paid.already_paid


@pytest.mark.parametrize("message", ["订单已支付", "请勿重复支付"])
def test_already_paid_is_read_from_the_message(message: str) -> None:
    event = answers.read_pay(refused(message), PATTERNS)
    assert isinstance(event, PayRefused)
    assert event.already_paid


CODES = '"OrderUserVouchers":[{"IDCardNo":"x","VoucherCode":20205,"Mobile":"1"}]'
ISSUED = TicketIssued((Voucher("20205", "x", "1"),), money=Decimal(2))


@pytest.mark.parametrize(
    ("status", "codes", "expected"),
    [
        (0, "", PayUnknown("the answer says neither paid nor failed")),
        (1, "", PaySucceeded(Decimal(2))),
        (3, "", PaySucceeded(Decimal(2))),
        (4, "", TicketIssued(money=Decimal(2), ask_codes=True)),
        (5, "", TicketFailed()),
        (0, CODES, ISSUED),
        (1, CODES, ISSUED),
        (3, CODES, ISSUED),
        (4, CODES, ISSUED),
        (5, CODES, TicketFailed()),
    ],
)
def test_every_state_of_a_pay_answer(status: int, codes: str, expected: Event) -> None:
    more = f",{codes}" if codes else ""
    assert pay(f'{{"OrderStatus":{status},"PayMoney":2.0{more}}}') == expected


@pytest.mark.parametrize("codes", ["", f",{CODES}"])
@pytest.mark.parametrize(("message", "told"), [("处理成功", "支付失败"), ("余额不足", "余额不足")])
def test_a_failed_pay_is_a_refusal_with_a_reason_worth_reading(
    codes: str, message: str, told: str
) -> None:
    event = pay(f'{{"OrderStatus":2{codes}}}', message)
    assert isinstance(event, PayRefused)
    assert not event.already_paid
    assert told in event.failure.message


def test_the_documents_own_pay_answer_is_issued_though_it_says_zero() -> None:
    answer = PayAnswer.parse((GOLDEN / "pay_answer.json").read_bytes())
    event = answers.read_pay(Succeeded(answer, "log"), PATTERNS)
    assert isinstance(event, TicketIssued)
    assert event.order_code == "sample string 1"
    assert event.vouchers[0] == Voucher("sample string 2", "sample string 1", "sample string 3")


def test_the_orders_own_code_is_a_voucher_where_there_are_no_personal_ones() -> None:
    event = pay('{"OrderStatus":4,"VoucherCode":"2020"}')
    assert event == TicketIssued((Voucher("2020"),), "2020")


def test_a_pay_answer_without_data_is_unknown() -> None:
    assert isinstance(pay("null"), PayUnknown)


def test_cancel() -> None:
    done = CancelAnswer.parse((GOLDEN / "cancel_answer.json").read_bytes())
    assert answers.read_cancel(Succeeded(done, "log"), PATTERNS) == CancelAccepted()
    assert answers.read_cancel(refused("不可取消"), PATTERNS) == CancelRefused("不可取消")
    paid = answers.read_cancel(refused("订单已支付"), PATTERNS)
    assert paid == CancelRefused("订单已支付", paid=True)


@pytest.mark.parametrize(("status", "approved"), [(0, None), (1, True), (2, False)])
def test_a_refunds_answer_is_final_only_when_it_is_decided(
    status: int,
    approved: bool | None,  # noqa: FBT001
) -> None:
    data = f'"Data":{{"ApplyId":1,"RefundStatus":{status}}}'
    raw = f'{{"IsSuccess":true,"Message":"退款申请成功，等待审核通知",{data}}}'
    event = answers.read_refund(Succeeded(RefundAnswer.parse(raw), "log"), PATTERNS)
    reason = "退款申请成功，等待审核通知" if approved is False else ""
    assert event == RefundAccepted("1", approved, reason), "only a rejection has a reason"


def test_a_refund_without_data_is_unknown_and_a_repeat_is_told_apart() -> None:
    empty = RefundAnswer.parse('{"IsSuccess":true}')
    assert isinstance(answers.read_refund(Succeeded(empty, "log"), PATTERNS), RefundUnknown)
    repeat = answers.read_refund(refused("退款批次号重复"), PATTERNS)
    assert repeat == RefundRefused("退款批次号重复", repeat=True)
    assert answers.read_refund(refused("不支持"), PATTERNS) == RefundRefused("不支持")


def probe(*codes: tuple[str, str], tourists: tuple[Tourist, ...] = (ZHANG, LI)) -> Event:
    rows = ",".join(f'{{"Name":"{name}","QrCode":"{code}"}}' for name, code in codes)
    answer = PersonQrCodesAnswer.parse(f'{{"IsSuccess":true,"Data":[{rows}]}}')
    base = an_order().demand
    demand = type(base)(
        base.product_code,
        base.take_phone,
        tourists,
        base.visit_date,
        base.price,
        base.amount,
        base.count,
    )
    return answers.read_probe(Succeeded(answer, ""), an_order(demand=demand))


def ids(event: Event) -> list[tuple[str, str, str]]:
    assert isinstance(event, TicketIssued)
    return [(v.code, v.id_card, v.name) for v in event.vouchers]


def test_person_qr_codes_are_matched_on_a_unique_name() -> None:
    event = probe(("李四", "b"), ("张三", "a"))
    assert ids(event) == [("b", LI.id_card, "李四"), ("a", ZHANG.id_card, "张三")]


def test_the_documents_own_codes_tell_product_and_memo() -> None:
    answer = PersonQrCodesAnswer.parse((GOLDEN / "person_qr_codes_answer.json").read_bytes())
    event = answers.read_probe(Succeeded(answer, "log"), an_order())
    assert isinstance(event, TicketIssued)
    told = {(voucher.product_name, voucher.memo) for voucher in event.vouchers}
    assert told == {("龙游石窟景区联票", "龙游石窟供应商")}


def test_a_name_that_two_tourists_share_is_delivered_unassigned() -> None:
    twin = Tourist("110101198801010018", "张三")
    event = probe(("张三", "a"), ("张三", "b"), tourists=(ZHANG, twin))
    assert ids(event) == [("a", "", ""), ("b", "", "")]
    alone = probe(("张三", "a"), tourists=(ZHANG, twin))
    assert ids(alone) == [("a", "", "")]


def test_a_name_shown_twice_or_unknown_is_delivered_unassigned() -> None:
    event = probe(("张三", "a"), ("张三", "b"), ("王五", "c"))
    assert ids(event) == [("a", "", ""), ("b", "", ""), ("c", "", "")]


def test_one_code_for_several_tickets_is_nobodys() -> None:
    assert ids(probe(("张三", "a"))) == [("a", "", "")]
    same = probe(("张三", "a"), ("李四", "a"))
    assert set(ids(same)) == {("a", "", "")}


def test_no_code_proves_nothing() -> None:
    assert probe() == CodesMissing("no code")
    assert probe(("张三", "")) == CodesMissing("no code")
    assert isinstance(answers.read_probe(refused(WHIM.message), an_order()), CodesMissing)
