"""A replay job from its beginning to its end, in one worker's hands or in several."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from dataclasses import replace
from datetime import timedelta

import pytest

from contracts.headers import REPLAY_OF, REPLAYED_AT
from tests.deadletters.letters import letter
from tests.deadletters.place import QUERY, Place
from tests.doubles import NOON
from worker.deadletters.runner import LEASE_SECONDS
from worker.errors import BrokerUnavailableError, PublishUnknownError, UndeliverableError
from worker.runtime.auditing import AuditQuery
from worker.runtime.lettering import STATES, LetterQuery
from worker.runtime.ports import Message
from worker.runtime.replaying import CANCELLED, FINISHED, RUNNING, STOPPED
from worker.store.sqlite import SqliteStore


@pytest.fixture
async def place(store: SqliteStore) -> AsyncIterator[Place]:
    made = Place(store)
    yield made
    await made.tasks.stop()


async def test_letters_go_oldest_first_at_the_rate_and_are_done_when_processed(
    place: Place,
) -> None:
    await place.letters(30)
    job = await place.begin()
    await place.ended(place.runner())
    assert place.broker.ids == [f"{n:016x}" for n in range(30)]
    began, last = place.broker.times[0], place.broker.times[-1]
    assert 2.5 <= last - began <= 3.5
    done = await place.job(job)
    assert (done.state, done.sent, done.total, done.refused) == (FINISHED, 30, 30, 0)
    assert await place.states() == {"replaying": 30}
    await place.settle(*place.broker.messages[:29])
    await place.fail(place.broker.messages[29])
    assert await place.states() == {"done": 29, "open": 1}
    counts = await place.store.count_replayed(job.id)
    assert (counts.done, counts.failed, counts.replaying) == (29, 1, 0)
    [again] = await place.store.find_letters(LetterQuery(failed_again=True))
    assert again.failed_again
    audit = await place.store.audit_entries(AuditQuery(action="replay"))
    assert [(one.actor, one.action) for one in audit] == [
        ("worker", "replay.finished"),
        ("cli:ann", "replay.begin"),
    ]


async def test_a_rate_is_held_where_every_portion_takes_longer_than_its_time(
    place: Place,
) -> None:
    await place.letters(300)
    job = await place.begin(rate=50.0)
    portions: list[str] = []

    def slow(message: Message) -> None:
        if message.headers[REPLAYED_AT] not in portions:
            portions.append(message.headers[REPLAYED_AT])
            place.clock.advance(0.3)

    place.broker.then = slow
    began = place.clock.now()
    await place.ended(place.runner())
    assert (await place.job(job)).sent == 300
    assert 5.7 <= (place.clock.now() - began).total_seconds() <= 6.6
    assert len(portions) < 25, "late portions are larger"


async def test_what_was_discarded_before_or_meanwhile_stays(place: Place) -> None:
    await place.letters(6)
    ids = [f"{n:016x}" for n in range(6)]
    await place.work.discard(LetterQuery(ids=(ids[0],)), ids[0], "sent by another way")
    job = await place.begin(query=LetterQuery(ids=tuple(ids), states=STATES))
    assert job.total == 5
    await place.work.discard(LetterQuery(ids=(ids[5],)), ids[5], "and this one")
    await place.ended(place.runner())
    assert place.broker.ids == ids[1:5]
    assert await place.states() == {"discarded": 2, "replaying": 4}


async def test_a_letter_that_fails_again_is_not_sent_twice_by_one_job(place: Place) -> None:
    await place.letters(6)
    await place.begin(rate=5.0)
    place.when(2, lambda sent: place.fail(*sent))
    await place.ended(place.runner())
    assert sorted(place.broker.ids) == [f"{n:016x}" for n in range(6)]


async def test_a_canary_goes_first_and_the_rest_when_all_of_it_was_processed(
    place: Place,
) -> None:
    await place.letters(20)
    job = await place.begin(canary=5)
    seen: list[int] = []

    async def processed(sent: Sequence[Message]) -> None:
        seen.append(len(sent))
        await place.settle(*sent)

    place.when(5, processed)
    await place.ended(place.runner())
    assert seen == [5]
    assert (await place.job(job)).state == FINISHED
    assert len(place.broker.messages) == 20


async def test_a_canary_that_fails_again_stops_the_job_until_somebody_resumes_it(
    place: Place,
) -> None:
    await place.letters(20)
    job = await place.begin(canary=5)
    place.when(5, lambda sent: place.fail(sent[2]))
    await place.ended(place.runner())
    stopped = await place.job(job)
    assert (stopped.state, stopped.sent) == (STOPPED, 5)
    assert "1 of the canary failed again" in stopped.problem

    assert not await place.work.cancel(job.id)
    assert await place.work.resume(job.id)
    place.when(10, lambda sent: place.settle(*sent[5:]))
    await place.ended(place.runner())
    assert (await place.job(job)).state == FINISHED
    assert len(set(place.broker.ids)) == 20


async def test_a_canary_that_nobody_takes_in_time_stops_the_job(place: Place) -> None:
    await place.letters(20)
    job = await place.begin(canary=5, canary_wait=60)
    await place.ended(place.runner())
    stopped = await place.job(job)
    assert (stopped.state, stopped.sent) == (STOPPED, 5)
    assert "only 0 of the canary's 5" in stopped.problem
    assert (place.clock.now() - NOON).total_seconds() < 3600 + 90


async def test_a_cancelled_job_sends_no_more_and_goes_on_from_there(place: Place) -> None:
    await place.letters(40)
    job = await place.begin()
    place.when(10, lambda _sent: place.work.cancel(job.id, "wrong channel"))
    await place.ended(place.runner())
    cancelled = await place.job(job)
    assert cancelled.state == CANCELLED
    assert 10 <= len(place.broker.messages) == cancelled.sent < 40
    place.broker.then = None
    await place.ended(place.runner())
    assert len(place.broker.messages) == cancelled.sent
    assert await place.work.resume(job.id)
    await place.ended(place.runner())
    assert sorted(place.broker.ids) == [f"{n:016x}" for n in range(40)]


async def test_another_worker_goes_on_where_one_was_killed(place: Place) -> None:
    await place.letters(40)
    job = await place.begin()
    first = place.runner()
    killed = asyncio.Event()
    place.when(10, lambda _sent: killed.set())
    await first.look()
    async with asyncio.timeout(30):
        await killed.wait()
    await place.tasks.stop()  # as a kill does: nothing is noted any more
    assert place.errors == []
    place.broker.then = None
    sent = len(place.broker.messages)
    assert (await place.job(job)).state == RUNNING
    second = place.runner()
    await place.ended(second)
    assert len(place.broker.messages) == sent, "while the lease holds nobody else sends"
    place.clock.advance(LEASE_SECONDS + 1)
    await place.ended(second)
    assert set(place.broker.ids) == {f"{n:016x}" for n in range(40)}
    assert len(place.broker.ids) <= 42, "at most what was sent and not yet noted goes twice"
    assert (await place.job(job)).state == FINISHED


async def test_a_worker_that_leaves_lets_go_at_once(place: Place) -> None:
    await place.letters(40)
    job = await place.begin()
    first, second = place.runner(), place.runner()
    place.when(10, lambda _sent: first.leave())
    await place.ended(first)
    assert 10 <= len(place.broker.messages) < 40
    place.broker.then = None
    await place.ended(second)
    assert len(place.broker.messages) == 40
    assert (await place.job(job)).state == FINISHED


async def test_two_workers_never_work_on_one_job(place: Place) -> None:
    await place.letters(40)
    await place.begin()
    await asyncio.gather(*(place.ended(place.runner()) for _ in range(4)))
    assert len(place.broker.ids) == len(set(place.broker.ids)) == 40


async def test_while_the_broker_is_away_nothing_is_passed_over(place: Place) -> None:
    await place.letters(10)
    job = await place.begin()
    tried: list[Message] = []

    def refuse(message: Message) -> Exception | None:
        tried.append(message)
        kinds = (BrokerUnavailableError("no"), PublishUnknownError("no"), None)
        return kinds[len(tried) % 3] if len(tried) < 20 else None

    place.broker.refuse = refuse
    await place.ended(place.runner())
    assert sorted(place.broker.ids) == [f"{n:016x}" for n in range(10)]
    assert ((await place.job(job)).sent, (await place.job(job)).refused) == (10, 0)


async def test_a_letter_without_a_queue_to_take_it_does_not_hold_up_the_others(
    place: Place,
) -> None:
    await place.letters(10)
    job = await place.begin(rate=50.0)
    gone, nowhere = f"{3:016x}", UndeliverableError()
    place.broker.refuse = lambda one: nowhere if one.headers[REPLAY_OF] == gone else None
    await place.ended(place.runner())
    assert len(place.broker.ids) == 9
    done = await place.job(job)
    assert (done.state, done.sent, done.refused) == (FINISHED, 9, 1)
    assert await place.states() == {"open": 1, "replaying": 9}


async def test_doubtful_notices_stay_and_what_came_later_too(place: Place) -> None:
    await place.letters(4)
    await place.store.add_dead_letter(replace(letter(kind="notice_stale"), id="f" * 16))
    job = await place.begin()
    assert job.total == 4
    late = replace(letter(), id="e" * 16, last_failed_at=place.clock.now() + timedelta(seconds=1))
    await place.store.add_dead_letter(late)
    await place.ended(place.runner())
    assert sorted(place.broker.ids) == [f"{n:016x}" for n in range(4)]
    assert (await place.job(job)).refused == 1
    found = await place.work.look_first(QUERY)
    assert found.going == 1
    assert list(found.left.values()) == [1]


async def test_no_more_are_sent_than_were_asked_for(place: Place) -> None:
    await place.letters(10)
    job = await place.begin(most=3, canary=9, canary_wait=5)
    assert (job.total, job.canary) == (3, 3)
    place.when(3, lambda sent: place.settle(*sent))
    await place.ended(place.runner())
    assert len(place.broker.ids) == 3
    assert (await place.job(job)).state == FINISHED


async def test_what_an_older_worker_kept_is_grouped_too(place: Place) -> None:
    await place.letters(3, fingerprint="")
    await place.ended(place.runner())
    [group] = await place.store.letter_groups(QUERY)
    assert (group.fingerprint, group.count) == (letter().fingerprint, 3)


async def test_every_message_says_which_letter_and_when(place: Place) -> None:
    await place.letters(1)
    await place.begin()
    await place.ended(place.runner())
    [message] = place.broker.messages
    [sent] = await place.store.find_letters(LetterQuery(states=("replaying",)))
    assert sent.replayed_at is not None
    assert sent.replayed_at.isoformat() == message.headers[REPLAYED_AT]
