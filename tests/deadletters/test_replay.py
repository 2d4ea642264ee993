"""From the table back to the queue."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any, cast

import pytest

from contracts.headers import PUBLISHER, REPLAY_OF, REPLAYED_AT
from contracts.queues import ORDERS, relay_queue
from tests.deadletters.letters import OURS, letter, notice_body, notification_body
from tests.doubles import NOON, HeldClock, PublishedMessages
from worker.deadletters import replay as replaying
from worker.deadletters.replay import Refusal, ReplayReport
from worker.deadletters.work import LetterWork
from worker.errors import BrokerUnavailableError, PublishUnknownError
from worker.runtime.controlling import ChannelControl
from worker.runtime.lettering import STATES, LetterQuery
from worker.runtime.ports import Broker, DeadLetter, Message
from worker.store.sqlite import SqliteStore


async def replay(
    store: SqliteStore, broker: object, ids: Sequence[str], now: datetime
) -> ReplayReport:
    """Replay through whatever can publish."""
    return await replaying.replay(store, cast(Broker, broker), ids, now)


@pytest.fixture
async def known(store: SqliteStore) -> DeadLetter:
    await store.add_dead_letter(letter())
    return letter()


def named(letter_id: str, **changes: Any) -> DeadLetter:  # noqa: ANN401
    return replace(letter(), id=letter_id, **changes)


async def test_a_letter_goes_home_as_the_same_business_with_attempts_from_zero(
    store: SqliteStore, known: DeadLetter
) -> None:
    broker = PublishedMessages()
    report = await replay(store, broker, [known.id], NOON)

    assert report.complete
    assert report.replayed == (known.id,)
    (sent,) = broker.messages
    assert (sent.queue, sent.type, sent.attempt) == (relay_queue("k"), known.message.type, 0)
    assert sent.body == notification_body()
    assert sent.correlation_id == OURS
    assert sent.headers == {
        "traceparent": "00-1-2-01",
        REPLAY_OF: known.id,
        REPLAYED_AT: NOON.isoformat(),
    }
    assert sent.message_id not in {"", known.message.message_id}
    assert sent.reply_to == ""
    assert await store.dead_letters() == []
    kept = await store.dead_letter(known.id)
    assert kept is not None
    assert (kept.state, kept.replays) == ("replaying", 1)


async def test_what_was_discarded_is_restored_before_it_is_replayed(
    store: SqliteStore, known: DeadLetter
) -> None:
    work, query = LetterWork(store, HeldClock(), "cli:ann"), LetterQuery(ids=(known.id,))
    await work.discard(query, known.id, "sent by another way")
    broker = PublishedMessages()
    report = await replay(store, broker, [known.id], NOON)
    assert [one.reason for one in report.refused] == ["it was discarded: restore it first"]
    assert broker.messages == []
    await work.restore(replace(query, states=STATES), known.id, "it was not")
    assert (await replay(store, broker, [known.id], NOON)).complete


async def test_the_channel_of_a_replayed_notification_is_tried_at_once(
    store: SqliteStore, known: DeadLetter
) -> None:
    await store.add_dead_letter(named("elsewhere", message=replace(known.message, queue=ORDERS)))
    await replay(store, PublishedMessages(), ["elsewhere"], NOON)
    assert await store.channel_controls() == []
    await replay(store, PublishedMessages([BrokerUnavailableError()]), [known.id], NOON)
    assert await store.channel_controls() == []
    await replay(store, PublishedMessages(), [known.id], NOON)
    assert await store.channel_controls() == [ChannelControl("k", probe_wanted_at=NOON)]


async def test_a_replay_to_a_paused_channel_says_that_it_waits(
    store: SqliteStore, known: DeadLetter
) -> None:
    assert (await replay(store, PublishedMessages(), [known.id], NOON)).held == ()
    await store.pause_channel("k", "", NOON)
    await store.pause_channel("other", "", NOON)
    report = await replay(store, PublishedMessages(), [known.id], NOON)
    assert (report.complete, report.held) == (True, ("k",))


async def test_replaying_twice_sends_it_twice_under_fresh_message_ids(
    store: SqliteStore, known: DeadLetter
) -> None:
    broker = PublishedMessages()
    await replay(store, broker, [known.id, known.id], NOON)
    await replay(store, broker, [known.id], NOON)
    assert len({message.message_id for message in broker.messages}) == 2


async def test_unknown_ids_are_reported_and_the_others_replayed(
    store: SqliteStore, known: DeadLetter
) -> None:
    report = await replay(store, PublishedMessages(), ["none", known.id], NOON)
    assert (report.unknown, report.replayed) == (("none",), (known.id,))
    assert not report.complete


@pytest.mark.parametrize(
    ("error", "words"), [(BrokerUnavailableError(), "not take"), (PublishUnknownError(), "confirm")]
)
async def test_a_letter_that_was_not_surely_published_stays_open(
    store: SqliteStore, known: DeadLetter, error: Exception, words: str
) -> None:
    report = await replay(store, PublishedMessages([error]), [known.id], NOON)
    assert [refusal.id for refusal in report.refused] == [known.id]
    assert words in report.refused[0].reason
    assert [open_.id for open_ in await store.dead_letters()] == [known.id]


async def test_a_letter_without_a_home_is_refused(store: SqliteStore) -> None:
    await store.add_dead_letter(named("homeless", message=replace(letter().message, queue="")))
    broker = PublishedMessages()
    report = await replay(store, broker, ["homeless"], NOON)
    assert report.refused == (Refusal("homeless", "its home queue is unknown"),)
    assert broker.messages == []


@pytest.mark.parametrize(
    "kind",
    ["notice_stale", "notice_quarantined", "notice_unreadable", "notice_unknown", "notice_partner"],
)
async def test_a_notice_in_doubt_is_replayed_only_alone(
    store: SqliteStore, known: DeadLetter, kind: str
) -> None:
    doubtful = named("doubtful", kind=kind, message=letter(notice_body(), kind=kind).message)
    await store.add_dead_letter(doubtful)
    broker = PublishedMessages()

    report = await replay(store, broker, ["doubtful", known.id], NOON)
    assert [refusal.id for refusal in report.refused] == ["doubtful"]
    assert "one by one" in report.refused[0].reason
    assert report.replayed == (known.id,)

    assert (await replay(store, broker, ["doubtful"], NOON)).complete


async def test_a_letter_that_died_again_before_it_was_marked_stays_open(
    store: SqliteStore, known: DeadLetter
) -> None:
    class Hasty(PublishedMessages):
        async def publish(self, message: Message, *, delay: float = 0) -> None:
            await super().publish(message, delay=delay)
            later = NOON + timedelta(seconds=1)
            await store.add_dead_letter(
                named(known.id, first_failed_at=later, last_failed_at=later)
            )

    report = await replay(store, Hasty(), [known.id], NOON)
    assert report.replayed == (known.id,)
    assert [open_.id for open_ in await store.dead_letters()] == [known.id]


async def test_notices_whose_order_never_came_are_replayed_together(store: SqliteStore) -> None:
    for name in ("one", "two"):
        lost = letter(notice_body(), kind="notice_unknown_order")
        await store.add_dead_letter(replace(lost, id=name))
    report = await replay(store, PublishedMessages(), ["one", "two"], NOON)
    assert report.replayed == ("one", "two")


async def test_a_letter_that_nobody_is_known_to_have_published_is_not_replayed(
    store: SqliteStore,
) -> None:
    await store.add_dead_letter(named("anonymous", kind="user_unknown"))
    broker = PublishedMessages()
    (refusal,) = (await replay(store, broker, ["anonymous"], NOON)).refused
    assert "refused again" in refusal.reason
    assert broker.messages == []


async def test_a_replay_keeps_who_published_it_first(store: SqliteStore) -> None:
    message = replace(letter().message, headers={PUBLISHER: "erp"})
    await store.add_dead_letter(named("erps", kind="user_not_allowed", message=message))
    broker = PublishedMessages()
    assert (await replay(store, broker, ["erps"], NOON)).complete
    assert broker.messages[0].headers[PUBLISHER] == "erp"
