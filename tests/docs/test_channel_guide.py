"""What the channel guide shows is what the program does."""

import json
import re
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from contracts.channel import (
    CheckNotification,
    Code,
    Notification,
    OrderFailedNotification,
    ProductNotification,
    RefundNotification,
    VoucherNotification,
    parse_create_order,
    parse_envelope,
    parse_receipt,
)
from contracts.signatures import verify_channel, within_window
from tests.relay.notifications import TARGET, notification
from worker.relay.envelope import build

GUIDE = (Path(__file__).parents[2] / "docs" / "channel-guide.md").read_text(encoding="utf-8")
ORDER = {
    "channel_order_num": "2x",
    "product_code": "XXX",
    "take_phone": "13456451211",
    "date": "2026-05-02",
    "price": 6.0,
    "amount": 30.0,
    "count": 5,
}


def example(language: str, words: str) -> str:
    blocks = re.findall(rf"```{language}\n(.*?)```", GUIDE, re.DOTALL)
    (block,) = [block for block in blocks if words in block]
    return block


def function(name: str) -> Any:  # noqa: ANN401
    namespace: dict[str, Any] = {}
    exec(example("python", f"def {name}"), namespace)  # noqa: S102
    return namespace[name]


def test_the_signing_example_passes_the_real_check() -> None:
    request = parse_envelope(function("signed_body")("k", "s3cret", ORDER))
    signed = (request.params, request.time_stamp, request.sign)
    assert verify_channel(["s3cret"], *signed)
    assert not verify_channel(["other"], *signed)
    assert within_window(request.time_stamp, datetime.now(UTC), 300)
    assert parse_create_order(request.params).count == 5


@pytest.mark.parametrize("secret", TARGET.secrets)
def test_the_verifying_example_takes_what_we_send(secret: str) -> None:
    is_genuine = function("is_genuine")
    request = build(notification(), TARGET, datetime.now(UTC))
    assert is_genuine(secret, request.headers, request.body)
    assert not is_genuine(secret, request.headers, request.body + b" ")
    assert not is_genuine("other", request.headers, request.body)
    stale = build(notification(), TARGET, datetime.now(UTC) - timedelta(seconds=301))
    assert not is_genuine(secret, stale.headers, stale.body)


def test_the_receipt_example_counts_as_delivered() -> None:
    receipt = parse_receipt(example("json", '"status": 200').encode())
    assert receipt is not None
    assert receipt.delivered


@pytest.mark.parametrize(
    ("model", "words"),
    [
        (CheckNotification, "check_result"),
        (VoucherNotification, '"voucher"'),
        (RefundNotification, '"refund"'),
        (OrderFailedNotification, '"order_failed"'),
        (ProductNotification, '"product"'),
    ],
)
def test_each_notification_is_shown_exactly_as_it_is_sent(
    model: type[Notification], words: str
) -> None:
    shown = json.loads(example("json", words))
    assert json.loads(model.model_validate(shown).to_params()) == shown


def test_the_table_of_codes_is_complete() -> None:
    table = GUIDE[GUIDE.index("## 6. Codes") :]
    rows = dict(re.findall(r"^\| `(\d{4})` \| (\S+) \|", table, re.MULTILINE))
    assert rows == {code.value: code.text for code in Code}


def test_the_headers_are_the_documented_ones() -> None:
    sent = build(notification(), replace(TARGET, envelope="plain"), datetime.now(UTC)).headers
    documented = set(re.findall(r"^\| `(Webhook-\w+)` \|", GUIDE, re.MULTILINE))
    assert documented == set(sent) - {"Content-Type"}
