"""The ingress of the Celery peer (RabbitMQ, rows in PostgreSQL); tasks in celery_tasks.

What it gives: every message is confirmed, in a quorum queue, and acknowledged after its task;
each step of an order is committed before the next call, so that a task that runs again goes on
where the order stands. What it does not: an unknown outcome of Create or Pay is simply tried
again; no cancel, refund, deadline, early notice or dead letter.
"""

import asyncio
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import asyncpg
import uvloop

from bench.peers.celery_tasks import PAID, engine, place, take
from bench.peers.order import ANSWER_SECONDS, HERE, Peer
from bench.peers.rows import Base

PUBLISHERS = 8


class CeleryPeer(Peer):
    def __init__(self) -> None:
        super().__init__()
        self.threads = ThreadPoolExecutor(PUBLISHERS)
        self.waiting: dict[str, asyncio.Event] = {}

    async def start(self) -> None:
        Base.metadata.create_all(engine)
        self.listener = await asyncpg.connect(HERE["database_url"])
        await self.listener.add_listener(PAID, self._on_paid)

    async def place(self, order: dict[str, Any], *, wait: bool) -> None:
        number = order["channel_order_num"]
        paid = asyncio.Event()
        if wait:
            self.waiting[number] = paid
        await self._publish(place, order)
        if wait:
            async with asyncio.timeout(ANSWER_SECONDS):
                await paid.wait()

    async def noticed(self, notice: dict[str, Any]) -> None:
        await self._publish(take, notice)

    async def _publish(self, task: Any, argument: dict[str, Any]) -> None:  # noqa: ANN401
        await asyncio.get_running_loop().run_in_executor(self.threads, task.delay, argument)

    def _on_paid(self, _connection: object, _pid: int, _channel: str, number: str) -> None:
        if number in self.waiting:
            self.waiting.pop(number).set()


if __name__ == "__main__":
    uvloop.run(CeleryPeer().run())
