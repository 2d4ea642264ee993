"""What the peers share, whatever keeps their orders: the two protocols, and HTTP in and out.

The same aiohttp as in the floor, so that what differs is what keeps an order alive.
"""

import asyncio
import hashlib
import json
import os
import time
from abc import ABC, abstractmethod
from typing import Any

import aiohttp
from aiohttp import web

from contracts.signatures import authorization, sign_channel, sign_zzy, webhook_signature

PARTNER_ID = 9258
ACCEPTED = "a"
ANSWER_SECONDS = 5.0
CREATE, PAY = "/order/Create", "/order/Pay"

HERE: dict[str, str] = json.loads(os.environ.get("BENCH_PEER", "{}"))
"""Where everything is, and the keys: what the benchmark tells a peer."""


def to_create(order: dict[str, Any]) -> dict[str, Any]:
    """Return the body of ZZY's Create (订单新增)."""
    people = [
        {"Name": name, "IdCard": card, "Mobile": order["take_phone"]}
        for card, name in order["tourist_info"].items()
    ]
    return {
        "PartnerId": PARTNER_ID,
        "OriginOrderId": order["channel_order_num"],
        "ContactPerson": people[0],
        "ProductId": int(order["product_code"].removeprefix("P")),
        "OrderQuantity": order["count"],
        "VisitDate": order["date"],
        "VisitPerson": people,
    }


def to_pay(order: dict[str, Any], zzy_order: int) -> dict[str, Any]:
    """Return the body of ZZY's Pay (订单支付)."""
    return {
        "PartnerId": PARTNER_ID,
        "OrderId": zzy_order,
        "EticketNo": order["channel_order_num"],
        "TicketCount": order["count"],
    }


def zzy_headers(path: str) -> dict[str, str]:
    now = str(int(time.time() * 1000))
    sign = sign_zzy(HERE["sign_key"], PARTNER_ID, now, path)
    return {
        "Timestamp": now,
        "PartnerId": str(PARTNER_ID),
        "Authorization": authorization(PARTNER_ID, sign),
        "Content-Type": "application/json",
    }


def checked(answer: dict[str, Any]) -> dict[str, Any]:
    """Return an answer's data. Raises RuntimeError where ZZY refused."""
    if not answer["IsSuccess"]:
        raise RuntimeError(answer["Message"])
    data: dict[str, Any] = answer["Data"]
    return data


def to_voucher(notice: dict[str, Any]) -> dict[str, Any]:
    """Return what the channel is told of a ticket notice (出票通知)."""
    number, codes = notice["OriginOrderId"], notice["VoucherCode"]
    people = codes["OrderUserVouchers"] or []
    return {
        "notify_type": "voucher",
        "channel_order_num": number,
        "order_num": number,
        "vouchers": [{"code": p["VoucherCode"], "id_card": p["IDCardNo"]} for p in people],
        "order_code": codes["OrderVoucherCode"],
    }


def notification(voucher: dict[str, Any]) -> tuple[bytes, dict[str, str]]:
    """Return body and headers; the same Webhook-Id however often it is sent."""
    params, now, secret = json.dumps(voucher, ensure_ascii=False), time.time(), HERE["secret"]
    stamp = int(now * 1000)
    sign = sign_channel(secret, params, stamp)
    envelope = {"app_key": "k", "params": params, "sign": sign, "time_stamp": stamp}
    body = json.dumps(envelope, ensure_ascii=False).encode()
    webhook_id = hashlib.sha256(f"{voucher['order_num']}:voucher".encode()).hexdigest()[:32]
    return body, {
        "Content-Type": "application/json",
        "Webhook-Id": webhook_id,
        "Webhook-Timestamp": str(int(now)),
        "Webhook-Signature": webhook_signature([secret], webhook_id, int(now), body),
        "Webhook-Type": "voucher",
    }


class Peer(ABC):
    """A process with an ingress; how an order gets on is the peer's own."""

    def __init__(self) -> None:
        self.session: aiohttp.ClientSession

    @abstractmethod
    async def start(self) -> None:
        """Connect; ready when it returns."""

    @abstractmethod
    async def place(self, order: dict[str, Any], *, wait: bool) -> None:
        """Keep the order; with ``wait`` until it is paid."""

    @abstractmethod
    async def noticed(self, notice: dict[str, Any]) -> None:
        """Keep a ticket notice."""

    async def run(self) -> None:
        self.session = aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=0))
        await self.start()
        application = web.Application()
        application.router.add_post("/public/createOrder", self._create_order)
        application.router.add_post("/zzy/notify", self._notified)
        application.router.add_get("/readyz", self._ready)
        runner = web.AppRunner(application, access_log=None)
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", int(HERE["port"])).start()
        await asyncio.Event().wait()

    async def _ready(self, _request: web.Request) -> web.Response:
        return web.json_response({})

    async def _create_order(self, request: web.Request) -> web.Response:
        envelope = json.loads(await request.read())
        secret, stamp = HERE["secret"], envelope["time_stamp"]
        if sign_channel(secret, envelope["params"], stamp) != envelope["sign"]:
            raise web.HTTPForbidden
        order = json.loads(envelope["params"])
        await self.place(order, wait=envelope["app_key"] != ACCEPTED)
        data = {"order_num": order["channel_order_num"]}
        return web.json_response({"code": "1000", "message": "成功", "data": data})

    async def _notified(self, request: web.Request) -> web.Response:
        body = json.loads(await request.read())
        await self.noticed(json.loads(body["OrderNotifyBody"]))
        return web.json_response({"Code": 1000, "IsSuccess": True, "Message": ""})

    async def call_zzy(self, path: str, body: dict[str, Any]) -> dict[str, Any]:
        """Call ZZY and return the answer's data. Raises RuntimeError, ClientError."""
        url = HERE["zzy_url"] + path
        async with self.session.post(url, json=body, headers=zzy_headers(path)) as response:
            return checked(json.loads(await response.read()))

    async def tell_channel(self, voucher: dict[str, Any]) -> None:
        """Deliver a voucher. Raises RuntimeError, ClientError."""
        body, headers = notification(voucher)
        async with self.session.post(HERE["channel_url"], data=body, headers=headers) as response:
            answer = json.loads(await response.read())
            if response.status != web.HTTPOk.status_code or answer["status"] != response.status:
                raise RuntimeError(f"not taken: {response.status}")
