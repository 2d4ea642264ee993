"""The SQLite file between processes: killed, abandoned, opened at once, shared."""

import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path

import pytest

from worker.sqlite import create_file

ROOT = Path(__file__).parents[2]
WAIT = 60.0

WRITER = """
import asyncio, sys
from pathlib import Path
from worker.sqlite import SqliteFile

async def write(file, first):
    for number in range(first, first + 1_000_000, 8):
        await file.write(lambda one: one.execute("INSERT INTO t VALUES (?)", (number,)).rowcount)
        print(number, flush=True)

async def main():
    file = SqliteFile(Path(sys.argv[1]))
    await file.write(lambda one: one.execute("CREATE TABLE IF NOT EXISTS t (n)").rowcount)
    first = int(sys.argv[2])
    await asyncio.gather(*(write(file, first + number) for number in range(8)))

asyncio.run(main())
"""

LEAVER = """
import asyncio, sys
from pathlib import Path
from worker.sqlite import SqliteFile

async def main():
    file = SqliteFile(Path(sys.argv[1]))
    await file.write(lambda one: one.execute("CREATE TABLE t (n)").rowcount)
    insert = "INSERT INTO t VALUES (1)"
    for number in range(100):
        asyncio.ensure_future(file.write(lambda one: one.execute(insert).rowcount))
    await asyncio.sleep(0)

asyncio.run(main())
"""

OPENER = """
import asyncio, sys, time
from pathlib import Path
from worker.sqlite import SqliteFile

async def main():
    for number in range(15):
        while time.time() < float(sys.argv[2]) + number * 0.05:
            pass
        file = SqliteFile(Path(sys.argv[1]) / f"{number}.db")
        await asyncio.gather(
            file.read(lambda one: one.execute("SELECT 1 FROM sqlite_master").fetchall()),
            file.write(lambda one: one.execute("CREATE TABLE IF NOT EXISTS t (n)").rowcount),
        )
        await file.close()

asyncio.run(main())
"""

CLAIMER = """
import asyncio, sys
from datetime import UTC, datetime
from pathlib import Path
from worker.sqlite import SqliteFile
from worker.store.sqlite import SqliteStore

async def main():
    file = SqliteFile(Path(sys.argv[1]))
    store = SqliteStore(file)
    await store.start()
    now = datetime(2026, 3, 2, tzinfo=UTC)
    while found := await store.claim_due(now, limit=3, lease=30):
        print(*found, sep="\\n", flush=True)
    await file.close()

asyncio.run(main())
"""


def _spawn(code: str, *words: object) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-c", code, *map(str, words)],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def _finish(children: Sequence[subprocess.Popen[str]]) -> list[str]:
    """Wait for the children's good end; return all that they printed."""
    lines: list[str] = []
    for child in children:
        output, errors = child.communicate(timeout=WAIT)
        assert child.returncode == 0, errors
        assert errors == ""
        lines += output.split()
    return lines


def test_what_was_answered_survives_kill_9(tmp_path: Path) -> None:
    path = tmp_path / "test.db"
    told: set[int] = set()
    for life in range(8):
        child = _spawn(WRITER, path, life * 1_000_000)
        assert child.stdout is not None
        for _ in range(50):
            told.add(int(child.stdout.readline()))
        child.send_signal(signal.SIGKILL)
        rest = child.stdout.read()
        child.communicate(timeout=WAIT)
        # The last line may be cut off in the middle: only whole ones were told.
        told.update(int(line) for line in rest.splitlines(keepends=True) if line.endswith("\n"))
        with sqlite3.connect(path) as connection:
            assert connection.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
            kept = {row[0] for row in connection.execute("SELECT n FROM t")}
        connection.close()
        assert told <= kept
    assert len(told) >= 8 * 50


def test_making_sure_of_the_file_leaves_this_process_its_locks(tmp_path: Path) -> None:
    path = tmp_path / "test.db"
    ours = sqlite3.connect(path, isolation_level=None)
    ours.execute("BEGIN EXCLUSIVE")
    create_file(path)
    code = "import sqlite3, sys; sqlite3.connect(sys.argv[1], timeout=0).execute('BEGIN EXCLUSIVE')"
    child = _spawn(code, path)
    assert "locked" in child.communicate(timeout=WAIT)[1]
    ours.close()


def test_a_process_that_ends_without_closing_ends_well(tmp_path: Path) -> None:
    _finish([_spawn(LEAVER, tmp_path / "test.db")])
    connection = sqlite3.connect(tmp_path / "test.db")
    assert connection.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
    connection.close()


def test_processes_may_open_a_new_file_at_once(tmp_path: Path) -> None:
    start = time.time() + 1
    _finish([_spawn(OPENER, tmp_path, start) for _ in range(4)])
    assert len(list(tmp_path.glob("*.db"))) == 15


@pytest.mark.parametrize("workers", [3])
def test_processes_migrate_at_once_and_never_claim_the_same_order(
    tmp_path: Path, workers: int
) -> None:
    path = tmp_path / "test.db"
    _finish([_spawn(CLAIMER, path) for _ in range(workers)])  # nothing is due: they migrate
    connection = sqlite3.connect(path)
    with connection:
        connection.executemany(
            "INSERT INTO orders (order_num, version, app_key, channel_order_num, phase, wake_at,"
            " state, created_at, updated_at) VALUES (?, 1, 'k', 'c', 'paid', ?, x'', 0, 0)",
            [(f"o{number}", number) for number in range(300)],
        )
    connection.close()
    claimed = _finish([_spawn(CLAIMER, path) for _ in range(workers)])
    assert len(claimed) == 300
    assert len(set(claimed)) == 300
