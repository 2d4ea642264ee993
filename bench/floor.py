"""The floor: the same HTTP calls and messages as an order needs, and nothing else.

No saga, no state, no retry, no validation: whatever goes wrong is lost. What ticketbridge
costs above this is what it does for the money. One process, as ``worker run`` is, or one role.
"""

import argparse
import asyncio
import hashlib
import json
import time
import uuid
from collections.abc import Awaitable, Callable
from typing import Any, Literal

import aio_pika
import aiohttp
import uvloop
from aio_pika.abc import AbstractChannel, AbstractIncomingMessage
from aiohttp import web

from bench.load import ACCEPTED
from contracts.signatures import authorization, sign_channel, sign_zzy, webhook_signature

ORDERS, NOTICES, RELAY = "floor.orders", "floor.notices", "floor.relay"
DIRECT_REPLY = "amq.rabbitmq.reply-to"
QUORUM = {"x-queue-type": "quorum"}
PREFETCH = 32
PARTNER_ID = 9258

Handler = Callable[[AbstractIncomingMessage], Awaitable[None]]


class Floor:
    def __init__(self, options: argparse.Namespace) -> None:
        self.options = options
        self.replies: dict[str, asyncio.Future[bytes]] = {}
        self.channel: AbstractChannel
        self.session: aiohttp.ClientSession

    async def run(self) -> None:
        self.session = aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=0))
        connection = await aio_pika.connect(self.options.amqp_url)
        self.channel = await connection.channel(publisher_confirms=True)
        replies = await self.channel.get_queue(DIRECT_REPLY, ensure=False)
        await replies.consume(self.on_reply, no_ack=True)
        for role, queue, handler in (
            ("saga", ORDERS, self.on_order),
            ("saga", NOTICES, self.on_notice),
            ("relay", RELAY, self.on_relay),
        ):
            await self.consume(connection, queue, self.options.role in {"", role} and handler)
        application = web.Application()
        application.router.add_post("/public/createOrder", self.create_order)
        application.router.add_post("/zzy/notify", self.zzy_notify)
        application.router.add_get("/readyz", self.ready)
        runner = web.AppRunner(application, access_log=None)
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", self.options.port).start()
        await asyncio.Event().wait()

    async def consume(
        self,
        connection: aio_pika.abc.AbstractConnection,
        name: str,
        handler: Handler | Literal[False],
    ) -> None:
        channel = await connection.channel()
        await channel.set_qos(prefetch_count=PREFETCH)
        queue = await channel.declare_queue(name, durable=True, arguments=QUORUM)
        if handler:
            await queue.consume(handler)

    async def publish(self, queue: str, body: bytes, **properties: Any) -> None:  # noqa: ANN401
        message = aio_pika.Message(
            body, delivery_mode=aio_pika.DeliveryMode.PERSISTENT, **properties
        )
        await self.channel.default_exchange.publish(message, queue, mandatory=True)

    # --- ingress ------------------------------------------------------------------------

    async def ready(self, _request: web.Request) -> web.Response:
        return web.json_response({})

    async def create_order(self, request: web.Request) -> web.Response:
        envelope = json.loads(await request.read())
        text = f"{self.options.secret}{envelope['params']}{envelope['time_stamp']}"
        if hashlib.md5(text.encode()).hexdigest().upper() != envelope["sign"]:  # noqa: S324
            raise web.HTTPForbidden
        number, order = uuid.uuid4().hex, envelope["params"].encode()
        if envelope["app_key"] == ACCEPTED:
            await self.publish(ORDERS, order)
            return web.Response(body=_answer(number), content_type="application/json")
        reply = self.replies[number] = asyncio.get_running_loop().create_future()
        await self.publish(ORDERS, order, correlation_id=number, reply_to=DIRECT_REPLY)
        return web.Response(body=await reply, content_type="application/json")

    async def on_reply(self, message: AbstractIncomingMessage) -> None:
        self.replies.pop(message.correlation_id or "").set_result(message.body)

    async def zzy_notify(self, request: web.Request) -> web.Response:
        await self.publish(NOTICES, await request.read())
        return web.json_response({"Code": 1000, "IsSuccess": True, "Message": ""})

    # --- order --------------------------------------------------------------------------

    async def on_order(self, message: AbstractIncomingMessage) -> None:
        order = json.loads(message.body)
        number = order["channel_order_num"]
        people = [
            {"Name": name, "IdCard": card, "Mobile": order["take_phone"]}
            for card, name in order["tourist_info"].items()
        ]
        created = await self.call_zzy(
            "/order/Create",
            OriginOrderId=number,
            ContactPerson=people[0],
            ProductId=int(order["product_code"].removeprefix("P")),
            OrderQuantity=order["count"],
            VisitDate=order["date"],
            VisitPerson=people,
        )
        await self.call_zzy(
            "/order/Pay",
            OrderId=created["Data"]["OrderId"],
            EticketNo=number,
            TicketCount=order["count"],
        )
        if message.reply_to:
            answered = aio_pika.Message(b"", correlation_id=message.correlation_id)
            await message.channel.basic_publish(
                _answer(number),
                routing_key=message.reply_to,
                properties=answered.properties,
                wait=False,
            )
        await message.ack()

    async def call_zzy(self, path: str, **body: object) -> Any:  # noqa: ANN401
        now = str(int(time.time() * 1000))
        headers = {
            "Timestamp": now,
            "PartnerId": str(PARTNER_ID),
            "Authorization": authorization(
                PARTNER_ID, sign_zzy(self.options.sign_key, PARTNER_ID, now, path)
            ),
        }
        async with self.session.post(
            self.options.zzy_url + path, json={"PartnerId": PARTNER_ID, **body}, headers=headers
        ) as response:
            return json.loads(await response.read())

    # --- notice and relay ---------------------------------------------------------------

    async def on_notice(self, message: AbstractIncomingMessage) -> None:
        notice = json.loads(json.loads(message.body)["OrderNotifyBody"])
        number, codes = notice["OriginOrderId"], notice["VoucherCode"]
        people = codes["OrderUserVouchers"] or []
        params = {
            "notify_type": "voucher",
            "channel_order_num": number,
            "order_num": number,
            "vouchers": [{"code": p["VoucherCode"], "id_card": p["IDCardNo"]} for p in people],
            "order_code": codes["OrderVoucherCode"],
        }
        await self.publish(RELAY, json.dumps(params, ensure_ascii=False).encode())
        await message.ack()

    async def on_relay(self, message: AbstractIncomingMessage) -> None:
        params, now = message.body.decode(), time.time()
        secret, stamp = self.options.secret, int(now * 1000)
        sign = sign_channel(secret, params, stamp)
        envelope = {"app_key": "k", "params": params, "sign": sign, "time_stamp": stamp}
        body = json.dumps(envelope, ensure_ascii=False).encode()
        webhook_id = uuid.uuid4().hex
        headers = {
            "Content-Type": "application/json",
            "Webhook-Id": webhook_id,
            "Webhook-Timestamp": str(int(now)),
            "Webhook-Signature": webhook_signature([secret], webhook_id, int(now), body),
            "Webhook-Type": "voucher",
        }
        async with self.session.post(
            self.options.channel_url, data=body, headers=headers
        ) as response:
            await response.read()
        await message.ack()


def _answer(number: str) -> bytes:
    answer = {"code": "1000", "message": "成功", "data": {"order_num": number}}
    return json.dumps(answer).encode()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    for name in ("amqp-url", "zzy-url", "channel-url", "sign-key", "secret"):
        parser.add_argument(f"--{name}", required=True)
    parser.add_argument("--role", default="", choices=["", "ingress", "saga", "relay"])
    parser.add_argument("--port", type=int, required=True)
    uvloop.run(Floor(parser.parse_args()).run())


if __name__ == "__main__":
    main()
