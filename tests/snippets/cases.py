"""The cases that every language's snippet is put to, and what the real check says to them."""

import base64
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from contracts.channel import CancelOrder, CheckNotification, NotifyType, parse_envelope
from contracts.events import ChannelNotification
from contracts.signatures import sign_channel, verify_channel, webhook_signature
from tests.doubles import NOON
from tests.ingress.doubles import APP_KEY, SECRET
from worker.relay.envelope import Request, build
from worker.relay.target import ChannelTarget

STAMP = round(NOON.timestamp() * 1000)
SECONDS = round(NOON.timestamp())
TAKEN, REFUSED = "true", "false"
CHINESE_SECRET = "密钥-🔑"
DOCUMENT = '{"order_num":"84d95bdc7ef911eaa2505404a6b35c1e","date":"2020-04-01"}'
PARAMS = {
    "the document's": DOCUMENT,
    "an order to cancel": CancelOrder(order_num="x").to_params(),
    "Chinese": '{"name": "张三", "product":"良渚杭州市民免费票"}',
    "emoji and the edges of UTF-16": '{"memo":"🎫👨‍👩‍👧 \u2028 é \ufeff"}',
    "nested, escaped": json.dumps({"a": {"b": ['"\\/', "\b\f\n\r\t\x01", {}]}}),
    "raw control characters": '{"a":"\t\x7f\x1f"}',
    "signs of markup": '{"a":"<&\'+=/>%"}',
    "no fields": "{}",
    "long": json.dumps({"a": "检票" * 2_000}, ensure_ascii=False),
}


@dataclass(frozen=True)
class Case:
    """One line for a driver, and the judgement of what it prints."""

    name: str
    what: str
    fields: Sequence[str | bytes]
    good: Callable[[str], bool]

    def line(self) -> str:
        raw = [each if isinstance(each, bytes) else each.encode() for each in self.fields]
        return "\t".join([self.what, *(base64.b64encode(each).decode() for each in raw)])


def cases() -> list[Case]:
    return [*_signs(), *_bodies(), *_envelopes(), *_webhooks()]


def _signs() -> list[Case]:
    texts = {**PARAMS, "nothing": ""}
    made = [
        Case(
            f"sign {name}",
            "sign",
            (secret, text, str(STAMP)),
            sign_channel(secret, text, STAMP).__eq__,
        )
        for name, text in texts.items()
        for secret in (SECRET, CHINESE_SECRET)
    ]
    vector = ("94d95bdd7ef111eaa2505404a6b35c1e", DOCUMENT, "1586936588379")
    return [*made, Case("vector", "sign", vector, "3760DDB933BD79CD97FE832CB81535BB".__eq__)]


def body_of(printed: str) -> bytes:
    return base64.b64decode(printed)


def _bodies() -> list[Case]:
    def good(text: str) -> Callable[[str], bool]:
        def passes(printed: str) -> bool:
            asked = parse_envelope(body_of(printed))
            assert asked.params == text
            return asked.app_key == APP_KEY and verify_channel(
                [SECRET], asked.params, asked.time_stamp, asked.sign
            )

        return passes

    return [
        Case(f"body {name}", "body", (APP_KEY, SECRET, text, str(STAMP)), good(text))
        for name, text in PARAMS.items()
    ]


def _envelopes() -> list[Case]:
    def case(name: str, expected: str, secrets: str = SECRET, late: int = 0, **how: str) -> Case:
        sent = json.loads(_sent().body)
        values = {key: str(sent[key]) for key in ("params", "time_stamp", "sign")} | how
        fields = (secrets, *values.values(), str(STAMP + late))
        return Case(f"envelope {name}", "envelope", fields, expected.__eq__)

    sign = json.loads(_sent().body)["sign"]
    seconds = str(SECONDS)
    return [
        case("genuine", TAKEN),
        case("one of several secrets", TAKEN, secrets=f"{CHINESE_SECRET} {SECRET}"),
        case("lower case", TAKEN, sign=sign.lower()),
        case("just in time", TAKEN, late=300_000),
        case("late", REFUSED, late=300_001),
        case("from the future", REFUSED, late=-300_001),
        case("another secret", REFUSED, secrets="other"),
        case("another text", REFUSED, params="{}"),
        case("no sign", REFUSED, sign=""),
        case("cut short", REFUSED, sign=sign[:31]),
        case("no ASCII", REFUSED, sign="签名"),
        case("no number", REFUSED, time_stamp="soon"),
        case("full width", REFUSED, time_stamp="１２３"),
        case("seconds", REFUSED, time_stamp=seconds, sign=sign_channel(SECRET, DOCUMENT, seconds)),
        case("no end of digits", REFUSED, time_stamp="9" * 400),
    ]


def _webhooks() -> list[Case]:
    def case(
        name: str,
        expected: str,
        secrets: str = SECRET,
        late: int = 0,
        body: bytes | None = None,
        **how: str,
    ) -> Case:
        request = _sent()
        names = ("Webhook-Id", "Webhook-Timestamp", "Webhook-Signature")
        values: dict[str, str] = {key[8:].lower(): request.headers[key] for key in names} | how
        carried = request.body if body is None else body
        fields: list[str | bytes] = [secrets, *values.values(), carried, str(SECONDS + late)]
        return Case(f"webhook {name}", "webhook", fields, expected.__eq__)

    empty = webhook_signature([SECRET], "msg_1", SECONDS, b"")
    return [
        case("genuine", TAKEN),
        case("signed by several", TAKEN, secrets="older"),
        case("one of several secrets", TAKEN, secrets=f"{CHINESE_SECRET} {SECRET}"),
        case(
            "an unknown version beside",
            TAKEN,
            signature="v1a,x " + _sent().headers["Webhook-Signature"],
        ),
        case("an empty body", TAKEN, body=b"", signature=empty),
        case("just in time", TAKEN, late=300),
        case("late", REFUSED, late=301),
        case("from the future", REFUSED, late=-301),
        case("another secret", REFUSED, secrets="other"),
        case("another body", REFUSED, body=_sent().body + b" "),
        case("no UTF-8", REFUSED, body=b"\xff\xfe"),
        case("another id", REFUSED, id="msg_2"),
        case("another time", REFUSED, timestamp=str(SECONDS + 1)),
        case("no signature", REFUSED, signature=""),
        case("no version", REFUSED, signature=empty.removeprefix("v1,")),
        case("no number", REFUSED, timestamp="soon"),
    ]


def _sent() -> Request:
    """Return a notification as the relay sends it."""
    check = CheckNotification(
        order_num="订单-1",
        check_time="2026-05-01 12:00:00",
        check_result="1",
        total_count="5",
        no_check_count="4",
        check_count="1",
    )
    notification = ChannelNotification(
        webhook_id="msg_1",
        notify_type=NotifyType.CHECK,
        app_key=APP_KEY,
        order_num="o1",
        channel_order_num="订单-1",
        seq=1,
        created_at=NOON,
        params=check.to_params(),
    )
    target = ChannelTarget(APP_KEY, "", (SECRET, "older"))
    return build(notification, target, NOON)
