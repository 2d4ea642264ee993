"""The servers of the tests themselves."""

import asyncio
import os
import resource
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import aio_pika
import asyncpg
import pytest

from contracts.queues import ORDERS
from tests.servers import private_postgres, private_rabbit
from tests.servers.private import ADVICE, _first_way
from tests.servers.process import MissingProgramError, Server, ServerError, find_program
from tests.servers.rabbit import control

ROOT = Path(__file__).parents[2]


@pytest.mark.parametrize("turn", [1, 2])
async def test_each_test_gets_an_empty_virtual_host(amqp_url: str, turn: int) -> None:
    connection = await aio_pika.connect(amqp_url)
    async with connection:
        channel = await connection.channel()
        quorum: dict[str, Any] = {"x-queue-type": "quorum"}
        queue = await channel.declare_queue(ORDERS, durable=True, arguments=quorum)
        assert queue.declaration_result.message_count == 0
        await channel.default_exchange.publish(aio_pika.Message(b"%d" % turn), ORDERS)
        message = await queue.get()
        assert message.body == b"%d" % turn


@pytest.mark.parametrize("turn", [1, 2])
async def test_each_test_gets_an_empty_database(postgres_url: str, turn: int) -> None:
    connection = await asyncpg.connect(postgres_url)
    try:
        await connection.execute(f"CREATE TABLE t AS SELECT {turn} AS turn")
        assert await connection.fetchval("SELECT turn FROM t") == turn
    finally:
        await connection.close()


@pytest.mark.servers
async def test_a_private_database_survives_a_kill_and_a_pause() -> None:
    server = private_postgres()
    try:
        await asyncio.to_thread(server.start)
        connection = await asyncpg.connect(server.url)
        await connection.execute("CREATE TABLE t AS SELECT 7 AS a")
        server.pause()
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(connection.fetchval("SELECT a FROM t"), 0.2)
        server.resume()
        await asyncio.to_thread(server.kill)
        connection.terminate()
        await asyncio.to_thread(server.start)
        connection = await asyncpg.connect(server.url)
        assert await connection.fetchval("SELECT a FROM t") == 7
        await connection.close()
    finally:
        server.discard()
    assert not server.folder.exists()


@pytest.mark.servers
def test_a_private_broker_may_open_more_files_than_a_login_may() -> None:
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    server = private_rabbit()
    resource.setrlimit(resource.RLIMIT_NOFILE, (1024, hard))
    try:
        server.start()
        answer = control(server.folder, "eval", 'string:trim(os:cmd("ulimit -n")).')
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
        server.discard()
    assert int(answer.strip().strip('"')) > 1024


@pytest.mark.servers
@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM, signal.SIGINT])
def test_nothing_stays_when_the_tests_are_ended(number: signal.Signals) -> None:
    program = (
        "import sys, time; from tests.servers import PostgresServer\n"
        "s = PostgresServer(); s.start(); print(s.pids[0], s.folder, flush=True); time.sleep(60)"
    )
    with subprocess.Popen(
        [sys.executable, "-c", program], cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
    ) as process:
        assert process.stdout is not None
        pid, folder = process.stdout.readline().decode().split()
        process.send_signal(number)
    _until(lambda: not Path(folder).exists())
    _until(lambda: not _runs(int(pid)))


def _runs(pid: int) -> bool:
    state = subprocess.run(
        ["ps", "-o", "stat=", "-p", str(pid)], capture_output=True, text=True, check=False
    ).stdout.strip()
    return bool(state) and not state.startswith("Z")


def _until(true: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 15
    while not true():
        assert time.monotonic() < deadline
        time.sleep(0.05)


def test_missing_servers_fail_and_say_what_to_do(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tests.servers.private.can_install", lambda: False)
    monkeypatch.setattr("tests.servers.private.engine_answers", lambda: False)

    def missing() -> Server:
        raise MissingProgramError("rabbitmq-server is not installed")

    with pytest.raises(ServerError, match="rabbitmq-server is not installed") as caught:
        _first_way(missing, missing)
    assert str(caught.value) == ADVICE.format(missing="rabbitmq-server is not installed")


def test_a_program_is_looked_for_in_its_places_then_on_the_path(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for folder in ("one", "two"):
        (tmp_path / folder).mkdir()
        program = tmp_path / folder / "server"
        program.write_text("#!/bin/sh\n")
        program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}/one{os.pathsep}{os.environ['PATH']}")
    assert find_program("server") == f"{tmp_path}/one/server"
    assert find_program("server", f"{tmp_path}/tw*") == f"{tmp_path}/two/server"
    with pytest.raises(MissingProgramError):
        find_program("no-such-server")
