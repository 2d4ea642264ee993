"""Dead letters as people work with them: found, grouped, decided, replaced, settled."""

from dataclasses import replace

import pytest

from tests.parity.store.kit import NOW, ODD_STRINGS, after, letter, message
from worker.runtime.auditing import AuditEntry, AuditQuery
from worker.runtime.lettering import (
    DISCARDED,
    OPEN,
    STATES,
    SUPERSEDED,
    Condition,
    LetterChange,
    LetterNote,
    LetterQuery,
    Operator,
    Replayed,
    Settled,
    Value,
)
from worker.runtime.ports import DeadLetter, Store

ENTRY = AuditEntry(NOW, "cli:ann", "deadletter.discard", "d1", id="a1")
DISCARD = LetterChange(DISCARDED, (OPEN,), after(9), "cli:ann", "sent twice")


async def fill(store: Store, *letters: DeadLetter) -> None:
    for one in letters:
        await store.add_dead_letter(one)


async def get(store: Store, letter_id: str = "d1") -> DeadLetter:
    found = await store.dead_letter(letter_id)
    assert found is not None
    return found


async def ids(store: Store, query: LetterQuery) -> list[str]:
    return [one.id for one in await store.find_letters(query)]


def said(field: str, operator: Operator, *values: Value) -> LetterQuery:
    return LetterQuery((Condition(field, operator, values),))


def three() -> list[DeadLetter]:
    """Return letters that differ in everything that can be asked for."""
    return [
        letter(
            f"d{n}",
            kind=f"kind{n}",
            reason=f"HTTP 50{n} from K",
            app_key=f"k{n}",
            order_num=f"o{n}",
            channel_order_num=f"c{n}",
            message=message(f"m{n}", queue=f"q{n}", type=f"t{n}", attempt=n),
            fingerprint=f"f{n}",
            job_id=f"j{n}",
            parent_id=f"p{n}",
            replays=n,
            first_failed_at=after(n),
            last_failed_at=after(10 + n),
        )
        for n in (1, 2, 3)
    ]


@pytest.mark.parametrize(
    ("query", "found"),
    [
        (said("id", "=", "d2"), ["d2"]),
        (said("id", "=", "d2", "d3"), ["d3", "d2"]),
        (said("kind", "!=", "kind1", "kind3"), ["d2"]),
        (said("channel", "=", "k1"), ["d1"]),
        (said("order_num", "=", "o3"), ["d3"]),
        (said("channel_order_num", "=", "c3"), ["d3"]),
        (said("reason", "~", "http 502", "501"), ["d2", "d1"]),
        (said("queue", "=", "q1"), ["d1"]),
        (said("type", "=", "t1"), ["d1"]),
        (said("group", "=", "f2"), ["d2"]),
        (said("job", "=", "j2"), ["d2"]),
        (said("parent", "=", "p2"), ["d2"]),
        (said("attempts", ">", 2), ["d3"]),
        (said("replays", "<=", 2), ["d2", "d1"]),
        (said("first_failed", "<", after(2)), ["d1"]),
        (said("last_failed", ">=", after(12)), ["d3", "d2"]),
        (LetterQuery(ids=("d1", "d3", "dx")), ["d3", "d1"]),
        (LetterQuery(until=after(11)), ["d1"]),
        (LetterQuery(search="c2"), ["d2"]),
        (LetterQuery(search="d2"), ["d2"]),
        (LetterQuery(search="from k"), ["d3", "d2", "d1"]),
        (LetterQuery(search="%"), []),
        (LetterQuery(states=("done",)), []),
        (LetterQuery(states=("done", "open"), limit=2), ["d3", "d2"]),
        (LetterQuery(failed_again=True, oldest_first=True), ["d1", "d2", "d3"]),
        (LetterQuery(after=(after(12), "d2")), ["d1"]),
        (LetterQuery(after=(after(12), "d2"), oldest_first=True), ["d3"]),
    ],
)
async def test_letters_are_found_by_all_that_is_known_of_them(
    store: Store, query: LetterQuery, found: list[str]
) -> None:
    await fill(store, *three())
    assert await ids(store, query) == found
    if not (query.after or query.limit == 2):
        assert await store.count_letters(query) == len(found)


@pytest.mark.parametrize("odd", ODD_STRINGS)
async def test_what_people_type_is_a_value_and_no_sql(store: Store, odd: str) -> None:
    await fill(
        store, letter("d1", reason=f"a{odd}b", fingerprint="f1"), letter("d2", fingerprint="f2")
    )
    assert await ids(store, said("reason", "=", f"a{odd}b")) == ["d1"]
    assert "d1" in await ids(store, said("reason", "~", odd))
    assert await ids(store, LetterQuery(search=f"A{odd}b")) == ["d1"]
    assert await ids(store, LetterQuery(ids=(odd, "d2"))) == ["d2"]


