"""What the client makes of an answer: succeeded, refused or unknown."""

import json
from dataclasses import replace

import pytest

from tests.clients.conftest import LIMITS, Answering
from tests.clients.orders import order, payment
from tests.clients.scripted import Everywhere, Scripted, Told, answer
from tests.doubles import HeldClock
from worker.clients.http import HttpClient
from worker.clients.zzy import ZzyAccess, ZzyClient
from worker.translation.supplier import Refused, Succeeded, Unknown

BASE = "http://zzy.test"
CREATE = BASE + "/order/Create"
PAY = BASE + "/order/Pay"


@pytest.fixture
def client(http: HttpClient) -> ZzyClient:
    return ZzyClient(http, ZzyAccess(BASE, "9258", "key"), HeldClock())


def created(**changes: object) -> str:
    answer = {
        "Data": {"OriginOrderId": "o1", "OrderId": 4623122, "OrderStatus": 0},
        "Code": 1000,
        "IsSuccess": True,
        "LogId": "L1",
        "Message": "下单成功",
    }
    return json.dumps(answer | changes)


async def test_a_documented_success_succeeds(client: ZzyClient, answering: Answering) -> None:
    answering("POST", CREATE, body=created())
    result = await client.create(order())
    assert isinstance(result, Succeeded)
    assert result.log_id == "L1"
    assert result.answer.data is not None
    assert result.answer.data.order_id == "4623122"


@pytest.mark.parametrize("code", [1000, 1, 0, "1000", None])
async def test_the_code_alone_does_not_decide(
    client: ZzyClient, answering: Answering, code: object
) -> None:
    answering("POST", CREATE, body=created(Code=code))
    assert isinstance(await client.create(order()), Succeeded)


async def test_a_refusal_keeps_code_message_and_log_id(
    client: ZzyClient, answering: Answering
) -> None:
    answering("POST", CREATE, body=created(IsSuccess=False, Code=1000, Message="库存不足", Data=""))
    assert await client.create(order()) == Refused("1000", "库存不足", "L1")


@pytest.mark.parametrize("data", [None, {}, {"OriginOrderId": "o1"}, {"OrderId": ""}, []])
async def test_a_create_without_an_order_id_is_unknown(
    client: ZzyClient, answering: Answering, data: object
) -> None:
    answering("POST", CREATE, body=created(Data=data))
    result = await client.create(order())
    assert isinstance(result, Unknown)
    assert result.sent
    assert not result.signature_refused


@pytest.mark.parametrize(
    "body",
    [
        "",
        "{",
        "null",
        "[]",
        '"ok"',
        "<html>",
        '{"Code":1000}',
        '{"IsSuccess":"maybe"}',
        b"\xff\xfe",
    ],
)
async def test_an_answer_of_no_shape_is_unknown(
    client: ZzyClient, answering: Answering, body: str | bytes
) -> None:
    answering("POST", PAY, body=body)
    assert await client.pay(payment("1")) == Unknown("answer_unreadable")


@pytest.mark.parametrize("status", [301, 400, 404, 409, 429, 500, 502, 503])
async def test_an_http_error_is_unknown_whatever_its_body_says(
    client: ZzyClient, answering: Answering, status: int
) -> None:
    answering("POST", CREATE, status=status, body=created(IsSuccess=False))
    assert await client.create(order()) == Unknown(f"http_{status}")


@pytest.mark.parametrize(
    ("value", "seconds"), [("7", 7.0), ("0", 0.0), ("Fri, 01 Jan 2021 00:00:00 GMT", 0.0)]
)
@pytest.mark.parametrize("status", [429, 503])
async def test_how_long_zzy_asks_to_be_left_alone_is_kept(
    client: ZzyClient, answering: Answering, status: int, value: str, seconds: float
) -> None:
    answering("POST", CREATE, status=status, headers={"Retry-After": value})
    assert await client.create(order()) == Unknown(f"http_{status}", retry_after=seconds)


@pytest.mark.parametrize("status", [401, 403])
async def test_an_http_refusal_of_the_signature_is_marked(
    client: ZzyClient, answering: Answering, status: int
) -> None:
    answering("POST", CREATE, status=status)
    assert await client.create(order()) == Unknown(f"http_{status}", signature_refused=True)


@pytest.mark.parametrize("message", ["签名错误", "验签失败", "鉴权不通过", "authorization invalid"])
async def test_a_message_that_refuses_the_signature_is_no_refusal_of_the_order(
    client: ZzyClient, answering: Answering, message: str
) -> None:
    answering("POST", CREATE, body=created(IsSuccess=False, Message=message, Data=None))
    assert await client.create(order()) == Unknown("signature_refused", signature_refused=True)


