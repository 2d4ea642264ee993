"""Dead letters: kept, replayed, failed again."""

from dataclasses import replace

from tests.parity.store.kit import NOW, ODD_STRINGS, after, letter, message
from worker.runtime.lettering import Replayed
from worker.runtime.ports import DeadLetter, Store

AT = after(3)
"""When they were replayed."""


async def _get(store: Store, letter_id: str = "d1") -> DeadLetter:
    found = await store.dead_letter(letter_id)
    assert found is not None
    return found


async def test_a_dead_letter_comes_back_as_it_was(store: Store) -> None:
    one = letter(message=message(headers={"x": ODD_STRINGS[0]}, body=b"\0\xff", attempt=7))
    await store.add_dead_letter(one)
    assert await store.dead_letters() == [one]
    assert await _get(store) == one
    assert await store.dead_letter("d2") is None


async def test_the_newest_failure_comes_first(store: Store) -> None:
    for number in (1, 3, 2):
        await store.add_dead_letter(letter(f"d{number}", last_failed_at=after(number)))
    assert [one.id for one in await store.dead_letters()] == ["d3", "d2", "d1"]
    assert [one.id for one in await store.dead_letters(limit=1)] == ["d3"]


async def test_a_replayed_one_is_no_longer_open(store: Store) -> None:
    await store.add_dead_letter(letter())
    await store.mark_replayed(Replayed(["d1"], NOW, AT))
    assert await store.dead_letters() == []
    assert await _get(store) == replace(letter(), state="replaying", replays=1, replayed_at=AT)
    assert [one.id for one in await store.dead_letters(state="replaying")] == ["d1"]
    assert [one.id for one in await store.dead_letters(state=None)] == ["d1"]
    await store.mark_replayed(Replayed(["not there"], NOW, AT))


async def test_one_that_fails_again_is_open_again(store: Store) -> None:
    await store.add_dead_letter(letter())
    await store.mark_replayed(Replayed(["d1"], NOW, AT))
    again = letter(
        kind="stopped", reason="HTTP 410", first_failed_at=after(5), last_failed_at=after(5)
    )
    await store.add_dead_letter(again)
    assert await _get(store) == replace(again, first_failed_at=NOW, replays=1, replayed_at=AT)


async def test_a_redelivery_changes_nothing(store: Store) -> None:
    await store.add_dead_letter(letter(last_failed_at=after(5)))
    await store.mark_replayed(Replayed(["d1"], after(5), AT))
    for at in (after(5), after(4)):
        await store.add_dead_letter(letter(reason="late", last_failed_at=at))
    assert await _get(store) == letter(
        last_failed_at=after(5), state="replaying", replays=1, replayed_at=AT
    )


async def test_a_failure_during_the_replay_leaves_it_open(store: Store) -> None:
    await store.add_dead_letter(letter())
    await store.add_dead_letter(letter(last_failed_at=after(1)))
    await store.mark_replayed(Replayed(["d1"], NOW, AT))
    assert await _get(store) == letter(last_failed_at=after(1), replays=1, replayed_at=AT)


async def test_whatever_a_stranger_wrote_is_kept(store: Store) -> None:
    odd = "a\0b\ud800"
    said = message(odd, type=odd, correlation_id=odd, reply_to=odd, headers={odd: odd})
    await store.add_dead_letter(
        letter(message=said, kind=odd, app_key=odd, order_num=odd, channel_order_num=odd)
    )
    kept = await _get(store)
    assert (kept.kind, kept.message.message_id, kept.app_key) == ("a\ufffdb?",) * 3
    assert kept.message.body == said.body
