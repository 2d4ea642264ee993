"""Brief work on the SQLite file: who does it, and what becomes of it where something fails."""

import asyncio
import sqlite3
import sys
import threading
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest

from worker import calm
from worker.errors import StoreRefusedError
from worker.sqlite import Brief, SqliteFile, writer


@pytest.fixture
async def file(tmp_path: Path) -> AsyncIterator[SqliteFile]:
    opened = SqliteFile(tmp_path / "test.db")
    await opened.write(_run("CREATE TABLE t (n INTEGER PRIMARY KEY)"))
    yield opened
    await opened.close()


def _run(statement: str) -> Callable[[sqlite3.Connection], list[int]]:
    return lambda connection: [row[0] for row in connection.execute(statement)]


def _insert(number: int) -> Brief[list[int]]:
    return Brief(_run(f"INSERT INTO t VALUES ({number})"))  # noqa: S608


async def _numbers(file: SqliteFile) -> list[int]:
    return await file.read(_run("SELECT n FROM t ORDER BY n"))


def _whose(_: sqlite3.Connection) -> int:
    return threading.get_ident()


async def test_the_loop_does_brief_work_itself_and_no_other(file: SqliteFile) -> None:
    await _numbers(file)
    for ask in (file.write, file.read):
        assert await ask(Brief(_whose)) == threading.get_ident()
        assert await ask(_whose) != threading.get_ident()


async def test_brief_work_is_done_anew_where_another_fails(file: SqliteFile) -> None:
    done = await asyncio.gather(
        file.write(_insert(1)),
        file.write(Brief(_run("INSERT INTO t VALUES (2), (1)"))),
        file.write(_insert(2)),
        return_exceptions=True,
    )
    assert [type(one) for one in done] == [list, StoreRefusedError, list]
    assert await _numbers(file) == [1, 2]


async def test_brief_work_and_other_work_keep_their_order(file: SqliteFile) -> None:
    other = _run("UPDATE t SET n = n + 10")
    jobs = [file.write(_insert(1)), file.write(other), file.write(_insert(2)), file.write(other)]
    await asyncio.gather(*jobs)
    assert await _numbers(file) == [12, 21]


async def test_what_is_asked_soon_after_shares_a_commit(
    file: SqliteFile, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(calm, "GATHER_SECONDS", sys.maxsize)
    statements: list[str] = []
    await file.write(lambda connection: connection.set_trace_callback(statements.append))

    async def late(number: int) -> None:
        for _ in range(number * (calm.CALM_TURNS - 2)):
            await asyncio.sleep(0)
        await file.write(_insert(number))

    await asyncio.gather(*(late(number) for number in range(40)))
    await file.write(lambda connection: connection.set_trace_callback(None))
    begun = [one.split()[0] for one in statements]
    first = begun.index("INSERT")
    assert begun[first : first + 41] == [*["INSERT"] * 40, "COMMIT"]


@pytest.mark.parametrize("bound", ["MAX_BATCH", "GATHER_SECONDS"])
async def test_a_loop_that_is_never_calm_commits_all_the_same(
    file: SqliteFile, monkeypatch: pytest.MonkeyPatch, bound: str
) -> None:
    where, other = (calm, "GATHER_SECONDS") if bound == "MAX_BATCH" else (writer, "MAX_BATCH")
    monkeypatch.setattr(where, other, sys.maxsize)
    first = asyncio.ensure_future(file.write(_insert(0)))
    asked = [first]
    while not first.done():
        asked.append(asyncio.ensure_future(file.write(_insert(len(asked)))))
        await asyncio.sleep(0)
    await asyncio.gather(*asked)
    assert await _numbers(file) == list(range(len(asked)))


async def test_brief_work_is_answered_once_it_is_on_the_disk(file: SqliteFile) -> None:
    other = sqlite3.connect(file.path)
    for number in range(50):
        await file.write(_insert(number))
        assert other.execute("SELECT max(n) FROM t").fetchone() == (number,)
    other.close()


async def test_what_is_asked_in_one_turn_shares_a_commit(file: SqliteFile) -> None:
    statements: list[str] = []
    await file.write(lambda connection: connection.set_trace_callback(statements.append))
    await asyncio.gather(*(file.write(_insert(number)) for number in range(50)))
    await file.write(lambda connection: connection.set_trace_callback(None))
    begun = [one.split()[0] for one in statements]
    first = begun.index("INSERT")
    assert begun[first : first + 51] == [*["INSERT"] * 50, "COMMIT"]


async def test_what_a_brief_read_writes_is_undone(file: SqliteFile) -> None:
    await _numbers(file)
    await file.read(_insert(1))
    assert await _numbers(file) == []


async def test_the_loop_goes_on_while_another_process_writes(file: SqliteFile) -> None:
    await file.write(_insert(1))
    other = sqlite3.connect(file.path, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    writing = asyncio.ensure_future(file.write(_insert(2)))
    async with asyncio.timeout(2):
        for _ in range(20):
            await asyncio.sleep(0.01)
            assert not writing.done()
    other.execute("ROLLBACK")
    other.close()
    await writing
    assert await _numbers(file) == [1, 2]


async def test_close_finishes_brief_work(file: SqliteFile) -> None:
    jobs = [file.write(_insert(number)) for number in range(300)]
    await file.close()
    await asyncio.gather(*jobs)
    again = SqliteFile(file.path)
    assert len(await _numbers(again)) == 300
    await again.close()
