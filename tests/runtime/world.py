"""The saga's shell with a real store and a real broker, a scripted ZZY, and time by hand.

``restart()`` is a crash: everything in memory is gone, the files stay.
"""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from contracts.zzy import (
    CancelAnswer,
    CreateAnswer,
    PayAnswer,
    PersonQrCodesAnswer,
    RefundAnswer,
)
from tests.doubles import NOON
from tests.runtime.messages import OUR_NUM, create_message
from tests.saga.facts import ZZY
from worker.broker.embedded import EmbeddedBroker
from worker.clock import SystemClock
from worker.runtime import snapshot
from worker.runtime.breaker import BreakerPlan
from worker.runtime.catalogue import Catalogue
from worker.runtime.catalogue_sync import CatalogueSync
from worker.runtime.commands import Commands
from worker.runtime.door import Door
from worker.runtime.early_refusals import EarlyRefusals
from worker.runtime.evidence import Evidence
from worker.runtime.gate import Gate as ZzyGate
from worker.runtime.handle import Saga
from worker.runtime.listing import Listing
from worker.runtime.notices import Notices
from worker.runtime.outbox import Outbox
from worker.runtime.outcome import Ack, Outcome
from worker.runtime.perform import Performer
from worker.runtime.ports import Broker, Message, OrderRow, Store
from worker.runtime.pressure import Pressure
from worker.runtime.products import ProductNews
from worker.runtime.timers import Timers
from worker.runtime.upstreams import Upstreams
from worker.runtime.valve import Valve
from worker.saga.policy import Policy
from worker.saga.states import Order
from worker.sqlite import SqliteFile
from worker.store.sqlite import SqliteStore
from worker.tasks import TaskGroup
from worker.translation.commands import ProductMap
from worker.translation.outbound import Partner
from worker.translation.refusals import RefusalPatterns
from worker.translation.supplier import Refused, Succeeded, Unknown

PATIENCE = 10.0

CREATED = Succeeded(
    CreateAnswer.parse(f'{{"IsSuccess":true,"Data":{{"OrderId":{ZZY},"OrderStatus":0}}}}'), "log-c"
)
PAID = Succeeded(PayAnswer.parse('{"IsSuccess":true,"Data":{"OrderStatus":1}}'), "log-p")
ALREADY_PAID = Refused("500", "订单已支付", "log-a")
CANCELLED = Succeeded(CancelAnswer.parse('{"IsSuccess":true}'), "log-x")
NO_CODES = Succeeded(PersonQrCodesAnswer.parse('{"IsSuccess":true,"Data":[]}'), "")
AUDIT = Succeeded(
    RefundAnswer.parse('{"IsSuccess":true,"Data":{"ApplyId":71,"RefundStatus":0}}'), "log-r"
)
TIMEOUT = Unknown("timeout")
Result = Any
Script = Result | Callable[[], Awaitable[Result]]


class HandClock:
    """Time that stands still until a test moves it."""

    def __init__(self) -> None:
        self._now = NOON

    def now(self) -> datetime:
        return self._now

    async def sleep(self, seconds: float) -> None:
        raise AssertionError(f"slept {seconds} s: call the sweep or the poll by hand")

    def advance(self, seconds: float) -> None:
        self._now += timedelta(seconds=seconds)


class ScriptedZzy:
    """Answers each call from its list; a callable is awaited in its place."""

    def __init__(self) -> None:
        self.calls: list[str] = []
        self.requests: list[Any] = []
        self._script: dict[str, list[Script]] = {}

    def will(self, call: str, *results: Script) -> None:
        self._script.setdefault(call, []).extend(results)

    async def _do(self, call: str, request: object) -> Result:
        self.calls.append(call)
        self.requests.append(request)
        script = self._script.get(call)
        assert script, f"{call} was not expected"
        result = script.pop(0)
        return await result() if callable(result) else result

    async def create(self, request: object) -> Result:
        return await self._do("create", request)

    async def pay(self, request: object) -> Result:
        return await self._do("pay", request)

    async def person_qr_codes(self, origin_order_id: str) -> Result:
        return await self._do("probe", origin_order_id)

    async def refund(self, request: object) -> Result:
        return await self._do("refund", request)

    async def cancel(self, order_id: str) -> Result:
        return await self._do("cancel", order_id)

    async def products(self, request: object) -> Result:
        return await self._do("products", request)

    async def prices(self, request: object) -> Result:
        return await self._do("prices", request)

    async def verify(self, request: object) -> Result:
        return await self._do("verify", request)


async def die() -> Result:
    """Be the call during which the worker is killed."""
    raise asyncio.CancelledError


