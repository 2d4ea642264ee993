"""A transition is written whole or not at all."""

import asyncio
from dataclasses import replace

import pytest

from tests.parity.store.kit import (
    NOW,
    ODD_STRINGS,
    Opener,
    after,
    commit,
    entry,
    full,
    message,
    notification,
    order_row,
    unsent_ids,
)
from worker.errors import StoreRefusedError
from worker.runtime.ports import Committed, InboxEntry, Store, Transition


async def test_an_unknown_order_loads_as_none(store: Store) -> None:
    loaded = await store.load("nobody", ["in-1"])
    assert loaded.row is None
    assert dict(loaded.seen) == {}


async def test_a_row_comes_back_as_it_was_written(store: Store) -> None:
    row = order_row(
        zzy_order_id="4623122", human="pay is unknown", wake_at=after(0.000001), state=b"\0\xff{}"
    )
    await commit(store, Transition(row))
    loaded = await store.load("o1")
    assert loaded.row == row
    assert loaded.row.wake_at is not None
    assert loaded.row.wake_at.utcoffset() == NOW.utcoffset()
    assert (await store.load_by_zzy_order_id("4623122")).row == row
    assert (await store.load_by_zzy_order_id("nobody")).row is None


async def test_a_later_version_replaces_every_column(store: Store) -> None:
    await commit(store, Transition(order_row(human="look", wake_at=NOW, zzy_order_id="1")))
    row = order_row(version=2, phase="paid", state=b"2", zzy_order_id="2", wake_at=after(9))
    await commit(store, Transition(row))
    assert (await store.load("o1")).row == row
    assert (await store.load_by_zzy_order_id("1")).row is None


@pytest.mark.parametrize("version", [1, 2, 4, 5])
async def test_only_the_next_version_is_taken(store: Store, version: int) -> None:
    for known in (1, 2):
        await commit(store, full(version=known))
    done = await store.commit(full(version=version, tag="-late", zzy_order_id="9"))
    assert not done.applied
    loaded = await store.load("o1", [f"in-o1-{version}-late"])
    assert loaded.row == order_row(version=2)
    assert not loaded.seen
    assert len(await store.timeline("o1")) == 4
    assert await unsent_ids(store) == ["out-o1-1", "out-o1-2"]
    assert len(await store.notifications("o1")) == 2


async def test_a_version_above_one_needs_an_order(store: Store) -> None:
    assert not (await store.commit(full(version=2))).applied
    assert (await store.load("o1", ["in-o1-2"])).row is None
    assert not await unsent_ids(store)
    assert not await store.timeline("o1")


async def test_the_timeline_is_in_the_order_of_commits(store: Store) -> None:
    await commit(store, Transition(order_row(), entries=[entry("b", after(5)), entry("a")]))
    await commit(store, Transition(order_row(version=2), entries=[entry("c")]))
    assert await store.timeline("o1") == [entry("b", after(5)), entry("a"), entry("c")]
    assert await store.timeline("o2") == []


async def test_the_first_digest_of_an_inbox_id_stays(store: Store) -> None:
    first = [InboxEntry("a", "1"), InboxEntry("a", "2"), InboxEntry("b")]
    await commit(store, Transition(order_row(), inbox=first))
    await commit(store, Transition(order_row(version=2), inbox=[InboxEntry("a", "3")]))
    loaded = await store.load("o1", ["a", "b", "c"])
    assert dict(loaded.seen) == {"a": "1", "b": ""}
    assert dict((await store.load("other", ["a"])).seen) == {"a": "1"}
    assert dict((await store.load_by_zzy_order_id("other", ["b"])).seen) == {"b": ""}


async def test_what_nobody_looked_for_must_not_be_in_the_inbox(store: Store) -> None:
    await commit(store, full())
    await store.claim_inbox(InboxEntry("claimed", "1"), NOW)
    for known in ("in-o1-1", "claimed"):
        late = replace(full(version=2, tag="-late"), unread=["new", known])
        assert await store.commit(late) == Committed(applied=False)
    loaded = await store.load("o1", ["in-o1-2-late", "new"])
    assert (loaded.row, loaded.seen) == (order_row(), {})
    assert await unsent_ids(store) == ["out-o1-1"]
    assert len(await store.timeline("o1")) == 2
    await commit(store, replace(full(version=2), unread=["new", "newer"]))


