"""A sealed store gives back what it was given; the database under it never had it."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import pytest

from tests.parity.store.kit import after, commit, held, letter, message, order_row
from worker.errors import SealedError
from worker.runtime.ports import OrderRow, Store, Transition
from worker.sealing import Sealer, sealed_under
from worker.store.sealed import sealed

NEW, OLD = bytes(range(32)), bytes(range(32, 64))
BODY = b'{"take_phone":"13800138000"}'
KEYS = [(), (NEW,), (NEW, OLD)]


def order(version: int = 1, **changes: Any) -> Transition:  # noqa: ANN401
    row = order_row(version=version, state=BODY, **changes)
    return Transition(row, outbox=[message(f"m{version}", body=BODY)])


async def unsent(store: Store) -> list[bytes]:
    found = await store.claim_unsent(after(10_000), older_than=0, limit=10, lease=-20_000)
    return [one.body for one in found]


async def fill(store: Store) -> None:
    """Put one body into every place that holds one."""
    await store.hold_notice(replace(held("n1", num="o9"), body=BODY))
    await commit(store, order())
    await store.add_dead_letter(letter(message=message(body=BODY)))


async def bodies(store: Store) -> dict[str, Sequence[bytes]]:
    """Return every body, by each of the ways to one."""
    one = (await store.load("o1")).row
    by_zzy = (await store.load_by_zzy_order_id("z1")).row
    dead = await store.dead_letter("d1")
    return {
        "load": [one.state] if one else [],
        "by zzy": [by_zzy.state] if by_zzy else [],
        "orders": [row.state for row in await store.orders()],
        "find": [row.state for row in await store.find_orders("o1")],
        "outbox": await unsent(store),
        "held": [notice.body for notice in await store.held_notices(limit=10)],
        "letter": [dead.message.body] if dead else [],
        "letters": [one.message.body for one in await store.dead_letters()],
    }


@pytest.mark.parametrize("keys", KEYS, ids=["plain", "sealed", "rotated"])
async def test_what_goes_in_comes_out_on_every_way(store: Store, keys: tuple[bytes, ...]) -> None:
    kept = sealed(store, Sealer(keys))
    await fill(kept)
    await commit(kept, order(2, zzy_order_id="z1"))
    told = await bodies(kept)
    assert {body for found in told.values() for body in found} == {BODY}
    assert all(told.values()), told
    beneath = await bodies(store)
    assert all(
        bool(sealed_under(body)) == bool(keys) for found in beneath.values() for body in found
    )
    assert not keys or not any(b"138" in body for found in beneath.values() for body in found)


async def test_a_notice_that_waited_is_opened_by_the_commit_that_returns_it(store: Store) -> None:
    kept = sealed(store, Sealer([NEW]))
    await kept.hold_notice(replace(held("n1", num="o1"), body=BODY))
    assert [notice.body for notice in (await commit(kept, order())).held] == [BODY]


async def test_what_lay_plain_or_under_an_old_key_is_read_and_sealed_anew_when_written(
    store: Store,
) -> None:
    await fill(store)
    rotated = sealed(store, Sealer([NEW, OLD]))
    await commit(sealed(store, Sealer([OLD])), order(2))
    row = (await rotated.load("o1")).row
    assert isinstance(row, OrderRow)
    assert row.state == BODY
    assert (await unsent(rotated)) == [BODY, BODY]
    assert [one.message.body for one in await rotated.dead_letters()] == [BODY]
    await commit(rotated, order(3))
    beneath = (await store.load("o1")).row
    assert beneath is not None
    assert sealed_under(beneath.state) == Sealer([NEW]).current


@pytest.mark.parametrize("keys", [(), (OLD,)], ids=["no key", "another key"])
async def test_without_its_key_nothing_is_lost_and_nothing_passes_as_read(
    store: Store, keys: tuple[bytes, ...]
) -> None:
    await fill(sealed(store, Sealer([NEW])))
    poor = sealed(store, Sealer(keys))
    with pytest.raises(SealedError, match=Sealer([NEW]).current):
        await poor.load("o1")
    with pytest.raises(SealedError, match=r"dead_letters\.body of d1"):
        await poor.dead_letter("d1")
    assert await poor.held_notices(limit=10) == []
    assert await unsent(poor) == []
    assert [row.order_num for row in await poor.orders()] == ["o1"]
    assert [one.id for one in await poor.dead_letters()] == ["d1"]
    told = await bodies(sealed(store, Sealer([OLD, NEW])))
    assert {body for found in told.values() for body in found} == {BODY}


async def test_no_order_passes_for_another(store: Store) -> None:
    kept = sealed(store, Sealer([NEW]))
    await commit(kept, order())
    stolen = (await store.load("o1")).row
    assert stolen is not None
    await commit(store, Transition(order_row("o2", state=stolen.state)))
    with pytest.raises(SealedError, match="taken from another row"):
        await kept.load("o2")
