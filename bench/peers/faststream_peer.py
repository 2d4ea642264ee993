"""FastStream on RabbitMQ, rows in PostgreSQL with SQLAlchemy (asyncpg).

What it gives: every message is confirmed, in a quorum queue, and acknowledged after its commit
and its next message; each step of an order is committed before the next call, so that a
message that comes again goes on where the order stands. What it does not: an unknown outcome
of Create or Pay is simply tried again; no cancel, refund, deadline, early notice or dead letter.
(Its own ``request`` allows one question at a time; so answers come to a queue of this process.)
"""

import asyncio
import os
from typing import Any

import uvloop
from faststream import AckPolicy
from faststream.rabbit import Channel, QueueType, RabbitBroker, RabbitQueue
from sqlalchemy.ext.asyncio import async_sessionmaker, create_async_engine

from bench.peers.order import ANSWER_SECONDS, CREATE, HERE, PAY, Peer, to_create, to_pay, to_voucher
from bench.peers.rows import Base, Order, State

PREFETCH = 32
CONNECTIONS = 20


def _queue(name: str) -> RabbitQueue:
    return RabbitQueue(name, durable=True, queue_type=QueueType.QUORUM)


ORDERS, NOTICES, RELAY = _queue("orders"), _queue("notices"), _queue("relay")


class FastStreamPeer(Peer):
    def __init__(self) -> None:
        super().__init__()
        self.broker = RabbitBroker(HERE["amqp_url"], logger=None)
        address = HERE["database_url"].replace("postgresql:", "postgresql+asyncpg:")
        self.engine = create_async_engine(address, pool_size=CONNECTIONS)
        self.replies = RabbitQueue(f"replies.{os.getpid()}", exclusive=True, auto_delete=True)
        self.waiting: dict[str, asyncio.Event] = {}
        self.rows = async_sessionmaker(self.engine, expire_on_commit=False)

    async def start(self) -> None:
        async with self.engine.begin() as connection:
            await connection.run_sync(Base.metadata.create_all)
        for queue, handler in (
            (ORDERS, self.on_order),
            (NOTICES, self.on_notice),
            (RELAY, self.on_relay),
        ):
            self.broker.subscriber(
                queue,
                channel=Channel(prefetch_count=PREFETCH),
                ack_policy=AckPolicy.NACK_ON_ERROR,
            )(handler)
        self.broker.subscriber(self.replies, ack_policy=AckPolicy.ACK_FIRST)(self.on_reply)
        await self.broker.start()

    async def place(self, order: dict[str, Any], *, wait: bool) -> None:
        if not wait:
            await self.broker.publish(order, ORDERS, persist=True)
            return
        number = order["channel_order_num"]
        paid = self.waiting[number] = asyncio.Event()
        await self.broker.publish(
            order, ORDERS, persist=True, reply_to=self.replies.name, correlation_id=number
        )
        async with asyncio.timeout(ANSWER_SECONDS):
            await paid.wait()

    async def on_reply(self, answer: dict[str, Any]) -> None:
        if answer["order_num"] in self.waiting:
            self.waiting.pop(answer["order_num"]).set()

    async def noticed(self, notice: dict[str, Any]) -> None:
        await self.broker.publish(notice, NOTICES, persist=True)

    async def on_order(self, order: dict[str, Any]) -> dict[str, Any]:
        number = order["channel_order_num"]
        async with self.rows() as rows:
            row = await rows.get(Order, number)
            if row is None:
                row = Order(number=number, params=order, state=State.CREATING)
                rows.add(row)
                await rows.commit()
            if row.state == State.CREATING:
                created = await self.call_zzy(CREATE, to_create(order))
                row.zzy_order, row.state = created["OrderId"], State.PAYING
                await rows.commit()
            if row.state == State.PAYING:
                await self.call_zzy(PAY, to_pay(order, row.zzy_order or 0))
                row.state = State.PAID
                await rows.commit()
        return {"order_num": number}

    async def on_notice(self, notice: dict[str, Any]) -> None:
        async with self.rows.begin() as rows:
            row = await rows.get_one(Order, notice["OriginOrderId"], with_for_update=True)
            row.voucher, row.state = to_voucher(notice), State.ISSUED
        await self.broker.publish(row.voucher, RELAY, persist=True)

    async def on_relay(self, voucher: dict[str, Any]) -> None:
        await self.tell_channel(voucher)
        async with self.rows.begin() as rows:
            row = await rows.get_one(Order, voucher["order_num"])
            row.state = State.DELIVERED


if __name__ == "__main__":
    uvloop.run(FastStreamPeer().run())
