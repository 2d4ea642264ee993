"""An ingress on a free port, with a broker and a clock in the test's hand."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any, cast

import pytest
from aiohttp import web
from aiohttp.test_utils import TestClient, TestServer

from contracts.strict_json import dumps
from tests.doubles import HeldClock
from tests.ingress.doubles import (
    APP_KEY,
    NEW_SECRET,
    PARTNER,
    PATH,
    SECRET,
    SIGN_KEY,
    FakeBroker,
    signed,
    zzy_headers,
)
from worker.ingress.config import ChannelAccess, IngressConfig
from worker.ingress.server import build
from worker.ingress.shortcut import cut_short
from worker.runtime.ports import Broker


@dataclass
class Door:
    """The ingress as its callers see it."""

    client: TestClient[Any, Any]
    broker: FakeBroker
    clock: HeldClock

    async def post(self, path: str, body: bytes) -> tuple[int, Any]:
        async with self.client.post(path, data=body) as answer:
            return answer.status, await answer.json()

    async def ask(self, interface: str, params: object, **how: str) -> tuple[int, Any]:
        """Call an interface with ``params``, as text or as what is written as JSON."""
        text = params if isinstance(params, str) else dumps(params)
        return await self.post(f"/public/{interface}", signed(text, self.clock.now(), **how))

    async def create(self, params: str, **how: str) -> tuple[int, Any]:
        return await self.post("/public/createOrder", signed(params, self.clock.now(), **how))

    async def cancel(self, params: str, **how: str) -> tuple[int, Any]:
        return await self.post("/public/cancelOrder", signed(params, self.clock.now(), **how))

    async def notify(self, body: bytes, **how: str) -> tuple[int, Any]:
        headers = zzy_headers(self.clock.now(), **how)
        async with self.client.post(PATH, data=body, headers=headers) as answer:
            return answer.status, await answer.json()


CONFIG = IngressConfig(
    channels={
        APP_KEY: ChannelAccess(APP_KEY, (SECRET, NEW_SECRET)),
        "trusting": ChannelAccess("trusting", (SECRET,), audit_reply="accepted"),
        "quick": ChannelAccess("quick", (SECRET,), reply_on="accepted"),
        "mute": ChannelAccess("mute", ()),
    },
    partner_id=PARTNER,
    sign_keys=(SIGN_KEY, "previous"),
    publish_timeout_seconds=0.1,
    reply_wait_seconds=0.1,
    body_limit_bytes=20_000,
    body_timeout_seconds=0.5,
)


class SocketServer(TestServer):
    """The application as it is served in earnest."""

    async def start_server(
        self,
        loop: asyncio.AbstractEventLoop | None = None,
        **kwargs: Any,  # noqa: ANN401  (aiohttp's own)
    ) -> None:
        await super().start_server(loop, **kwargs)
        assert isinstance(self.runner, web.AppRunner)
        assert self.runner.server is not None
        cut_short(self.runner.server, self.app)


async def opened(config: IngressConfig) -> AsyncIterator[Door]:
    broker, clock = FakeBroker(), HeldClock()
    app = build(broker=cast(Broker, broker), clock=clock, config=config)
    async with TestClient(SocketServer(app)) as client:
        yield Door(client, broker, clock)


@pytest.fixture
async def door() -> AsyncIterator[Door]:
    async for each in opened(CONFIG):
        yield each
