"""Search by whatever is at hand, with keys, without, after they were changed, and after the end."""

import sqlite3
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from tests.doubles import NOON, HeldClock
from tests.saga.beginnings import awaiting, has_tickets, part_audited
from tests.saga.facts import DEMAND, NUM, V1, ZZY
from tests.saga.playbook import Playbook
from tests.stores import sqlite_store
from worker.desk.search import find
from worker.runtime import snapshot
from worker.runtime.erasing import Eraser
from worker.runtime.indexing import Indexer
from worker.runtime.ports import Store, Transition
from worker.runtime.searching import UNKEYED, SearchKeys
from worker.saga.policy import Policy
from worker.sealing import Sealer
from worker.store.sealed import sealed

OLD, NEW = bytes(range(32)), bytes(range(32, 64))
OTHER = "f" * 32


@pytest.fixture(params=[(), (NEW,), (NEW, OLD)], ids=["plain", "one key", "two keys"])
def keys(request: pytest.FixtureRequest) -> tuple[bytes, ...]:
    return tuple(request.param)


@pytest.fixture
async def bare(tmp_path: Path) -> AsyncIterator[Store]:
    async with sqlite_store(tmp_path) as opened:
        yield opened


@pytest.fixture
def store(bare: Store, keys: tuple[bytes, ...]) -> Store:
    return sealed(bare, Sealer(keys))


async def kept(
    store: Store, story: Playbook, keys: SearchKeys, number: str = NUM, phone: str = ""
) -> None:
    demand = replace(DEMAND, take_phone=phone or DEMAND.take_phone)
    order = story.set(order_num=number, channel_order_num=f"c-{number[:2]}", demand=demand).order
    row = snapshot.row(order, 1, NOON)
    await store.commit(Transition(row, search=keys.new_terms(None, order)))


async def found(store: Store, keys: SearchKeys, text: str) -> list[tuple[str, str]]:
    return [(one.row.order_num, one.by) for one in await find(store, keys, text)]


@pytest.mark.parametrize(
    ("text", "by"),
    [
        (NUM, "order_num"),
        ("c-0e", "channel_order_num"),
        (ZZY, "zzy_order_id"),
        (f"{NUM}R1", "refund_id"),
        ("A1", "apply_id"),
        ("r-1", "refund_num"),
        (V1.code, "voucher"),
        (f"  {V1.code} ", "voucher"),
        ("1211", "phone"),
        ("451211", "phone"),
        (DEMAND.take_phone, "phone"),
        (f"+86 {DEMAND.take_phone}", "phone"),
        ("134-5645-1211", "phone"),
    ],
)
async def test_it_is_found_by_whatever_is_at_hand(
    store: Store, keys: tuple[bytes, ...], text: str, by: str
) -> None:
    search = SearchKeys(keys)
    await kept(store, part_audited(), search)
    await kept(store, awaiting().set(zzy_order_id="77"), search, OTHER, "13900000000")
    assert await found(store, search, text) == [(NUM, by)]


@pytest.mark.parametrize(
    "text", ["", " ", "211", "2111", "991211", "c-3", f"{NUM}R2", "5645", "x1211", "1 2 1"]
)
async def test_what_names_nothing_finds_nothing(
    store: Store, keys: tuple[bytes, ...], text: str
) -> None:
    search = SearchKeys(keys)
    await kept(store, part_audited(), search)
    assert await found(store, search, text) == []


async def test_the_table_tells_no_phone_and_no_voucher(
    store: Store, keys: tuple[bytes, ...], tmp_path: Path
) -> None:
    await kept(store, has_tickets(), SearchKeys(keys))
    with sqlite3.connect(tmp_path / "bridge.db") as look:
        terms = {term for (term,) in look.execute("SELECT term FROM order_search")}
    assert terms
    told = " ".join(terms)
    assert "1211" not in told.replace(SearchKeys(keys).head, "")
    assert V1.code not in told
    guess = set(SearchKeys([bytes(32)]).lookups("1211")) | set(SearchKeys().lookups("1211"))
    assert bool(guess & terms) == (not keys)