class Gate:
    """A call that is out until it is let go."""

    def __init__(self, result: Result) -> None:
        self._result = result
        self._open = asyncio.Event()
        self._out = asyncio.Event()

    async def __call__(self) -> Result:
        self._out.set()
        await self._open.wait()
        return self._result

    async def is_out(self) -> None:
        async with asyncio.timeout(PATIENCE):
            await self._out.wait()

    def let_go(self) -> None:
        self._open.set()


class World:
    """One worker's saga and what stands around it."""

    plan: BreakerPlan | None = None
    """When calls to ZZY wait: never, unless a test says so and restarts."""

    def __init__(self, store: Store, broker: Broker) -> None:
        self.store = store
        self.broker = broker
        self.clock = HandClock()
        self.zzy = ScriptedZzy()
        self.errors: list[BaseException] = []
        self.refused: list[tuple[str, str]] = []
        self.hold_forced = False
        self.restart()

    def restart(self) -> None:
        """Begin anew with what is on the disk."""
        self.tasks = TaskGroup(lambda _name, error: self.errors.append(error))
        performer = Performer(
            self.zzy,
            self.broker,
            self.clock,
            Partner("9258"),
            RefusalPatterns(),
            on_refusal=lambda *refusal: self.refused.append(refusal),
        )
        self.outbox = Outbox(self.broker, self.store, self.clock, self.tasks)
        self.gate, valve = ZzyGate(self.clock, self.plan), Valve(self.broker)
        self.pressure = Pressure(self.gate, valve, self.zzy, self.clock)
        saga = Saga(self.store, performer, self.outbox, self.clock, Policy(), gate=self.gate)
        self.catalogue = Catalogue(ProductMap(), Listing(self.zzy), self.store, self.clock)
        catalogue_sync = CatalogueSync(self.catalogue, self.store, self.clock)
        early_refusals = EarlyRefusals(self.catalogue, self.store, self.clock, key=b"key")
        door = Door(self.broker, Upstreams())
        self.commands = Commands(
            saga,
            self.store,
            door,
            self.clock,
            self.catalogue,
            early_refusals=early_refusals,
            had_to_wait=self.pressure.had_to_wait,
        )
        news = ProductNews(self.broker, self.clock, self.catalogue, catalogue_sync, ["k"])
        self.notices = Notices(
            saga,
            self.store,
            self.broker,
            clock=self.clock,
            tasks=self.tasks,
            products=news,
            evidence=Evidence(saga, self.store, self.zzy),
            hold_forced=self.hold_forced,
        )
        self.timers = Timers(saga, self.store, self.clock, self.tasks)

    async def settle(self) -> None:
        """Wait for what was started in the background."""
        async with asyncio.timeout(PATIENCE):
            await self.tasks.join()

    async def fire(self, seconds: float) -> int:
        """Let time pass and fire the timers that are due."""
        self.clock.advance(seconds)
        fired = await self.timers.poll()
        await self.settle()
        return fired

    async def row(self, number: str = OUR_NUM) -> OrderRow:
        row = (await self.store.load(number)).row
        assert row is not None
        return row

    async def order(self) -> Order:
        order = snapshot.read(await self.row())
        assert order is not None
        return order

    async def kinds(self) -> list[str]:
        """Return what the timeline tells."""
        return [entry.kind for entry in await self.store.timeline(OUR_NUM)]

    async def told(self) -> list[str]:
        """Return the types of the order's notifications."""
        return [row.type for row in await self.store.notifications(OUR_NUM)]

    async def paid(self) -> None:
        """Take an order and have it paid at once."""
        self.zzy.will("create", CREATED)
        self.zzy.will("pay", PAID)
        assert await self.commands.handle(create_message()) == Ack()
        await self.settle()


@asynccontextmanager
async def world(
    folder: Path, open_file: Callable[[Path], SqliteFile] = SqliteFile
) -> AsyncIterator[World]:
    """Open a world in ``folder``; nothing may have failed in the background."""
    file = open_file(folder / "bridge.db")
    store, broker = SqliteStore(file), EmbeddedBroker(file, ["k"], SystemClock())
    await store.start()
    await broker.start()
    opened = World(store, broker)
    try:
        yield opened
        await opened.settle()
        assert opened.errors == []
    finally:
        await broker.stop_consuming()
        await broker.close()
        await file.close()


class Inbox:
    """A queue's consumer that keeps what it gets."""

    def __init__(self) -> None:
        self._got: asyncio.Queue[Message] = asyncio.Queue()

    async def __call__(self, message: Message) -> Outcome:
        await self._got.put(message)
        return Ack()

    async def get(self) -> Message:
        async with asyncio.timeout(PATIENCE):
            return await self._got.get()

    def empty(self) -> bool:
        return self._got.empty()
