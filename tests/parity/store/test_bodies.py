"""Bodies are sealed anew beside those who write them, in portions, and never over a newer one."""

from dataclasses import replace

import pytest

from tests.parity.store.kit import after, commit, held, letter, message, order_row
from worker.runtime.ports import Store, Transition
from worker.runtime.resealing import Replacement, Resealing, Tally
from worker.sealing import Sealer, sealed_under
from worker.store.sealed import sealed
from worker.store.tables import BODIES

NEW, OLD, LOST = (bytes(range(first, first + 32)) for first in (0, 32, 64))
BODY = b'{"take_phone":"13800138000"}'
BOTH = Sealer([NEW, OLD])


async def fill(store: Store, count: int = 3, start: int = 0) -> None:
    for number in range(start, start + count):
        await store.hold_notice(replace(held(f"n{number}", num="none"), body=BODY))
        row = order_row(f"o{number}", state=BODY)
        await commit(store, Transition(row, outbox=[message(f"m{number}", body=BODY)]))
        await store.add_dead_letter(letter(f"d{number}", message=message(body=BODY)))


async def run(store: Store, sealer: Sealer, *, size: int = 2, dry_run: bool = False) -> list[Tally]:
    tallies = []
    for place in BODIES:
        work = Resealing(store, sealer, place, dry_run=dry_run)
        while await work.portion(size):
            pass
        tallies.append(work.tally)
    return tallies


async def states(store: Store) -> set[str]:
    """Return under which keys anything lies."""
    found = [
        *(row.state for row in await store.orders()),
        *(m.body for m in await store.claim_unsent(after(9), older_than=0, limit=99, lease=-99)),
        *(notice.body for notice in await store.held_notices(limit=99)),
        *(one.message.body for one in await store.dead_letters()),
    ]
    return {sealed_under(body) for body in found}


@pytest.mark.parametrize("keys", [(), (OLD,)], ids=["plain", "old key"])
async def test_everything_is_sealed_anew_once(store: Store, keys: tuple[bytes, ...]) -> None:
    await fill(sealed(store, Sealer(keys)))
    await fill(sealed(store, BOTH), 2, start=3)
    foreseen = await run(store, BOTH, dry_run=True)
    assert await states(store) == {BOTH.current, Sealer(keys).current}
    done = await run(store, BOTH)
    assert done == foreseen == [Tally(5, 3, 0, 0, done[0].keys)] * 4
    assert done[0].keys == {BOTH.current: 2, Sealer(keys).current: 3}
    assert await states(store) == {BOTH.current}
    assert [tally.sealed_anew for tally in await run(store, BOTH)] == [0] * 4
    kept = sealed(store, Sealer([NEW]))
    assert {row.state for row in await kept.orders()} == {BODY}
    assert [notice.body for notice in await kept.held_notices(limit=9)] == [BODY] * 5


async def test_a_run_that_was_cut_short_is_begun_again(store: Store) -> None:
    await fill(store)
    first = Resealing(store, BOTH, "orders.state", dry_run=False)
    assert await first.portion(2)
    [again, *_] = await run(store, BOTH)
    assert (again.looked_at, again.sealed_anew) == (3, 1)


async def test_what_cannot_be_opened_is_counted_and_left(store: Store) -> None:
    await fill(sealed(store, Sealer([LOST])), 1)
    await fill(store, 1, start=1)
    tallies = await run(store, BOTH)
    assert [(t.sealed_anew, t.unopened) for t in tallies] == [(1, 1)] * 4
    assert await states(store) == {BOTH.current, Sealer([LOST]).current}


@pytest.mark.parametrize("place", BODIES)
async def test_a_body_that_was_written_meanwhile_is_not_replaced(store: Store, place: str) -> None:
    await fill(store, 1)
    [kept] = await store.kept_bodies(place, "", limit=9, passing=b"\0")
    stale = Replacement(kept.key, b"what was there before", b"wrong")
    assert await store.replace_bodies(place, [stale]) == 0
    assert await store.kept_bodies(place, "", limit=9, passing=b"\0") == [kept]
    assert kept.body == BODY
    right = Replacement(kept.key, kept.body, b"right")
    assert await store.replace_bodies(place, [stale, right]) == 1
    [now] = await store.kept_bodies(place, "", limit=9, passing=b"\0")
    assert now.body == b"right"
    assert (await store.kept_bodies(place, "", limit=9, passing=b"ri"))[0].body is None