async def test_the_pattern_of_a_refused_signature_can_be_set(
    http: HttpClient, answering: Answering
) -> None:
    access = ZzyAccess(BASE, "9258", "key", signature_refused="密钥")
    client = ZzyClient(http, access, HeldClock())
    answering("POST", PAY, body=created(IsSuccess=False, Message="密钥过期", Data=None))
    answering("POST", PAY, body=created(IsSuccess=False, Message="签名错误", Data=None))
    assert await client.pay(payment("1")) == Unknown("signature_refused", signature_refused=True)
    assert isinstance(await client.pay(payment("1")), Refused)


@pytest.mark.parametrize(
    ("told", "reason"),
    [
        (Told(end="close"), "disconnected"),
        (Told(b"HTTP/1.1 200 OK\r\n", end="close"), "disconnected"),
        (Told(end="hang"), "timeout"),
        (Told(answer(body="{}")[:-1], end="hang"), "timeout"),
        (Told(answer(body="{}")[:-1], end="close"), "answer_cut_short"),
        (Told(b"SSH-2.0-OpenSSH\r\n"), "answer_not_http"),
        (Told(answer(body=b"no gzip", headers={"Content-Encoding": "gzip"})), "answer_cut_short"),
        (Told(end="reset"), "connection_lost"),
    ],
)
async def test_a_lost_call_is_unknown_and_may_have_been_sent(
    client: ZzyClient, scripted: Scripted, told: Told, reason: str
) -> None:
    scripted.tell("POST", PAY, told)
    assert await client.pay(payment("1")) == Unknown(reason, sent=True)


async def test_a_connect_time_out_was_surely_not_sent() -> None:
    http = HttpClient(replace(LIMITS, connect=0.05), resolver=Everywhere())
    client = ZzyClient(http, ZzyAccess(BASE, "9258", "key"), HeldClock())
    assert await client.pay(payment("1")) == Unknown("connect_timeout", sent=False)
    await http.close()


async def test_an_answer_longer_than_the_limit_is_unknown(
    scripted: Scripted, answering: Answering
) -> None:
    resolver = Everywhere(scripted.port)
    http = HttpClient(replace(LIMITS, answer_bytes=200), resolver=resolver)
    client = ZzyClient(http, ZzyAccess(BASE, "9258", "key"), HeldClock())
    answering("POST", PAY, body=created(Message="长" * 200))
    assert await client.pay(payment("1")) == Unknown("answer_too_long")
    await http.close()


async def test_pay_needs_data_and_its_codes_stay_text(
    client: ZzyClient, answering: Answering
) -> None:
    data = {"VoucherCode": 202052255633322222124, "OrderUserVouchers": None, "OrderStatus": 0}
    answering("POST", PAY, body=created(Data=data))
    answering("POST", PAY, body=created(Data=None))
    result = await client.pay(payment("1"))
    assert isinstance(result, Succeeded)
    assert result.answer.data is not None
    assert result.answer.data.voucher_code == "202052255633322222124"
    assert await client.pay(payment("1")) == Unknown("answer_without_data")


async def test_qr_codes_come_without_code_and_log_id(
    client: ZzyClient, answering: Answering
) -> None:
    url = BASE + "/order/PersonQrCodes?originOrderId=o1"
    answering("GET", url, body='{"Data":[{"Name":"张三","QrCode":"6"}],"IsSuccess":true}')
    answering("GET", url, body='{"Data":null,"IsSuccess":true,"Message":""}')
    result = await client.person_qr_codes("o1")
    assert isinstance(result, Succeeded)
    assert [code.qr_code for code in result.answer.data or ()] == ["6"]
    assert isinstance(await client.person_qr_codes("o1"), Succeeded)


async def test_each_call_is_observed_and_logged_without_personal_data(
    http: HttpClient, answering: Answering, capsys: pytest.CaptureFixture[str]
) -> None:
    seen: list[tuple[str, str]] = []
    client = ZzyClient(
        http,
        ZzyAccess(BASE, "9258", "a-secret-key"),
        HeldClock(),
        lambda endpoint, outcome, _seconds: seen.append((endpoint, outcome)),
    )
    answering("POST", CREATE, body=created())
    answering("POST", CREATE, body=created(IsSuccess=False, Message="张1 已购买", Data=None))
    answering("POST", CREATE, status=401)
    answering("POST", CREATE, status=500)
    for _ in range(4):
        await client.create(order())
    outcomes = ["done", "refused", "unsigned", "unknown"]
    assert seen == [("create", outcome) for outcome in outcomes]
    logged = "".join(capsys.readouterr())
    assert "order_num" in logged
    for secret in ("a-secret-key", "张1", "13456451211", "Bearer"):
        assert secret not in logged
    assert "a-secret-key" not in repr(ZzyAccess(BASE, "9258", "a-secret-key"))
