"""What verify says of ZZY's headers and of a notification's."""

import hmac
import json
from base64 import b64encode

import pytest

from contracts.signatures import authorization, sign_zzy, webhook_signature
from tests.doubles import NOON
from tests.relay.notifications import TARGET, notification
from worker.conformance import webhook
from worker.conformance.known import Known
from worker.conformance.message import HttpMessage, MessageError, parse_message
from worker.conformance.zzy_headers import ZzyKnown, diagnose
from worker.relay.envelope import build

KEY = "zzy-key"
STAMP = str(int(NOON.timestamp() * 1000))
KNOWN = ZzyKnown("9258", (KEY, "previous"), ("/order/Create", "/zzy/notify"))


def zzy(
    sign: str, *, path: str = "/order/Create", known: ZzyKnown = KNOWN, **changes: str
) -> tuple[set[str], str]:
    headers = {
        "partnerid": "9258",
        "timestamp": STAMP,
        "authorization": authorization("9258", sign),
    } | changes
    found = diagnose(HttpMessage(headers), path, known, NOON, 300)
    told = "\n".join(each.text for each in found.findings)
    assert KEY not in told
    assert found.good == (not found.kinds())
    return found.kinds(), told


def made(path: str = "/order/Create", key: str = KEY, who: str = "9258", when: str = STAMP) -> str:
    return sign_zzy(key, who, when, path)


def test_right_headers_are_good() -> None:
    assert zzy(made())[0] == set()
    assert zzy(made(key="previous"))[0] == set()
    assert zzy(made(), path="/order/Create?x=1")[0] == set()
    rewritten = ZzyKnown("9258", (KEY,), (), sign_path="/public/zzy")
    assert zzy(made("/public/zzy"), path="/zzy/notify", known=rewritten)[0] == set()


RAW = hmac.digest(KEY.encode(), f"9258{STAMP}/order/Create".encode(), "sha1")
ZZY_SLIPS = {
    "lower case": (made("/order/create"), "path", "lower case"),
    "another path": (made("/zzy/notify"), "path", "the path /zzy/notify"),
    "no slash": (made("order/Create"), "path", "without the /"),
    "last part": (made("/Create"), "path", "last part"),
    "no path": (made(""), "path", "no path at all"),
    "key with a line break": (made(key=KEY + "\n"), "secret_space", "white space"),
    "no partner": (made(who=""), "partner_unsigned", "without the PartnerId"),
    "seconds signed": (made(when=STAMP[:-3]), "time_stamp_unit", "signed in seconds"),
    "order": (sign_zzy(KEY, STAMP, "9258", "/order/Create"), "order", "wrong order"),
    "hexadecimal": (RAW.hex(), "encoding", "hexadecimal"),
    "Base64 of it": (b64encode(RAW.hex().encode()).decode(), "encoding", "digest's bytes"),
    "nothing": ("AAAA", "sign_wrong", "no known key"),
}


@pytest.mark.parametrize("slip", ZZY_SLIPS)
def test_a_slip_in_zzys_headers_is_named(slip: str) -> None:
    sign, kind, words = ZZY_SLIPS[slip]
    kinds, told = zzy(sign)
    assert kinds == {kind}
    assert words in told


def test_the_query_the_proxy_and_the_headers() -> None:
    assert zzy(made("/order/Create?x=1"), path="/order/Create?x=1")[1].count("with its query")
    rewritten = ZzyKnown("9258", (KEY,), (), sign_path="/public/zzy")
    assert "callback_sign_path" in zzy(made("/zzy/notify"), path="/zzy/notify", known=rewritten)[1]
    assert zzy(made(), timestamp="")[0] == {"missing"}
    assert zzy(made(), authorization=made())[0] == {"authorization"}
    other = authorization("1", made(who="1"))
    assert zzy(made(), partnerid="1", authorization=other)[0] == {"partner"}
    seconds = STAMP[:-3]
    assert zzy(made(when=seconds), timestamp=seconds)[0] == {"time_stamp_unit"}
    stale = str(int(STAMP) - 600_000)
    assert "10.0 minutes behind" in zzy(made(when=stale), timestamp=stale)[1]


CHANNELS = [Known("k", ("s3cret", "older"))]


def hook(**changes: object) -> set[str]:
    request = build(notification(), TARGET, NOON)
    headers = {name.lower(): value for name, value in request.headers.items()}
    body = changes.pop("body", request.body)
    headers |= {f"webhook-{name}": str(value) for name, value in changes.items()}
    assert isinstance(body, bytes)
    found = webhook.diagnose(HttpMessage(headers, body), CHANNELS, NOON, 300)
    return found.kinds()


def test_a_notification_is_judged_with_its_envelope() -> None:
    request = build(notification(), TARGET, NOON)
    body, number = request.body, request.headers["Webhook-Id"]
    seconds = request.headers["Webhook-Timestamp"]
    signed = f"{number}.{seconds}.".encode() + body

    def entry(raw: bytes) -> str:
        return "v1," + b64encode(hmac.digest(b"s3cret", raw, "sha256")).decode()

    assert hook() == set()
    assert hook(signature="") == {"missing"}
    assert hook(signature="v1,AAAA") == {"webhook_wrong"}
    assert hook(signature=entry(signed)[3:]) == {"webhook_version"}
    assert hook(signature=entry(body)) == {"webhook_parts"}
    hexadecimal = hmac.digest(b"s3cret", signed, "sha256").hex()
    assert hook(signature="v1," + hexadecimal) == {"webhook_encoding"}
    late = int(seconds) - 301
    assert hook(timestamp=late, signature=webhook_signature(["s3cret"], number, late, body)) == {
        "webhook_stale"
    }
    milliseconds = f"{seconds}000"
    assert hook(
        timestamp=milliseconds,
        signature=webhook_signature(["s3cret"], number, milliseconds, body),
    ) == {"webhook_timestamp"}
    respaced = json.dumps(json.loads(body)).encode()
    assert hook(body=respaced) == {"body_altered"}
    assert "sign_wrong" in hook(body=body.replace(b'"sign":"', b'"sign":"0'))


def test_a_saved_message_is_read() -> None:
    saved = b"POST /n HTTP/1.1\r\nWebhook-Id: m\r\nA: b: c\r\n\r\n{}\r\n\r\n"
    message = parse_message(saved)
    assert (message.path, message.body) == ("/n", b"{}\r\n\r\n")
    assert message.headers == {"webhook-id": "m", "a": "b: c"}
    assert parse_message(b"> A: b\n\nx").headers == {"a": "b"}
    for wrong in (b"{}", b"\xff: x\n\n", "名: x\n\n".encode()):
        with pytest.raises(MessageError):
            parse_message(wrong)
