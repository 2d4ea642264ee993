"""The SQLite file: what is answered is on the disk, and no trouble spreads."""

import asyncio
import sqlite3
import stat
import threading
from collections.abc import AsyncIterator, Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from worker.errors import StoreRefusedError, StoreUnavailableError
from worker.sqlite import Brief, SqliteFile, connect
from worker.sqlite.jobs import Work


@pytest.fixture
async def file(tmp_path: Path) -> AsyncIterator[SqliteFile]:
    opened = SqliteFile(tmp_path / "deep" / "test.db")
    await opened.write(_run("CREATE TABLE t (n INTEGER PRIMARY KEY, v TEXT)"))
    yield opened
    await opened.close()


class _Plan:
    """Work to hand to the file."""

    def __init__(self, statement: str, *values: object) -> None:
        self._statement = statement
        self._values = values

    def __call__(self, connection: sqlite3.Connection) -> list[tuple[object, ...]]:
        return [tuple(row) for row in connection.execute(self._statement, self._values)]


def _run(statement: str, *values: object) -> _Plan:
    return _Plan(statement, *values)


def _insert(number: int) -> _Plan:
    return _run("INSERT INTO t VALUES (?, 'x')", number)


async def _numbers(file: SqliteFile) -> list[object]:
    return [row[0] for row in await file.read(_run("SELECT n FROM t ORDER BY n"))]


class _Gate:
    """A job that keeps the writer busy until it is opened."""

    def __init__(self, file: SqliteFile) -> None:
        self._open = threading.Event()
        self._begun = threading.Event()
        self._job = asyncio.ensure_future(file.write(self._wait))

    def _wait(self, _: sqlite3.Connection) -> None:
        self._begun.set()
        assert self._open.wait(10)

    async def reached(self) -> None:
        assert await asyncio.to_thread(self._begun.wait, 10)

    async def open(self) -> None:
        self._open.set()
        await self._job


async def _start(*jobs: asyncio.Task[Any]) -> None:
    """Let tasks hand in their jobs."""
    for _ in jobs:
        await asyncio.sleep(0)


async def test_it_is_opened_for_durability(file: SqliteFile) -> None:
    assert await file.write(_run("PRAGMA synchronous")) == [(2,)]
    assert await file.write(_run("PRAGMA journal_mode")) == [("wal",)]
    assert await file.write(_run("PRAGMA foreign_keys")) == [(1,)]
    assert await file.write(_run("PRAGMA temp_store")) == [(2,)], "pages lie in no other file"


async def test_only_its_owner_may_read_it(file: SqliteFile) -> None:
    for path in file.path.parent.iterdir():
        assert stat.S_IMODE(path.stat().st_mode) & 0o077 == 0, path.name


async def test_what_is_answered_is_committed(file: SqliteFile) -> None:
    other = sqlite3.connect(file.path)
    for number in range(50):
        await file.write(_insert(number))
        assert other.execute("SELECT max(n) FROM t").fetchone() == (number,)
    other.close()


async def test_jobs_that_wait_share_a_commit_and_keep_their_order(file: SqliteFile) -> None:
    gate = _Gate(file)
    await gate.reached()
    statements: list[str] = []
    jobs = [
        asyncio.ensure_future(file.write(lambda one: one.set_trace_callback(statements.append))),
        *(asyncio.ensure_future(file.write(_insert(number))) for number in range(50)),
    ]
    await _start(*jobs)
    await gate.open()
    await asyncio.gather(*jobs)
    assert statements.count("COMMIT") == 1
    inserts = [one for one in statements if one.startswith("INSERT")]
    assert [int("".join(filter(str.isdigit, one))) for one in inserts] == list(range(50))


async def test_an_error_undoes_its_own_job_alone(file: SqliteFile) -> None:
    def fail(connection: sqlite3.Connection) -> None:
        connection.execute("INSERT INTO t VALUES (2, 'x')")
        raise LookupError("mine")

    gate = _Gate(file)
    await gate.reached()
    jobs = asyncio.gather(
        file.write(_insert(1)), file.write(fail), file.write(_insert(3)), return_exceptions=True
    )
    await gate.open()
    done = await jobs
    assert isinstance(done[1], LookupError)
    assert await _numbers(file) == [1, 3]


async def test_a_statement_that_fails_undoes_itself_alone(file: SqliteFile) -> None:
    gate = _Gate(file)
    await gate.reached()
    several = _run("INSERT INTO t VALUES (5, 'x'), (1, 'x'), (6, 'x')")
    jobs = asyncio.gather(
        *(file.write(Brief(work)) for work in (_insert(1), several, _insert(3))),
        return_exceptions=True,
    )
    await asyncio.sleep(0)
    await gate.open()
    assert isinstance((await jobs)[1], StoreRefusedError)
    assert await _numbers(file) == [1, 3]


async def test_errors_are_ours_and_hold_no_values(file: SqliteFile) -> None:
    secret = "half a pair: \ud800"
    with pytest.raises(StoreRefusedError) as refused:
        await file.write(_run("INSERT INTO t VALUES (1, ?)", secret))
    assert "half" not in repr(refused.value)
    await file.write(_insert(7))
    with pytest.raises(StoreRefusedError):
        await file.write(_insert(7))
    with pytest.raises(StoreUnavailableError, match="no such table"):
        await file.read(_run("SELECT * FROM nowhere"))


