"""Fixtures: a simulated gateway on a real socket, the client, a store in a file."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.stores import sqlite_store
from worker.clients.gateways import GatewayClient
from worker.clients.http import Limits
from worker.simulators.sms import SmsSimulator
from worker.store.sqlite import SqliteStore


@pytest.fixture
async def store(tmp_path: Path) -> AsyncIterator[SqliteStore]:
    async with sqlite_store(tmp_path) as opened:
        yield opened


@pytest.fixture
async def http() -> AsyncIterator[GatewayClient]:
    client = GatewayClient(Limits(connect=1.0, read=0.2, total=0.2))
    yield client
    await client.close()


@pytest.fixture
async def simulator() -> AsyncIterator[SmsSimulator]:
    gateway = SmsSimulator(secret="testSecret")
    await gateway.start()
    yield gateway
    await gateway.stop()
