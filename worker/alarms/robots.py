"""The robots of DingTalk, WeCom and Feishu, and plain JSON: what is posted, what was answered.

Why it exists: each wants its own shape and signature, and all of them answer HTTP 200 when they
refuse: only a number in the body tells. It must not do I/O, and shows no address: whoever knows
a robot's URL can write into the chat.
Sources: DingTalk 自定义机器人接入, WeCom 群机器人配置说明, Feishu 自定义机器人使用指南.
"""

import base64
import hashlib
import hmac
import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final, Literal
from urllib.parse import quote_plus, urlsplit

from worker.runtime.alarm_records import RobotMessage, Severity
from worker.translation.admission import SHANGHAI
from worker.translation.delivery import DeliveryResult, NoAnswer

Format = Literal["dingtalk", "wecom", "feishu", "json"]
MOST_BYTES: Final = {"dingtalk": 18_000, "wecom": 1_900, "feishu": 18_000, "json": 100_000}
"""How much text one message may hold; WeCom takes 2,048 bytes."""
_ANSWER_WORDS: Final = 120
_HEADS: Final = {"raised": "告警", "again": "告警(仍未解决)", "resolved": "已恢复"}


@dataclass(frozen=True, slots=True)
class Robot:
    """Where alarms go, and which of them."""

    name: str
    format: Format
    url: str = field(repr=False)
    secret: str = field(default="", repr=False)
    """The robot's signing key (加签); empty: it does not check one."""
    severity: Severity = Severity.WARNING
    """The least urgent that it is told of."""
    kinds: frozenset[str] = frozenset()
    """Only these; empty: all."""

    def wants(self, message: RobotMessage) -> bool:
        """Tell whether it is told of this."""
        if self.kinds and message.alarm.kind not in self.kinds | {"test"}:
            return False
        least = self.severity is Severity.CRITICAL
        return not least or message.alarm.severity == "critical" or message.alarm.kind == "test"


@dataclass(frozen=True, slots=True)
class Post:
    """What is sent to a robot."""

    url: str = field(repr=False)
    body: bytes


def post(robot: Robot, messages: Sequence[RobotMessage], now: datetime) -> Post:
    """Return one request that tells of all of these."""
    if robot.format == "json":
        return Post(robot.url, _json({"alarms": [_object(one) for one in messages]}))
    text = "\n\n".join(told(one) for one in messages)
    if robot.format == "dingtalk":
        return Post(_signed_url(robot, now), _json({"msgtype": "text", "text": {"content": text}}))
    if robot.format == "wecom":
        return Post(robot.url, _json({"msgtype": "text", "text": {"content": text}}))
    said: dict[str, object] = {"msg_type": "text", "content": {"text": text}}
    if robot.secret:
        stamp = str(int(now.timestamp()))
        said |= {"timestamp": stamp, "sign": _digest(f"{stamp}\n{robot.secret}", "")}
    return Post(robot.url, _json(said))


def told(message: RobotMessage) -> str:
    """Return what people read of one alarm."""
    alarm = message.alarm
    first = alarm.first_seen_at.astimezone(SHANGHAI).strftime("%m-%d %H:%M:%S")
    lines = [
        f"【ticketbridge {_HEADS[message.about]}】{alarm.severity} {alarm.kind}",
        *([alarm.subject] if alarm.subject else []),
        alarm.text,
        f"首次 {first}, {alarm.count} 次 ({alarm.id[:8]})",
    ]
    if message.about == "resolved" and alarm.resolved_at is not None:
        lines[-1] += f", 恢复 {alarm.resolved_at.astimezone(SHANGHAI):%m-%d %H:%M:%S}"
    return "\n".join(lines)


def portions(robot: Robot, messages: Sequence[RobotMessage]) -> list[list[RobotMessage]]:
    """Return the messages in as many posts as it takes."""
    found: list[list[RobotMessage]] = []
    left = 0
    for one in messages:
        size = len(told(one).encode()) + 2
        if not found or size > left:
            found.append([])
            left = MOST_BYTES[robot.format]
        found[-1].append(one)
        left -= size
    return found


def refusal(robot: Robot, answer: DeliveryResult) -> str:
    """Return why a robot did not take it, in a few words; empty: it did."""
    if isinstance(answer, NoAnswer):
        return f"no answer: {answer.reason}"
    if not 200 <= answer.status < 300:  # noqa: PLR2004  (the success statuses)
        return f"HTTP {answer.status}"
    return "" if robot.format == "json" else _said(robot, answer.body_head)


def _said(robot: Robot, body: bytes) -> str:
    """Return why a robot refused by its own number; empty: it is 0."""
    try:
        said = json.loads(body)
    except ValueError:
        said = None
    if not isinstance(said, dict):
        return "HTTP 200, and nothing that can be read"
    names = ("code", "StatusCode") if robot.format == "feishu" else ("errcode",)
    codes = [said[name] for name in names if name in said]
    if codes and codes[0] == 0:
        return ""
    words = said.get("msg") or said.get("errmsg") or said.get("StatusMessage") or ""
    return f"refused: {codes[0] if codes else 'no code'} {words}"[:_ANSWER_WORDS]


def _object(message: RobotMessage) -> dict[str, object]:
    alarm = message.alarm
    return {
        "id": alarm.id,
        "about": message.about,
        "kind": alarm.kind,
        "subject": alarm.subject,
        "severity": alarm.severity,
        "text": alarm.text,
        "state": alarm.state,
        "count": alarm.count,
        "first_seen_at": alarm.first_seen_at.isoformat(),
        "last_seen_at": alarm.last_seen_at.isoformat(),
        "resolved_at": alarm.resolved_at and alarm.resolved_at.isoformat(),
    }


def _signed_url(robot: Robot, now: datetime) -> str:
    """Return DingTalk's address with the time stamp and signature (加签) of now."""
    if not robot.secret:
        return robot.url
    stamp = str(int(now.timestamp() * 1000))
    sign = quote_plus(_digest(robot.secret, f"{stamp}\n{robot.secret}"))
    joint = "&" if urlsplit(robot.url).query else "?"
    return f"{robot.url}{joint}timestamp={stamp}&sign={sign}"


def _digest(key: str, text: str) -> str:
    return base64.b64encode(hmac.new(key.encode(), text.encode(), hashlib.sha256).digest()).decode()


def _json(value: object) -> bytes:
    return json.dumps(value, ensure_ascii=False).encode()
