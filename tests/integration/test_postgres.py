"""The PostgreSQL store in trouble: blocked, cut off, refused."""

import asyncio
import time
import traceback
from collections.abc import AsyncIterator

import asyncpg
import pytest

from tests.integration.patience import until_it_works
from tests.parity.store.kit import commit, entry, full, held, order_row, unsent_ids
from worker.errors import StoreRefusedError, StoreUnavailableError
from worker.runtime.ports import Transition
from worker.store.postgres import PostgresStore, database

pytestmark = pytest.mark.servers


@pytest.fixture
async def store(postgres_url: str) -> AsyncIterator[PostgresStore]:
    opened = PostgresStore(postgres_url)
    await opened.start()
    yield opened
    await opened.close()


@pytest.fixture
async def other(
    store: PostgresStore,  # noqa: ARG001  (the tables must be there)
    postgres_url: str,
) -> AsyncIterator["asyncpg.Connection[asyncpg.Record]"]:
    """A connection of somebody else."""
    connection = await asyncpg.connect(postgres_url, timeout=5)
    yield connection
    await connection.close()


async def test_a_blocked_commit_ends_and_the_connections_stay_usable(
    store: PostgresStore,
    other: "asyncpg.Connection[asyncpg.Record]",
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    await commit(store, full())
    monkeypatch.setattr(database, "LIMIT_SECONDS", 0.3)
    async with other.transaction():
        await other.execute("SELECT 1 FROM orders FOR UPDATE")
        for _ in range(12):  # more than there are connections
            with pytest.raises(StoreUnavailableError):
                await store.commit(full(version=2))
        await commit(store, full("another"))
    await until_it_works(store.ping)
    row = (await store.load("o1")).row
    assert row is not None
    assert row.version in {1, 2}


async def test_who_loads_while_a_commit_of_the_order_is_on_its_way_waits_for_it(
    store: PostgresStore, other: "asyncpg.Connection[asyncpg.Record]"
) -> None:
    await commit(store, full())
    async with other.transaction():
        await other.execute("SELECT 1 FROM orders FOR UPDATE")
        committed = asyncio.ensure_future(store.commit(full(version=2)))
        await _blocked(other, 1)
        loaded = asyncio.ensure_future(store.load("o1"))
        assert (await store.load("o2")).row is None  # nobody else waits
        assert not loaded.done()
    assert (await committed).applied
    row = (await loaded).row
    assert row is not None
    assert row.version == 2


async def test_a_cancelled_caller_harms_nobody(
    store: PostgresStore, other: "asyncpg.Connection[asyncpg.Record]"
) -> None:
    await commit(store, full())
    async with other.transaction():
        await other.execute("SELECT 1 FROM orders FOR UPDATE")
        cancelled = asyncio.ensure_future(store.commit(full(version=2)))
        kept = asyncio.ensure_future(store.commit(full("o2")))
        direct = asyncio.ensure_future(store._all("SELECT 1 FROM orders FOR UPDATE"))
        await _blocked(other, 2)
        cancelled.cancel()
        direct.cancel()
        await asyncio.wait([cancelled, direct])
    assert cancelled.cancelled()
    assert direct.cancelled()
    assert (await kept).applied
    assert (await store.load("o2")).row == order_row("o2")


async def test_a_connection_that_is_cut_is_an_unknown_outcome(
    store: PostgresStore, other: "asyncpg.Connection[asyncpg.Record]"
) -> None:
    await commit(store, full())
    async with other.transaction():
        await other.execute("SELECT 1 FROM orders FOR UPDATE")
        waiting = asyncio.ensure_future(store.commit(full(version=2)))
        await _blocked(other, 1)
        await other.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
            " WHERE datname = current_database() AND pid <> pg_backend_pid()"
        )
        with pytest.raises(StoreUnavailableError):
            await waiting
    assert (await until_it_works(lambda: store.commit(full(version=2)))).applied