async def test_an_order_is_kept_from_its_commit_by_its_own_ids_alone(store: Store) -> None:
    await asyncio.gather(*(commit(store, full(num)) for num in ("o1", "o2")))
    done = await asyncio.gather(
        store.commit(replace(full("o1", version=2), unread=["in-o1-1"])),
        store.commit(replace(full("o2", version=2), unread=["in-o2-2"])),
    )
    assert [one.applied for one in done] == [False, True]


async def test_a_repeated_message_or_notification_is_passed_over(store: Store) -> None:
    await commit(
        store,
        Transition(order_row(), outbox=[message(body=b"1")], notifications=[notification()]),
    )
    again = Transition(
        order_row(version=2),
        outbox=[message(body=b"2"), message("m2")],
        notifications=[notification(seq=7), notification("w2", seq=2)],
    )
    await commit(store, again)
    found = await store.claim_unsent(after(99), older_than=0, limit=9, lease=1)
    assert [(one.message_id, one.body) for one in found] == [("m1", b"1"), ("m2", b'{"b":1}')]
    assert [one.seq for one in await store.notifications("o1")] == [1, 2]


@pytest.mark.parametrize("text", ODD_STRINGS)
async def test_any_text_comes_back(store: Store, text: str) -> None:
    row = order_row(
        app_key=text, channel_order_num=text, human=text, zzy_order_id=text, state=text.encode()
    )
    sent = message(headers={"name": text}, body=text.encode(), correlation_id=text, reply_to=text)
    await commit(
        store,
        Transition(row, [entry(text)], [InboxEntry(f"i{text}", text)], [sent], [notification()]),
    )
    loaded = await store.load("o1", [f"i{text}"])
    assert loaded.row == row
    assert dict(loaded.seen) == {f"i{text}": text}
    assert await store.timeline("o1") == [entry(text)]
    assert await store.claim_unsent(after(9), older_than=0, limit=9, lease=1) == [sent]


@pytest.mark.parametrize("character", ["\0", "\ud800"])
async def test_free_text_that_no_database_takes_is_mended(store: Store, character: str) -> None:
    bad = f"a{character}b"
    await commit(store, Transition(order_row(human=bad), entries=[entry(bad)]))
    (line,) = await store.timeline("o1")
    assert line.text[0] + line.text[-1] == "ab"
    assert character not in line.text


async def test_values_that_are_refused_fail_their_own_order_alone(store: Store) -> None:
    good = [full(f"g{number}") for number in range(20)]
    bad = full("bad", channel_order_num="half a pair: \ud800")
    results = await asyncio.gather(
        *(store.commit(one) for one in [*good[:10], bad, *good[10:]]), return_exceptions=True
    )
    refused = results.pop(10)
    assert isinstance(refused, StoreRefusedError)
    assert "half a pair" not in repr(refused)
    assert all(not isinstance(one, BaseException) and one.applied for one in results)
    assert (await store.load("bad", ["in-bad-1"])).row is None
    assert len(await unsent_ids(store)) == 20


async def test_a_big_state_comes_back(store: Store) -> None:
    big = order_row(state=bytes(range(256)) * 8192)
    await commit(store, Transition(big))
    assert (await store.load("o1")).row == big


async def test_everything_is_there_after_a_restart(open_store: Opener) -> None:
    first = await open_store()
    await commit(first, full())
    await first.close()
    second = await open_store()
    loaded = await second.load("o1", ["in-o1-1"])
    assert loaded.row == order_row()
    assert dict(loaded.seen) == {"in-o1-1": "digest-o1-1"}
    assert await unsent_ids(second) == ["out-o1-1"]


async def test_of_two_workers_one_wins(open_store: Opener) -> None:
    workers = [await open_store(), await open_store()]
    for version in range(1, 30):
        done = await asyncio.gather(
            *(one.commit(full(version=version, tag=f"-{n}")) for n, one in enumerate(workers))
        )
        winners = [n for n, one in enumerate(done) if one.applied]
        assert len(winners) == 1
        seen = (await workers[0].load("o1", [f"in-o1-{version}-{n}" for n in (0, 1)])).seen
        assert list(seen) == [f"in-o1-{version}-{winners[0]}"]


async def test_commits_asked_together_stand_for_themselves(store: Store) -> None:
    """Of two for one order only one can win; the others are not their concern."""
    wanted = [full(f"o{number}", tag=tag) for number in range(40) for tag in ("-a", "-b")]
    done = await asyncio.gather(*(store.commit(one) for one in wanted))
    assert sum(one.applied for one in done) == 40
    assert len(await unsent_ids(store)) == 40
    row = (await store.load("o7")).row
    assert row == replace(order_row("o7"))
