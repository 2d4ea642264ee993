"""A client, the simulated supplier on a real socket, and answers without one."""

from collections.abc import AsyncIterator, Callable, Iterator
from typing import Any
from unittest.mock import Mock

import pytest
from aiohttp import ClientResponse, web
from aioresponses import aioresponses

from worker.clients.http import HttpClient, Limits
from worker.clients.zzy import ZzyAccess, ZzyClient
from worker.clock import SystemClock
from worker.simulators.hosting import LOOPBACK, Host
from worker.simulators.zzy import ZzySimulator

LIMITS = Limits(connect=1.0, read=0.3, total=30.0, answer_bytes=100_000)

Answering = Callable[..., None]


class Response(ClientResponse):
    """Gives aiohttp 3.14 the argument that aioresponses 0.7.9 does not know yet."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:  # noqa: ANN401  (aiohttp's own)
        kwargs.setdefault("stream_writer", Mock(output_size=0))
        super().__init__(*args, **kwargs)


@pytest.fixture
def answering() -> Iterator[Answering]:
    """Say what is answered: ``answering("POST", url, status=..., body=...)``."""
    with aioresponses() as mocked:

        def answer(method: str, url: str, **what: Any) -> None:  # noqa: ANN401  (aioresponses' own)
            mocked.add(url, method, response_class=Response, **what)

        yield answer


@pytest.fixture
async def http() -> AsyncIterator[HttpClient]:
    client = HttpClient(LIMITS)
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

    async def answer(request: web.Request) -> web.Response:
        return web.Response(body=await request.read())

    host, application = Host(), web.Application()
    application.router.add_post("/{path:.*}", answer)
    yield await host.start(application, LOOPBACK, 0)
    await host.stop()
