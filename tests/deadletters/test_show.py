"""What a person or a script sees of dead letters, and what stays hidden."""

import json

import pytest

from tests.deadletters.letters import (
    ID_CARD,
    NAME,
    OURS,
    PHONE,
    VOUCHER,
    command_body,
    letter,
    notice_body,
    notification_body,
)
from worker.deadletters.show import COLUMNS, LONG, as_document, listed

BODIES = {
    "notification": notification_body(),
    "notice": notice_body(),
    "command": command_body(),
    "tourists as text": command_body().replace(
        json.dumps({ID_CARD: NAME}, ensure_ascii=False).encode(),
        json.dumps(json.dumps({ID_CARD: NAME})).encode(),
    ),
    "no JSON": f"{NAME} {ID_CARD} {PHONE} {VOUCHER}".encode(),
    "half JSON": notification_body()[:-9],
    "half JSON inside": notification_body().replace(b'}]}"', b'}"'),
}


@pytest.mark.parametrize("body", BODIES.values(), ids=BODIES.keys())
def test_no_personal_data_is_shown_unasked(body: bytes) -> None:
    shown = as_document(letter(body))
    assert [secret for secret in (ID_CARD, NAME, PHONE, VOUCHER) if secret in shown] == []


@pytest.mark.parametrize("name", ["notification", "no JSON"])
def test_everything_is_shown_when_asked(name: str) -> None:
    shown = as_document(letter(BODIES[name]), personal=True)
    assert NAME in shown
    assert VOUCHER in shown


def test_what_is_needed_to_decide_stays_readable() -> None:
    shown = json.loads(as_document(letter()))
    assert shown["body"]["data"]["params"]["order_num"] == OURS
    assert shown["body"]["data"]["params"]["vouchers"][0]["code"] == "***1632"
    assert shown["headers"] == {"traceparent": "00-1-2-01"}
    assert shown["attempts"] == 10


def test_the_code_of_a_failure_is_no_voucher() -> None:
    body = notification_body({"notify_type": "order_failed", "code": "3008", "message": "库存不足"})
    assert json.loads(as_document(letter(body)))["body"]["data"]["params"]["code"] == "3008"


def test_a_listing_has_the_agreed_columns_and_more_where_they_are_asked_for() -> None:
    shown = listed(letter())
    assert tuple(shown) == COLUMNS
    assert shown == {
        "id": letter().id,
        "kind": "delivery_failed",
        "channel": "k",
        "order_num": OURS,
        "channel_order_num": "2x",
        "reason": "the last answer was HTTP 500",
        "attempts": 10,
    }
    assert tuple(listed(letter(), long=True)) == LONG
