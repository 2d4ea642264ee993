"""Replay jobs: one worker at a time, and how far they are survives it."""

import asyncio
from dataclasses import replace

from tests.parity.store.kit import NOW, Opener, after, letter
from worker.runtime.auditing import AuditEntry, AuditQuery
from worker.runtime.lettering import DISCARDED, Condition, LetterChange, LetterQuery, Replayed
from worker.runtime.ports import Store
from worker.runtime.replaying import (
    ACTIVE,
    CANCELLED,
    FINISHED,
    QUEUED,
    RUNNING,
    JobCounts,
    Lease,
    ReplayJob,
)

ENTRY = AuditEntry(NOW, "cli:ann", "replay.begin", "j1", id="a1")
QUERY = LetterQuery(
    (
        Condition("kind", "=", ("a", "b")),
        Condition("attempts", ">", (3,)),
        Condition("last_failed", ">=", (NOW,)),
    ),
    search="票",
    failed_again=True,
)


def job(name: str = "j1", at: float = 0, **changes: object) -> ReplayJob:
    made = ReplayJob(name, QUERY, "kind=a,b", after(at), "cli:ann", "mended", 12.5, 5, 60, 7, 99)
    return replace(made, **changes)  # type: ignore[arg-type]


def lease(owner: str, at: float = 0) -> Lease:
    return Lease(owner, after(at), after(at + 20))


async def begin(store: Store, *jobs: ReplayJob) -> None:
    for one in jobs:
        await store.add_replay_job(one, replace(ENTRY, id=f"begin {one.id}"))


async def test_a_job_is_kept_as_it_was_asked_for(store: Store) -> None:
    whole = job("j2", 1, state=FINISHED, sent=3, refused=1, problem="p", cursor=(NOW, "d9"))
    whole = replace(whole, canary_sent=2, canary_at=NOW, started_at=NOW, ended_at=after(2))
    await begin(store, job(), whole)
    assert list(await store.replay_jobs()) == [whole, job()]
    assert list(await store.replay_jobs(limit=1)) == [whole]
    assert await store.replay_job("j1") == job()
    assert await store.replay_job("j3") is None
    assert len(await store.audit_entries(AuditQuery())) == 2


async def test_one_worker_at_a_time_has_a_job(open_store: Opener) -> None:
    stores = [await open_store() for _ in range(4)]
    await begin(stores[0], job("j2", 1), job("j1"), job("j0", state=FINISHED))
    claimed = await asyncio.gather(
        *(store.claim_replay_job(lease(f"w{n}")) for n, store in enumerate(stores))
    )
    again = [await store.claim_replay_job(lease("late")) for store in stores]
    assert sorted(one.id for one in (*claimed, *again) if one) == ["j1", "j2"]
    first = next(one for one in (*claimed, *again) if one and one.id == "j1")
    assert (first.started_at, first.leased_until) == (NOW, after(20))


async def test_who_has_lost_its_lease_has_lost_the_job(store: Store) -> None:
    await begin(store, job())
    held = await store.claim_replay_job(lease("w1"))
    assert held is not None
    assert await store.claim_replay_job(lease("w2", 19)) is None
    taken = await store.claim_replay_job(lease("w2", 21))
    assert taken is not None
    assert taken.started_at == NOW
    assert await store.advance_replay_job(replace(held, sent=5), lease("w1", 22)) is None
    assert (await store.replay_job("j1")) == taken
    await store.leave_replay_job("j1", "w1")
    assert await store.claim_replay_job(lease("w3", 23)) is None
    await store.leave_replay_job("j1", "w2")
    assert await store.claim_replay_job(lease("w3", 24)) is not None


async def test_how_far_it_is_is_kept_with_the_letters_that_went(store: Store) -> None:
    await begin(store, job())
    await store.add_dead_letter(letter())
    held = await store.claim_replay_job(lease("w1"))
    assert held is not None
    on = replace(
        held, state=RUNNING, sent=1, refused=2, problem="slow", cursor=(NOW, "d1"), canary_sent=1
    )
    kept = await store.advance_replay_job(on, lease("w1", 5), Replayed(["d1"], NOW, after(1), "j1"))
    assert kept == replace(on, leased_until=after(25))
    found = await store.dead_letter("d1")
    assert found is not None
    assert (found.state, found.job_id) == ("replaying", "j1")


async def test_a_cancel_is_stronger_than_whoever_works_on_it(store: Store) -> None:
    await begin(store, job())
    held = await store.claim_replay_job(lease("w1"))
    assert held is not None
    cancel = replace(ENTRY, id="c1", at=after(3))
    assert await store.change_replay_job("j1", CANCELLED, ACTIVE, cancel)
    assert not await store.change_replay_job("j1", CANCELLED, ACTIVE, replace(cancel, id="c2"))
    kept = await store.advance_replay_job(replace(held, state=RUNNING, sent=9), lease("w1", 4))
    assert kept is not None
    assert (kept.state, kept.sent, kept.ended_at) == (CANCELLED, 9, after(3))
    await store.leave_replay_job("j1", "w1")
    assert await store.claim_replay_job(lease("w2", 60)) is None
    resume = replace(ENTRY, id="r1")
    assert await store.change_replay_job("j1", QUEUED, (CANCELLED,), resume)
    taken = await store.claim_replay_job(lease("w2", 60))
    assert taken is not None
    assert (taken.state, taken.sent, taken.ended_at) == (QUEUED, 9, None)
    assert {one.id for one in await store.audit_entries(AuditQuery())} >= {"c1", "r1"}
    assert not await store.change_replay_job("none", QUEUED, (CANCELLED,), replace(ENTRY, id="x"))


async def test_what_became_of_its_letters_is_counted(store: Store) -> None:
    states = ("replaying", "done", "open", "discarded")
    for number, state in enumerate(states):
        await store.add_dead_letter(
            letter(f"d{number}", state=state, job_id="j1", replayed_at=after(number))
        )
    await store.add_dead_letter(letter("other", job_id="j2"))
    assert await store.count_replayed("j1") == JobCounts(1, 1, 1, 1)
    assert await store.count_replayed("j1", after(2)) == JobCounts(0, 0, 1, 1)
    assert await store.count_replayed("") == JobCounts()
    change = LetterChange(DISCARDED, ("done",), NOW, "cli:ann")
    assert await store.change_letters(LetterQuery(), change) == ["d1"]