async def test_letters_are_grouped_by_what_they_are_like(store: Store) -> None:
    first, second, third = three()
    await fill(store, first, replace(second, fingerprint="f1"), third)
    groups = await store.letter_groups(LetterQuery())
    assert [(one.fingerprint, one.count, one.failed_again) for one in groups] == [
        ("f1", 2, 2),
        ("f3", 1, 1),
    ]
    assert (groups[0].first_failed_at, groups[0].last_failed_at) == (after(1), after(12))
    assert (groups[1].kind, groups[1].queue, groups[1].app_key) == ("kind3", "q3", "k3")
    assert [one.count for one in await store.letter_groups(LetterQuery(limit=1))] == [2]
    assert await store.letter_groups(LetterQuery(states=("done",))) == []


async def test_letters_are_discarded_with_a_reason_and_restored(store: Store) -> None:
    await fill(store, *three())
    query = LetterQuery(ids=("d1", "d2"))
    assert sorted(await store.change_letters(query, DISCARD, ENTRY)) == ["d1", "d2"]
    kept = await get(store, "d1")
    assert (kept.state, kept.settled_at, kept.settled_by, kept.settled_reason) == (
        DISCARDED,
        after(9),
        "cli:ann",
        "sent twice",
    )
    assert await store.audit_entries(AuditQuery()) == [replace(ENTRY, result="2 letters")]
    assert await store.change_letters(query, DISCARD, replace(ENTRY, id="a2")) == []
    assert len(await store.audit_entries(AuditQuery())) == 1
    restore = LetterChange(OPEN, (DISCARDED,), after(10), "cli:bob")
    assert await store.change_letters(replace(query, limit=1), restore)
    assert await store.count_letters(LetterQuery()) == 2
    assert await store.count_letters(LetterQuery(states=STATES)) == 3


async def test_an_edited_copy_takes_a_letters_place_once(store: Store) -> None:
    await fill(store, letter())
    change = replace(DISCARD, state=SUPERSEDED)
    copy = letter("e1", parent_id="d1")
    assert await store.supersede_letter("d1", copy, change, ENTRY)
    assert await get(store, "e1") == copy
    assert (await get(store)).state == SUPERSEDED
    other, entry = letter("e2", parent_id="d1"), replace(ENTRY, id="a2")
    assert not await store.supersede_letter("d1", other, change, entry)
    assert await store.dead_letter("e2") is None
    assert [one.id for one in await store.audit_entries(AuditQuery())] == ["a1"]
    await store.add_dead_letter(letter(last_failed_at=after(60)))
    assert (await get(store)).state == SUPERSEDED


async def test_a_letter_is_done_when_its_message_was_processed(store: Store) -> None:
    await fill(store, letter())
    await store.mark_replayed(Replayed(["d1"], NOW, after(1), "j1"))
    assert ((await get(store)).state, (await get(store)).job_id) == ("replaying", "j1")
    await store.settle_replay(Settled("d1", after(1), after(2)))
    done = await get(store)
    assert (done.state, done.settled_at, done.replayed_at) == ("done", after(2), after(1))
    await store.settle_replay(Settled("not there", after(1), after(2)))


async def test_what_was_processed_before_it_was_marked_stays_done(store: Store) -> None:
    await fill(store, letter())
    await store.settle_replay(Settled("d1", after(1), after(2), "j1"))
    assert (await get(store)).job_id == "j1"
    await store.mark_replayed(Replayed(["d1"], NOW, after(1)))
    assert ((await get(store)).state, (await get(store)).replays) == ("done", 1)
    await store.mark_replayed(Replayed(["d1"], NOW, after(3)))
    assert (await get(store)).state == "replaying"


async def test_a_failure_after_it_was_done_opens_it_again_and_none_before(store: Store) -> None:
    await fill(store, letter())
    await store.settle_replay(Settled("d1", after(1), after(5)))
    await store.add_dead_letter(letter(last_failed_at=after(4)))
    assert (await get(store)).state == "done"
    await store.add_dead_letter(letter(last_failed_at=after(6)))
    assert (await get(store)).state == "open"


async def test_what_a_person_has_decided_is_not_settled_by_a_straggler(store: Store) -> None:
    await fill(store, letter())
    await store.change_letters(LetterQuery(), DISCARD)
    await store.settle_replay(Settled("d1", after(1), after(2)))
    assert (await get(store)).state == DISCARDED


async def test_notes_stand_beside_a_letter_in_their_order(store: Store) -> None:
    notes = [LetterNote(f"n{n}", "d1", after(n), "cli:ann", ODD_STRINGS[n]) for n in (2, 0, 1)]
    for number, one in enumerate(notes):
        await store.add_letter_note(one, replace(ENTRY, id=f"a{number}"))
    assert [one.id for one in await store.letter_notes("d1")] == ["n0", "n1", "n2"]
    assert next(iter(await store.letter_notes("d1"))) == notes[1]
    assert len(await store.audit_entries(AuditQuery())) == 3


async def test_what_an_older_worker_kept_gets_its_fingerprint_later(store: Store) -> None:
    await fill(store, letter("d1"), letter("d2"), letter("d3", fingerprint="f3"))
    found = await store.letters_without_fingerprint(10)
    assert [one.id for one in found] == ["d1", "d2"]
    await store.keep_fingerprints([("d1", "f1"), ("d3", "f1")])
    assert [one.id for one in await store.letters_without_fingerprint(10)] == ["d2"]
    assert (await get(store, "d3")).fingerprint == "f3"