async def test_a_cancellation_that_nobody_asked_for_is_a_lost_connection(
    store: PostgresStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def lost(*_: object) -> None:
        raise asyncio.CancelledError

    monkeypatch.setattr(asyncpg.Connection, "fetch", lost)
    with pytest.raises(StoreUnavailableError):
        await store.commit(full())
    with pytest.raises(StoreUnavailableError):
        await store.ping()
    monkeypatch.undo()
    await commit(store, full())


async def test_an_error_holds_no_values(
    store: PostgresStore, other: "asyncpg.Connection[asyncpg.Record]"
) -> None:
    await other.execute("CREATE UNIQUE INDEX odd ON orders (channel_order_num)")
    secret = "410102195431547812"
    await commit(store, full(channel_order_num=secret))
    for values in ({"channel_order_num": secret}, {"phase": f"{secret}\0"}, {"version": secret}):
        row = order_row("o2")
        for name, value in values.items():
            object.__setattr__(row, name, value)
        with pytest.raises(Exception) as caught:  # noqa: PT011  (whatever it is)
            await store.commit(Transition(row))
        assert secret not in "".join(traceback.format_exception(caught.value))
        assert "version" in values or isinstance(caught.value, StoreRefusedError)


async def test_neither_do_other_statements_errors(
    store: PostgresStore, other: "asyncpg.Connection[asyncpg.Record]"
) -> None:
    secret = "410102195431547812"
    await other.execute(
        "CREATE FUNCTION complain() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN"
        " RAISE EXCEPTION 'no %', NEW.id USING DETAIL = NEW.id; END $$;"
        "CREATE TRIGGER complain BEFORE INSERT ON held_notices"
        " FOR EACH ROW EXECUTE FUNCTION complain()"
    )
    complained = held(secret)
    ill_typed = held("h1")
    object.__setattr__(ill_typed, "received_at", secret)
    for notice in (complained, ill_typed):
        with pytest.raises(StoreUnavailableError) as caught:
            await store.hold_notice(notice)
        assert secret not in "".join(traceback.format_exception(caught.value))


async def test_who_is_cancelled_while_waiting_asks_nothing(
    store: PostgresStore, other: "asyncpg.Connection[asyncpg.Record]"
) -> None:
    await commit(store, full())
    async with other.transaction():
        await other.execute("SELECT 1 FROM orders FOR UPDATE")
        second = asyncio.ensure_future(store.commit(full(version=2)))
        await _blocked(other, 1)
        third = asyncio.ensure_future(store.commit(full(version=3)))
        await asyncio.sleep(0)
        third.cancel()
    assert (await second).applied
    await commit(store, full("o2"))
    assert (await store.load("o1")).row == order_row(version=2)


async def test_commits_asked_together_are_few_statements(
    store: PostgresStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    count = 0
    fetch = store._database.fetch

    async def counted(statement: str, *values: object) -> list[asyncpg.Record]:
        nonlocal count
        count += 1
        return await fetch(statement, *values)

    monkeypatch.setattr(store._database, "fetch", counted)
    await asyncio.gather(*(commit(store, full(f"o{number}")) for number in range(100)))
    assert count == 1
    await asyncio.gather(*(store.load(f"o{number}", ["a"]) for number in range(100)))
    assert count == 2


async def test_sessions_have_their_limits(
    store: PostgresStore, other: "asyncpg.Connection[asyncpg.Record]"
) -> None:
    await other.execute(
        f"ALTER DATABASE {await other.fetchval('SELECT current_database()')}"
        " SET synchronous_commit = off"
    )
    fresh = PostgresStore(store._url)
    await fresh.start()
    found = await fresh._all(
        "SELECT current_setting('synchronous_commit'), current_setting('statement_timeout')"
    )
    assert tuple(found[0]) == ("on", "5s")
    await fresh.mark_sent(["m"])
    assert (await fresh._all("SELECT current_setting('synchronous_commit')"))[0][0] == "on"
    await fresh.close()


async def test_for_a_pooler_no_statement_is_kept_and_nothing_is_set(postgres_url: str) -> None:
    store = PostgresStore(postgres_url, statement_cache_size=0)
    await store.start()
    for version in (1, 2, 3):
        await commit(store, Transition(order_row(version=version), entries=[entry()]))
    assert await unsent_ids(store) == []
    kept = await store._all("SELECT count(*) FROM pg_prepared_statements WHERE name <> ''")
    assert kept[0][0] == 0
    limit = await store._all("SELECT current_setting('statement_timeout')")
    assert limit[0][0] == "0"
    await store.close()


async def _blocked(connection: "asyncpg.Connection[asyncpg.Record]", count: int) -> None:
    """Wait until so many others of this database wait for a lock."""
    deadline = time.monotonic() + 10
    while True:
        await connection.execute("SELECT pg_stat_clear_snapshot()")
        waiting = await connection.fetchval(
            "SELECT count(*) FROM pg_stat_activity"
            " WHERE datname = current_database() AND wait_event_type = 'Lock'"
        )
        if waiting >= count:
            return
        assert time.monotonic() < deadline
        await asyncio.sleep(0.01)
