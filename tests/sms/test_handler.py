"""What becomes of one text: a real gateway client, a simulated gateway, a real store."""

import json
from collections.abc import Callable
from dataclasses import dataclass, field, replace

import pytest
import structlog

from contracts.events import VoucherSms
from contracts.headers import REPLAY_OF
from tests.doubles import HeldClock
from tests.sms.texts import ALIYUN_RULE, CODE, OURS, PHONE, aliyun, know, message, text
from worker.clients.gateways import GatewayClient
from worker.runtime.outcome import Ack, Outcome, Park, Retry
from worker.runtime.ports import NotificationRow
from worker.simulators.sms import SmsSimulator
from worker.sms.gateway import HttpSmsGateway
from worker.sms.handler import Texter
from worker.store.sqlite import SqliteStore


@dataclass
class Replies:
    """The answering half of a broker."""

    given: list[tuple[str, str, str]] = field(default_factory=list)

    async def reply(self, reply_to: str, correlation_id: str, body: bytes) -> None:
        self.given.append((reply_to, correlation_id, json.loads(body)["code"]))


class Bench:
    """A texter with a simulated gateway, its store and who waits at hand."""

    def __init__(
        self, store: SqliteStore, http: GatewayClient, simulator: SmsSimulator | None
    ) -> None:
        self.store = store
        self.replies = Replies()
        self.clock = HeldClock()
        gateway = (
            HttpSmsGateway(
                replace(aliyun(simulator.url), method="POST"), ALIYUN_RULE, http, self.clock
            )
            if simulator
            else None
        )
        self.texter = Texter(gateway, store, self.replies, self.clock, retry_delays=(1, 5))  # type: ignore[arg-type]

    async def handle(self, sms: VoucherSms, **how: int) -> Outcome:
        self.clock.advance(60)
        return await self.texter.handle(message(sms, **how))  # type: ignore[arg-type]

    async def row(self) -> NotificationRow:
        (row,) = await self.store.notifications(OURS)
        return row


BenchOf = Callable[[SmsSimulator | None], Bench]


@pytest.fixture
def bench_of(store: SqliteStore, http: GatewayClient) -> BenchOf:
    return lambda simulator: Bench(store, http, simulator)


async def test_a_text_is_on_record_before_it_is_acknowledged(
    bench_of: BenchOf, simulator: SmsSimulator
) -> None:
    bench = bench_of(simulator)
    await know(bench.store, sms := text(reply_to="r"))
    assert await bench.handle(sms) == Ack()
    [sent] = simulator.to(PHONE)
    assert json.loads(sent.parameters["TemplateParam"]) == {"customer": "P11063"}
    row = await bench.row()
    assert (row.type, row.status, row.attempts) == ("sms", "delivered", 1)
    assert row.last_answer == "HTTP 200, Code OK, Message OK"
    assert bench.replies.given == [("r", "c-1", "1000")]


@pytest.mark.parametrize(
    ("fault", "answer"),
    [
        ("http_500", "HTTP 500, Code -, Message -"),
        ("refuse", "HTTP 200, Code isv.BUSINESS_LIMIT_CONTROL, Message *** 触发限制"),
        ("wrong_body", "HTTP 200, Code -, Message -"),
        ("drop", "no answer: disconnected"),
        ("hang", "no answer: timeout"),
        ("lost_answer", "no answer: answer_cut_short"),
    ],
)
async def test_a_failure_is_told_once_and_retried_until_the_delays_are_spent(
    bench_of: BenchOf, simulator: SmsSimulator, fault: str, answer: str
) -> None:
    bench = bench_of(simulator)
    await know(bench.store, sms := text(reply_to="r"))
    simulator.lots.force(fault, times=3)
    seen = []
    for attempt in range(3):
        outcome = await bench.handle(sms, attempt=attempt)
        row = await bench.row()
        kind = outcome.kind if isinstance(outcome, Park) else ""
        seen.append((type(outcome), kind, row.status, row.attempts, row.last_answer))
    assert seen == [
        (Retry, "", "pending", 1, answer),
        (Retry, "", "pending", 2, answer),
        (Park, "sms_failed", "dead", 3, answer),
    ]
    assert bench.replies.given == [("r", "c-1", "9004")]


async def test_what_was_sent_is_not_sent_again(bench_of: BenchOf, simulator: SmsSimulator) -> None:
    bench = bench_of(simulator)
    await know(bench.store, sms := text(reply_to="r"))
    await bench.handle(sms)
    for how in ({"redelivered": True}, {"attempt": 1}, {}):
        assert await bench.handle(sms, **how) == Ack()
    assert await bench.texter.handle(message(sms, headers={REPLAY_OF: "letter"})) == Ack()
    assert len(simulator.to(PHONE)) == 1
    assert [code for _, _, code in bench.replies.given] == ["1000"] * 3


async def test_a_replayed_text_is_sent(bench_of: BenchOf, simulator: SmsSimulator) -> None:
    bench = bench_of(simulator)
    await know(bench.store, sms := text(reply_to="r"))
    simulator.lots.force("refuse")
    assert isinstance(await bench.handle(sms, attempt=2), Park)
    bench.clock.advance(3600)
    assert await bench.texter.handle(message(sms, headers={REPLAY_OF: "letter"})) == Ack()
    assert (await bench.row()).status == "delivered"
    assert bench.replies.given == [], "nobody waits as long as that"


async def test_the_gateways_wish_to_wait_is_rounded_up_to_a_tier(
    bench_of: BenchOf, simulator: SmsSimulator
) -> None:
    simulator.lots.change(retry_after=7)
    simulator.lots.force("too_many")
    outcome = await bench_of(simulator).handle(text())
    assert isinstance(outcome, Retry)
    assert outcome.delay == 30


async def test_without_a_gateway_a_text_is_a_dead_letter_that_says_so(bench_of: BenchOf) -> None:
    bench = bench_of(None)
    await know(bench.store, sms := text(reply_to="r"))
    outcome = await bench.handle(sms)
    assert outcome == Park("sms_failed", "no gateway is configured: sms.url is empty")
    assert (await bench.row()).status == "dead"
    assert bench.replies.given == [("r", "c-1", "9004")]


async def test_what_is_no_text_is_parked(bench_of: BenchOf) -> None:
    texter = bench_of(None).texter
    for body in (b"", b"[]", message().body.replace(b"voucher.sms", b"x.sms")):
        outcome = await texter.handle(replace(message(), body=body))
        assert isinstance(outcome, Park)
        assert outcome.kind == "unreadable"


async def test_nothing_personal_is_logged_or_kept(
    bench_of: BenchOf, simulator: SmsSimulator
) -> None:
    bench = bench_of(simulator)
    await know(bench.store, sms := text())
    simulator.lots.force("refuse")
    with structlog.testing.capture_logs() as lines:
        outcome = await bench.handle(sms, attempt=2)
    for place in (str(lines), str(outcome), str(await bench.row())):
        assert "sms_dead" in str(lines)
        for secret in (PHONE, CODE, "张三", "testSecret"):
            assert secret not in place
