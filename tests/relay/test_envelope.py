"""The bytes and headers that a channel gets, verified without our own signing code."""

import base64
import hashlib
import hmac
import json
from dataclasses import replace

from tests.doubles import NOON
from tests.relay.notifications import PARAMS, TARGET, notification
from worker.relay.envelope import build

MILLISECONDS = 1777608000000

GOLDEN = (
    '{"app_key":"k",'
    '"params":"{\\"order_num\\": \\"2x\\", \\"check_time\\":\\"2026-05-01 12:00:00\\",'
    '\\"note\\":\\"检票\\"}",'
    '"sign":"%s","time_stamp":1777608000000}'
)


def test_the_signed_envelope_is_golden() -> None:
    sign = hashlib.md5(f"s3cret{PARAMS}{MILLISECONDS}".encode()).hexdigest().upper()  # noqa: S324
    assert build(notification(), TARGET, NOON).body.decode() == GOLDEN % sign


def test_a_plain_body_is_the_params_alone_to_the_byte() -> None:
    request = build(notification(), replace(TARGET, envelope="plain"), NOON)
    assert request.body == PARAMS.encode()


def test_every_secret_signs_the_standard_webhook() -> None:
    request = build(notification(), TARGET, NOON)
    signed = b"msg_check_1.1777608000." + request.body
    expected = [
        "v1," + base64.b64encode(hmac.new(key, signed, hashlib.sha256).digest()).decode()
        for key in (b"s3cret", b"older")
    ]
    assert dict(request.headers) == {
        "Content-Type": "application/json",
        "Webhook-Id": "msg_check_1",
        "Webhook-Timestamp": "1777608000",
        "Webhook-Signature": " ".join(expected),
        "Webhook-Type": "check",
    }


def test_no_secret_is_in_the_request_or_in_the_targets_text() -> None:
    request = build(notification(), TARGET, NOON)
    seen = json.dumps(dict(request.headers)) + request.body.decode() + repr(TARGET)
    assert "s3cret" not in seen
    assert "older" not in seen
