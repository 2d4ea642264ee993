"""An edited copy: what may be changed, and what may not."""

import json
from dataclasses import replace

import pytest

from contracts.queues import ORDERS
from tests.deadletters.letters import ID_CARD, NAME, PHONE, enveloped, letter, notice_body
from tests.doubles import NOON
from tests.runtime.messages import create_message
from worker.deadletters.drain import read_letter
from worker.deadletters.editing import EditError, edited, objection, with_values
from worker.runtime.erasable import ERASED_BODY
from worker.runtime.ports import DeadLetter


def order_letter() -> DeadLetter:
    return replace(
        read_letter(create_message(), NOON), message=replace(create_message(), queue=ORDERS)
    )


def changed(letter_: DeadLetter, path: str, value: str) -> bytes:
    return with_values(letter_.message.body, {path: value})


def test_a_copy_that_fits_takes_the_place_of_its_letter() -> None:
    before = order_letter()
    body = changed(before, "data.order.take_phone", "13800000000")
    copy = edited(before, body, NOON)
    assert json.loads(copy.message.body)["data"]["order"]["take_phone"] == "13800000000"
    assert (copy.parent_id, copy.state, copy.replays) == (before.id, "open", 0)
    assert copy.id != before.id
    assert copy.message.message_id != before.message.message_id
    assert (copy.order_num, copy.fingerprint) == (before.order_num, before.fingerprint)
    assert copy.message.headers == before.message.headers


@pytest.mark.parametrize(
    ("path", "value", "told"),
    [
        ("data.order.count", '"many"', "data.order.count"),
        ("data.order", "null", "data.order"),
        ("type", "order.cancel.v1", "schema"),
        ("data.app_key", "another", "app_key"),
        ("data.order.channel_order_num", "another", "another order"),
    ],
)
def test_what_does_not_fit_or_is_about_another_order_is_refused(
    path: str, value: str, told: str
) -> None:
    before = order_letter()
    with pytest.raises(EditError, match=told) as refused:
        edited(before, changed(before, path, value), NOON)
    assert [secret for secret in (ID_CARD, NAME, PHONE) if secret in str(refused.value)] == []


@pytest.mark.parametrize("kind", ["notice_stale", "notice_quarantined", "notice_unknown_order"])
def test_what_zzy_signed_is_never_edited(kind: str) -> None:
    with pytest.raises(EditError, match="ZZY"):
        edited(letter(notice_body(), kind=kind), notice_body(), NOON)


@pytest.mark.parametrize(
    "strange",
    [
        letter(state="replaying"),
        letter(state="superseded"),
        letter(ERASED_BODY),
        replace(letter(), message=replace(letter().message, type="nobody.knows.v1")),
    ],
)
def test_what_cannot_be_edited_says_why(strange: DeadLetter) -> None:
    with pytest.raises(EditError):
        edited(strange, letter().message.body, NOON)


def test_a_body_without_end_is_refused() -> None:
    assert "longer" in objection(letter(), b" " * 2_000_000)


@pytest.mark.parametrize("path", ["data.nothing.here", "data.list.7", "data.list.x", "id.x"])
def test_a_path_that_is_not_there_is_named(path: str) -> None:
    with pytest.raises(EditError, match="there is no"):
        with_values(enveloped({"list": [1]}, "x"), {path: "1"})


def test_values_are_json_or_text() -> None:
    body = with_values(
        enveloped({"list": [{"a": 1}]}, "x"), {"data.list.0.a": "2", "data.b": "x y"}
    )
    assert json.loads(body)["data"] == {"list": [{"a": 2}], "b": "x y"}
    with pytest.raises(EditError):
        with_values(b"\xff", {"a": "b"})