async def test_an_error_at_the_commit_reaches_everybody_in_it(file: SqliteFile) -> None:
    await file.write(_run("CREATE TABLE child (n REFERENCES t (n) DEFERRABLE INITIALLY DEFERRED)"))
    gate = _Gate(file)
    await gate.reached()
    jobs = asyncio.gather(
        file.write(_insert(1)),
        file.write(_run("INSERT INTO child VALUES (99)")),
        return_exceptions=True,
    )
    await asyncio.sleep(0)
    await gate.open()
    done = await jobs
    assert [isinstance(one, StoreUnavailableError) for one in done] == [True, True]
    assert await _numbers(file) == []
    await file.write(_insert(2))
    assert await _numbers(file) == [2]


@pytest.mark.parametrize("kind", [lambda work: work, Brief])
async def test_a_transaction_that_sqlite_ends_by_itself_fails_whole(
    file: SqliteFile, kind: Callable[[_Plan], Work[object]]
) -> None:
    await file.write(_insert(1))
    gate = _Gate(file)
    await gate.reached()
    jobs = asyncio.gather(
        file.write(_insert(2)),
        file.write(kind(_run("INSERT OR ROLLBACK INTO t VALUES (1, 'x')"))),
        file.write(_insert(3)),
        return_exceptions=True,
    )
    await asyncio.sleep(0)
    await gate.open()
    assert [type(one) for one in await jobs] == [StoreUnavailableError] * 3
    await file.write(_insert(4))
    assert await _numbers(file) == [1, 4]


async def test_what_a_read_writes_is_undone(file: SqliteFile) -> None:
    await file.read(_insert(1))
    assert await _numbers(file) == []


async def test_reads_see_one_state_and_pass_a_busy_writer(file: SqliteFile) -> None:
    await file.write(_insert(1))
    gate = _Gate(file)
    await gate.reached()
    assert await asyncio.wait_for(_numbers(file), 5) == [1]
    await gate.open()


async def test_a_busy_database_ends_in_an_error_and_is_tried_afresh(
    file: SqliteFile, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(connect, "BUSY_TIMEOUT_SECONDS", 0.1)
    other_door = SqliteFile(file.path)
    other = sqlite3.connect(file.path, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    with pytest.raises(StoreUnavailableError, match="locked"):
        await other_door.write(_insert(1))
    assert await _numbers(other_door) == []
    other.execute("ROLLBACK")
    other.close()
    await other_door.write(_insert(2))
    assert await _numbers(other_door) == [2]
    await other_door.close()


async def test_a_broken_connection_is_replaced(file: SqliteFile) -> None:
    with pytest.raises(StoreUnavailableError):
        await file.write(sqlite3.Connection.close)
    await file.write(_insert(1))
    assert await _numbers(file) == [1]


async def test_a_new_file_that_another_is_opening_is_waited_for(tmp_path: Path) -> None:
    other = sqlite3.connect(tmp_path / "new.db", isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    file = SqliteFile(tmp_path / "new.db")
    writing = asyncio.ensure_future(file.write(_run("CREATE TABLE t (n)")))
    await asyncio.wait([writing], timeout=0.1)
    assert not writing.done()
    other.execute("COMMIT")
    other.close()
    await writing
    await file.close()


async def test_close_finishes_what_was_asked_for_and_takes_no_more(file: SqliteFile) -> None:
    gate = _Gate(file)
    await gate.reached()
    jobs = [asyncio.ensure_future(file.write(_insert(number))) for number in range(300)]
    await _start(*jobs)
    closing = [asyncio.ensure_future(file.close()) for _ in range(2)]
    await asyncio.sleep(0)
    with pytest.raises(StoreUnavailableError, match="closed"):
        await file.write(_insert(1000))
    await gate.open()
    await asyncio.gather(*jobs, *closing)
    with pytest.raises(StoreUnavailableError, match="closed"):
        await file.read(_insert(1000))
    again = SqliteFile(file.path)
    assert len(await _numbers(again)) == 300
    await again.close()


async def test_closing_what_was_never_used_is_harmless(tmp_path: Path) -> None:
    file = SqliteFile(tmp_path / "never.db")
    await file.close()
    await file.close()
    assert not file.path.exists()


async def test_a_cancelled_caller_harms_nobody(file: SqliteFile) -> None:
    gate = _Gate(file)
    await gate.reached()
    cancelled = asyncio.ensure_future(file.write(_insert(1)))
    kept = asyncio.ensure_future(file.write(_insert(2)))
    await _start(cancelled, kept)
    cancelled.cancel()
    await gate.open()
    await kept
    assert cancelled.cancelled()
    assert 2 in await _numbers(file)


async def test_a_loop_that_was_closed_harms_nobody(file: SqliteFile) -> None:
    gate = _Gate(file)
    await gate.reached()

    async def leave() -> None:
        asyncio.ensure_future(file.write(_insert(1)))  # noqa: RUF006  (it is left behind)
        await asyncio.sleep(0)

    def elsewhere() -> None:
        loop = asyncio.new_event_loop()
        loop.run_until_complete(leave())
        for task in asyncio.all_tasks(loop):
            task.cancel()
        loop.run_until_complete(asyncio.sleep(0))
        loop.close()

    with ThreadPoolExecutor(1) as executor:
        await asyncio.get_running_loop().run_in_executor(executor, elsewhere)
    await gate.open()
    await file.write(_insert(2))
    assert 2 in await _numbers(file)