async def test_a_replaced_key_still_finds_and_is_let_go_once_all_is_brought_under_the_new_one(
    bare: Store,
) -> None:
    before, both, after = SearchKeys([OLD]), SearchKeys([NEW, OLD]), SearchKeys([NEW])
    store = sealed(bare, Sealer([NEW, OLD]))
    await kept(sealed(bare, Sealer([OLD])), has_tickets(), before)
    assert await found(store, both, V1.code) == [(NUM, "voucher")]
    assert await found(store, after, V1.code) == []
    clock = HeldClock()
    assert (await Indexer(store, clock, both).sweep(dry_run=True)).done == 1
    assert await bare.term_keys() == {before.head: 3}
    done = await Indexer(store, clock, both).sweep()
    assert (done.looked_at, done.done) == (1, 1)
    assert await bare.term_keys() == {after.head: 3}
    assert await found(store, after, "1211") == [(NUM, "phone")]
    assert (await Indexer(store, clock, both).sweep()).looked_at == 0


async def test_orders_of_before_there_were_terms_are_found_after_a_sweep(
    store: Store, keys: tuple[bytes, ...]
) -> None:
    order = has_tickets().order
    await store.commit(Transition(snapshot.row(order, 1, NOON)))
    search = SearchKeys(keys)
    assert await found(store, search, V1.code) == []
    clock = HeldClock(NOON + timedelta(days=9))
    assert (await Indexer(store, clock, search).sweep(all_of_them=False)).done == 0
    assert (await Indexer(store, clock, search).sweep()).done == 1
    assert await found(store, search, V1.code) == [(NUM, "voucher")]


async def test_turning_keys_on_leaves_no_term_that_can_be_guessed(bare: Store) -> None:
    await kept(bare, has_tickets(), SearchKeys())
    search = SearchKeys([NEW])
    store = sealed(bare, Sealer([NEW]))
    assert await found(store, search, V1.code) == [(NUM, "voucher")]
    await Indexer(store, HeldClock(), search).sweep()
    assert f"#{UNKEYED}." not in await bare.term_keys()


async def test_without_its_key_an_order_is_left_and_named_as_sealed(bare: Store) -> None:
    await kept(sealed(bare, Sealer([OLD])), has_tickets(), SearchKeys([NEW]))
    store = sealed(bare, Sealer([NEW]))
    assert await found(store, SearchKeys([NEW]), V1.code) == [(NUM, "sealed")]
    done = await Indexer(store, HeldClock(), SearchKeys([NEW, OLD])).sweep()
    assert (done.looked_at, done.unopened) == (0, 0)
    done = await Indexer(store, HeldClock(), SearchKeys([OLD])).sweep()
    assert (done.looked_at, done.unopened) == (1, 1)


async def test_whose_people_are_forgotten_is_found_by_numbers_alone(
    store: Store, keys: tuple[bytes, ...]
) -> None:
    search = SearchKeys(keys)
    await kept(store, has_tickets(), search)
    clock = HeldClock(NOON + timedelta(days=90))
    assert await Eraser(store, clock, Policy()).erase(NUM, "asked for") == ""
    assert await store.term_keys() == {}
    assert await found(store, search, V1.code) == await found(store, search, "1211") == []
    assert await found(store, search, ZZY) == [(NUM, "zzy_order_id")]
    await Indexer(store, clock, search).sweep()
    assert await store.term_keys() == {}


def test_a_step_adds_only_what_is_new() -> None:
    search = SearchKeys([NEW])
    before, after = awaiting().order, has_tickets().order
    assert len(search.new_terms(None, before)) == 1
    assert search.new_terms(before, before) == []
    assert len(search.new_terms(before, after)) == 2
    assert set(search.terms(after)) == {
        *search.new_terms(None, before),
        *search.new_terms(before, after),
    }
