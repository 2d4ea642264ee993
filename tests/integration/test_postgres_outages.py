"""The PostgreSQL store beside a server that is frozen or killed."""

import asyncio
import time
from collections.abc import Iterator

import pytest

from tests.integration.patience import until_it_works
from tests.integration.proxy import proxied
from tests.parity.store.kit import after, commit, full, order_row
from tests.servers.private import private_postgres
from tests.servers.process import Server
from worker.errors import StoreUnavailableError
from worker.store.postgres import PostgresStore, database
from worker.store.together import Step

pytestmark = pytest.mark.servers

MARGIN = 2.0


@pytest.fixture(scope="module")
def own_server() -> Iterator[Server]:
    """A server that only these tests use, for it is frozen and killed."""
    server = private_postgres()
    server.start()
    yield server
    server.discard()


async def test_a_frozen_server_is_given_up_in_time_and_used_again(own_server: Server) -> None:
    store = PostgresStore(own_server.url)
    await store.start()
    await commit(store, full("before"))
    own_server.pause()
    try:
        begun = time.monotonic()
        done = await asyncio.gather(
            store.commit(full("a")),
            store.load("before"),
            store.ping(),
            store.mark_sent(["out-before-1"]),
            store.claim_due(after(0), limit=1, lease=1),
            return_exceptions=True,
        )
        assert time.monotonic() - begun < database.LIMIT_SECONDS + MARGIN
        assert [type(one) for one in done] == [StoreUnavailableError] * 5
    finally:
        own_server.resume()
    await until_it_works(store.ping)
    assert (await store.load("before")).row == order_row("before")
    done_again = await store.commit(full("a"))
    # The first try may have been carried out after all; the swap shows it.
    assert done_again.applied or (await store.load("a")).row == order_row("a")
    await store.close()


async def test_closing_beside_a_frozen_server_takes_bounded_time(own_server: Server) -> None:
    store = PostgresStore(own_server.url)
    await store.start()
    own_server.pause()
    try:
        waiting = [asyncio.ensure_future(store.commit(full(f"w{n}"))) for n in range(600)]
        await asyncio.sleep(0)
        begun = time.monotonic()
        await store.close()
        limit = 2 * database.CLOSE_SECONDS + MARGIN
        assert time.monotonic() - begun < limit
        done = await asyncio.gather(*waiting, return_exceptions=True)
        assert {type(one) for one in done} == {StoreUnavailableError}
    finally:
        own_server.resume()
    with pytest.raises(StoreUnavailableError):
        await store.ping()


async def test_what_was_committed_survives_a_server_that_is_killed(own_server: Server) -> None:
    store = PostgresStore(own_server.url)
    await store.start()
    applied: list[str] = []
    failed = asyncio.Event()
    enough = asyncio.Event()

    async def work(name: str) -> None:
        for number in range(100_000):
            num = f"kill-{name}-{number}"
            try:
                done = await store.commit(full(num))
            except StoreUnavailableError:
                failed.set()
                return
            assert done.applied
            applied.append(num)
            if len(applied) > 300:
                enough.set()

    work_all = asyncio.gather(*(work(str(number)) for number in range(16)))
    await asyncio.wait_for(enough.wait(), 30)
    await asyncio.to_thread(own_server.kill)
    await asyncio.wait_for(work_all, 10)
    assert failed.is_set()
    with pytest.raises(StoreUnavailableError):
        await store.ping()
    unreachable = PostgresStore(own_server.url)
    with pytest.raises(StoreUnavailableError):
        await unreachable.start()
    await asyncio.to_thread(own_server.start)
    await until_it_works(store.ping)
    rows = await asyncio.gather(*(store.load(num, [f"in-{num}-1"]) for num in applied))
    assert [one.row for one in rows] == [order_row(num) for num in applied]
    assert all(len(one.seen) == 1 for one in rows)
    await store.close()


@pytest.mark.acceptance
async def test_a_machine_that_is_cut_off_within_a_transaction_holds_no_row_for_long(
    own_server: Server,
) -> None:
    here = PostgresStore(own_server.url)
    await here.start()
    await commit(here, full("held"))
    async with proxied(own_server.url) as proxy:
        away = PostgresStore(proxy.url)
        await away.start()
        touch = "UPDATE orders SET wake_at = NULL WHERE order_num = 'held' RETURNING 1"
        cut = asyncio.Event()

        def cut_off(_found: object) -> tuple[object, ...]:
            proxy.freeze()
            cut.set()
            return ()

        lost = asyncio.ensure_future(away._run(Step(touch), Step(touch, cut_off)))
        await cut.wait()
        assert await until_it_works(lambda: here._run(Step(touch)))
        with pytest.raises(StoreUnavailableError):
            await lost
        proxy.thaw()
        await away.close()
    await here.close()
