"""A client, the simulated supplier, and answers of any shape, all on real sockets."""

from collections.abc import AsyncIterator, Callable
from typing import Any

import pytest
from aiohttp import web

from tests.clients.scripted import Everywhere, Scripted, Told, answer
from worker.clients.http import HttpClient, Limits
from worker.clients.zzy import ZzyAccess, ZzyClient
from worker.clock import SystemClock
from worker.simulators.hosting import LOOPBACK, Host
from worker.simulators.zzy import ZzySimulator

LIMITS = Limits(connect=1.0, read=0.3, total=30.0, answer_bytes=100_000)

Answering = Callable[..., None]


@pytest.fixture
async def scripted() -> AsyncIterator[Scripted]:
    server = Scripted()
    await server.start()
    yield server
    await server.stop()


@pytest.fixture
def answering(scripted: Scripted) -> Answering:
    """Say what is answered: ``answering("POST", url, status=..., body=...)``."""

    def told(method: str, url: str, **what: Any) -> None:  # noqa: ANN401  (those of answer)
        scripted.tell(method, url, Told(answer(**what)))

    return told


@pytest.fixture
async def http(scripted: Scripted) -> AsyncIterator[HttpClient]:
    client = HttpClient(LIMITS, resolver=Everywhere(scripted.port))
    yield client
    await client.close()


@pytest.fixture
async def zzy() -> AsyncIterator[ZzySimulator]:
    simulator = ZzySimulator()
    await simulator.start()
    yield simulator
    await simulator.stop()


@pytest.fixture
def client(http: HttpClient, zzy: ZzySimulator) -> ZzyClient:
    return ZzyClient(http, ZzyAccess(zzy.url, "9258", "demo-sign-key"), SystemClock())


@pytest.fixture
async def echo() -> AsyncIterator[str]:
    """The URL of a server on this machine that answers 200."""

    async def repeat(request: web.Request) -> web.Response:
        return web.Response(body=await request.read())

    host, application = Host(), web.Application()
    application.router.add_post("/{path:.*}", repeat)
    yield await host.start(application, LOOPBACK, 0)
    await host.stop()
