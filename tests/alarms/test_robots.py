"""Each robot takes what we post, as strictly as the real ones, and a refusal is understood."""

import base64
import hashlib
import hmac
import json
from collections.abc import AsyncIterator
from datetime import timedelta

import pytest

from tests.doubles import NOON
from worker.alarms.robots import MOST_BYTES, Format, Robot, portions, post, refusal, told
from worker.clients.gateways import GatewayClient
from worker.clients.http import Limits
from worker.clock import SystemClock
from worker.runtime.alarm_records import AlarmRow, RobotMessage, Severity
from worker.simulators.robots import RobotSimulator
from worker.translation.delivery import Answered, NoAnswer

SECRET = "SEC000demo"
FORMATS: tuple[Format, ...] = ("dingtalk", "wecom", "feishu", "json")
HEADERS = {"Content-Type": "application/json; charset=utf-8"}


def message(about: str = "raised", text: str = "ZZY does not answer", n: int = 1) -> RobotMessage:
    over = NOON + timedelta(minutes=5) if about == "resolved" else None
    alarm = AlarmRow(
        f"{n:032x}", "zzy_down", "", "critical", text, NOON, NOON, 3, NOON, resolved_at=over
    )
    return RobotMessage(f"m{n}", "ops", about, NOON, 0, alarm)


@pytest.fixture
async def robots() -> AsyncIterator[RobotSimulator]:
    simulator = RobotSimulator(secret=SECRET)
    await simulator.start()
    yield simulator
    await simulator.stop()


@pytest.fixture
async def http() -> AsyncIterator[GatewayClient]:
    client = GatewayClient(Limits(total=5))
    yield client
    await client.close()


async def said(http: GatewayClient, robot: Robot, *messages: RobotMessage) -> str:
    request = post(robot, messages or [message()], SystemClock().now())
    return refusal(robot, await http.call("POST", request.url, HEADERS, request.body))


def robot_of(robots: RobotSimulator, kind: Format, secret: str = SECRET) -> Robot:
    return Robot("ops", kind, robots.address(kind), secret)


@pytest.mark.parametrize("kind", FORMATS)
async def test_each_takes_what_is_posted(
    robots: RobotSimulator, http: GatewayClient, kind: Format
) -> None:
    assert await said(http, robot_of(robots, kind)) == ""
    [heard] = robots.heard
    assert heard.robot == kind
    assert "zzy_down" in heard.text
    if kind != "json":
        assert "【ticketbridge 告警】critical zzy_down" in heard.text
        assert "05-01 12:00:00" in heard.text


@pytest.mark.parametrize(
    ("kind", "number"), [("dingtalk", "310000 sign not match"), ("feishu", "19021 sign match fail")]
)
async def test_a_wrong_key_is_a_refusal_though_the_status_is_200(
    robots: RobotSimulator, http: GatewayClient, kind: Format, number: str
) -> None:
    assert number in await said(http, robot_of(robots, kind, "SECwrong"))
    assert number in await said(http, robot_of(robots, kind, ""))
    assert robots.heard == []


@pytest.mark.parametrize("kind", FORMATS)
@pytest.mark.parametrize("fault", ["http_500", "too_many", "redirect", "wrong_body"])
async def test_what_is_no_acceptance_is_a_refusal(
    robots: RobotSimulator, http: GatewayClient, kind: Format, fault: str
) -> None:
    robots.lots.force(fault)
    refused = await said(http, robot_of(robots, kind))
    assert bool(refused) is not (kind == "json" and fault == "wrong_body")
    assert robots.posts == 1, "a redirect was followed"
    assert robots.heard == []


async def test_an_unknown_address_is_a_refusal(robots: RobotSimulator, http: GatewayClient) -> None:
    for kind, path in (
        ("dingtalk", "/robot/send?access_token=x"),
        ("wecom", "/cgi-bin/webhook/send?key=x"),
        ("feishu", "/open-apis/bot/v2/hook/x"),
    ):
        robot = Robot("ops", kind, robots.url + path, SECRET)  # type: ignore[arg-type]
        assert (await said(http, robot)).startswith("refused: ")


def test_the_signatures_are_those_of_the_documents() -> None:
    ding = post(
        Robot("d", "dingtalk", "https://ding.example/send?access_token=t", SECRET), [], NOON
    )
    stamp = str(int(NOON.timestamp() * 1000))
    key = SECRET.encode()
    digest = hmac.new(key, f"{stamp}\n{SECRET}".encode(), hashlib.sha256).digest()
    encoded = base64.b64encode(digest).decode()
    quoted = encoded.replace("+", "%2B").replace("/", "%2F").replace("=", "%3D")
    assert ding.url == f"https://ding.example/send?access_token=t&timestamp={stamp}&sign={quoted}"
    fei = json.loads(post(Robot("f", "feishu", "https://fei.example/h", SECRET), [], NOON).body)
    stamp = str(int(NOON.timestamp()))
    empty = hmac.new(f"{stamp}\n{SECRET}".encode(), b"", hashlib.sha256).digest()
    assert (fei["timestamp"], fei["sign"]) == (stamp, base64.b64encode(empty).decode())


def test_many_alarms_go_in_few_messages_none_too_long() -> None:
    robot = Robot("w", "wecom", "https://wecom.example/send")
    many = [message(text="仍" * 100, n=n) for n in range(20)]
    parts = portions(robot, many)
    assert [one for part in parts for one in part] == many
    assert 1 < len(parts) < 10
    for part in parts:
        content = json.loads(post(robot, part, NOON).body)["text"]["content"]
        assert len(content.encode()) <= MOST_BYTES["wecom"]


def test_an_end_says_so_with_its_time() -> None:
    text = told(message("resolved"))
    assert text.startswith("【ticketbridge 已恢复】critical zzy_down")
    assert "恢复 05-01 12:05:00" in text


def test_an_older_answer_of_feishu_is_understood_and_silence_is_none() -> None:
    robot = Robot("f", "feishu", "https://fei.example/h")
    old = Answered(200, b'{"StatusCode":0,"StatusMessage":"success"}', None, 0.1)
    assert refusal(robot, old) == ""
    assert refusal(robot, Answered(200, b"{}", None, 0.1)) == "refused: no code "
    assert refusal(robot, NoAnswer("timeout")) == "no answer: timeout"


def test_a_robot_hears_only_what_it_wants() -> None:
    urgent = Robot("r", "json", "https://x.example", severity=Severity.CRITICAL)
    some = Robot("r", "json", "https://x.example", kinds=frozenset({"account_low"}))
    assert urgent.wants(message())
    assert not some.wants(message())


def test_nothing_shows_an_address_or_a_key() -> None:
    robot = Robot("d", "dingtalk", "https://ding.example/send?access_token=token-1", SECRET)
    shown = repr(robot) + repr(post(robot, [message()], NOON))
    assert "token-1" not in shown
    assert SECRET not in shown
