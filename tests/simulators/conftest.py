"""The simulated supplier with its callback, and a client to call it with."""

from collections.abc import AsyncIterator

import pytest
from aiohttp import web

from tests.simulators.callback import Callback
from worker.clients.http import HttpClient, Limits
from worker.clients.zzy import ZzyAccess, ZzyClient
from worker.clock import SystemClock
from worker.simulators.hosting import LOOPBACK, Host
from worker.simulators.zzy import ZzySimulator
from worker.simulators.zzy_faults import ZzyFaults


@pytest.fixture
async def callback() -> AsyncIterator[Callback]:
    callback, host, application = Callback(), Host(), web.Application()
    application.router.add_post("/zzy/notify", callback.take)
    callback.url = await host.start(application, LOOPBACK, 0) + "/zzy/notify"
    yield callback
    await host.stop()


@pytest.fixture
async def zzy(callback: Callback) -> AsyncIterator[ZzySimulator]:
    faults = ZzyFaults(resend_first=0.01, resend_max=0.02, refund_delay=0.0, late_seconds=0.2)
    simulator = ZzySimulator(callback_url=callback.url, faults=faults)
    await simulator.start()
    yield simulator
    await simulator.stop()


@pytest.fixture
async def client(zzy: ZzySimulator) -> AsyncIterator[ZzyClient]:
    http = HttpClient(Limits(read=2))
    yield ZzyClient(http, ZzyAccess(zzy.url, "9258", "demo-sign-key"), SystemClock())
    await http.close()
