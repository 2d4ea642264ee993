"""From the dead queue into the table."""

from dataclasses import replace
from datetime import timedelta
from typing import cast

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contracts.headers import DEAD_AT, DEAD_ATTEMPTS, REPLAY_OF
from contracts.queues import DEAD, NOTICES, ORDERS, relay_queue
from tests.deadletters.letters import (
    OURS,
    command_body,
    dead_message,
    enveloped,
    notice_body,
    notification_body,
)
from tests.doubles import NOON, HeldClock
from worker.deadletters.drain import Drain, read_letter
from worker.errors import StoreUnavailableError
from worker.runtime.lettering import Replayed
from worker.runtime.outcome import Ack, Retry
from worker.runtime.ports import DeadLetter, Message, OrderRow, Store, Transition
from worker.store.sqlite import SqliteStore

ORDER = OrderRow(OURS, 1, "k", "2x", None, "paying", None, None, b"{}", NOON, NOON)


@pytest.fixture
def drain(store: SqliteStore) -> Drain:
    return Drain(store, HeldClock())


async def only(store: SqliteStore) -> DeadLetter:
    (letter,) = await store.dead_letters()
    return letter


async def test_a_dead_message_becomes_a_letter_with_everything_needed_to_send_it_home(
    drain: Drain, store: SqliteStore
) -> None:
    assert await drain.handle(dead_message()) == Ack()

    letter = await only(store)
    assert (letter.kind, letter.reason) == ("delivery_failed", "the last answer was HTTP 500")
    assert (letter.app_key, letter.order_num, letter.channel_order_num) == ("k", OURS, "2x")
    assert (letter.first_failed_at, letter.last_failed_at) == (NOON, NOON)
    assert letter.message.queue == relay_queue("k")
    assert letter.message.body == notification_body()
    assert letter.message.headers == {"traceparent": "00-1-2-01"}
    assert letter.message.attempt == 10


async def test_a_redelivery_is_the_same_letter(drain: Drain, store: SqliteStore) -> None:
    await drain.handle(dead_message())
    await drain.handle(replace(dead_message(), redelivered=True, attempt=3))
    await drain.handle(dead_message(message_id="m-2"))
    await drain.handle(dead_message(queue=ORDERS))
    assert len(await store.dead_letters()) == 3


async def test_a_command_is_listed_under_both_its_numbers(drain: Drain, store: SqliteStore) -> None:
    await drain.handle(dead_message(command_body(), queue=ORDERS))
    letter = await only(store)
    assert (letter.app_key, letter.order_num, letter.channel_order_num) == ("k", OURS, "2x")


async def test_a_notice_is_listed_under_the_channels_number_too(
    drain: Drain, store: SqliteStore
) -> None:
    await store.commit(Transition(ORDER))
    await drain.handle(dead_message(notice_body(), kind="notice_quarantined", queue=NOTICES))
    letter = await only(store)
    assert (letter.app_key, letter.order_num, letter.channel_order_num) == ("k", OURS, "2x")


@pytest.mark.parametrize(
    "body",
    [
        b"\xff\x00 no JSON",
        b"[" * 100_000,
        enveloped({"order_num": "\x00\ud800".encode("utf-8", "replace").decode()}, "x"),
        b'{"data":{"order_num":"\\ud800\\u0000","app_key":["k"],"channel_order_num":true}}',
        b'{"data":{"raw":"{\\"OrderNotifyBody\\":[1]}"}}',
        b'{"data":null}',
    ],
)
async def test_anything_is_kept(drain: Drain, store: SqliteStore, body: bytes) -> None:
    assert await drain.handle(Message(DEAD, "", body, "")) == Ack()
    letter = await only(store)
    assert letter.message.body == body
    assert (letter.kind, letter.message.queue) == ("unknown", "")


@given(body=st.binary(max_size=80), value=st.text(), at=st.text(max_size=12))
def test_reading_a_letter_never_fails(body: bytes, value: str, at: str) -> None:
    message = dead_message(body)
    read_letter(replace(message, headers={**message.headers, DEAD_AT: at}), NOON)
    read_letter(dead_message(enveloped({"order_num": value, "order": value}, "x")), NOON)


@pytest.mark.parametrize(
    ("name", "text"),
    [
        (DEAD_ATTEMPTS, "9" * 5000),
        (DEAD_ATTEMPTS, str(2**31)),
        (DEAD_AT, "0001-01-01T00:00:00+14:00"),
        (DEAD_AT, "9999-12-31T23:59:59-12:00"),
        (REPLAY_OF, "not a letter's id\0"),
    ],
)
async def test_what_a_header_tells_and_no_table_can_hold_is_left_out(
    drain: Drain, store: SqliteStore, name: str, text: str
) -> None:
    usual = dead_message()
    message = replace(usual, headers={**usual.headers, name: text})
    assert await drain.handle(message) == Ack()
    letter = await only(store)
    assert (letter.message.attempt, letter.last_failed_at.year) in {(10, 2026), (0, 2026)}
    assert letter.id == read_letter(usual, NOON).id


async def test_a_replayed_message_that_dies_again_opens_the_same_letter(
    drain: Drain, store: SqliteStore
) -> None:
    await drain.handle(dead_message())
    first = await only(store)
    await store.mark_replayed(Replayed([first.id], first.last_failed_at, NOON))
    assert await store.dead_letters() == []

    await drain.handle(dead_message())  # the first copy once more: it tells nothing new
    assert await store.dead_letters() == []

    later = NOON + timedelta(hours=1)
    again = dead_message(message_id="m-2")
    headers = {**again.headers, REPLAY_OF: first.id, DEAD_AT: later.isoformat()}
    await drain.handle(replace(again, headers=headers))
    letter = await only(store)
    assert (letter.id, letter.replays) == (first.id, 1)
    assert (letter.first_failed_at, letter.last_failed_at) == (NOON, later)


class NoStore:
    async def add_dead_letter(self, _letter: DeadLetter) -> None:
        raise StoreUnavailableError


async def test_while_the_store_is_down_the_message_stays_in_the_broker() -> None:
    drain = Drain(cast(Store, NoStore()), HeldClock())
    waits = [await drain.handle(replace(dead_message(), attempt=n)) for n in range(4)]
    assert [wait.delay for wait in waits if isinstance(wait, Retry)] == [1, 5, 30, 30]
