"""What stands around a set-up: a ZZY that tickets at once, and a channel that takes vouchers.

One process a set-up, as lean as its checks allow: signatures of every call and notification,
no order created or paid twice. Whatever it does not like is a fault, and ends the benchmark.
It answers at once and never fails; for anything else there is worker/simulators.
"""

import argparse
import asyncio
import json
import time
from datetime import UTC, datetime
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import uvloop

from bench.wire import Client, header, serve
from contracts.signatures import (
    authorization,
    sign_zzy,
    verify_channel,
    verify_zzy,
    webhook_signature,
)
from contracts.zzy import Endpoint
from worker.clock import SystemClock
from worker.simulators.ledger import Ledger
from worker.simulators.zzy_orders import Desk

PARTNER_ID = 9258
NOTIFY, DEAD = "/notify", "/dead"
CONTROL = "/_control/"
RESEND_SECONDS = 1.0
TAKEN = b'{"status": 200, "message": "\xe6\x88\x90\xe5\x8a\x9f"}'
ACKNOWLEDGED = 1000


def _json(value: object) -> bytes:
    return json.dumps(value, ensure_ascii=False).encode()


class World:
    def __init__(self, options: argparse.Namespace) -> None:
        self.sign_key: str = options.sign_key
        self.secret: str = options.secret
        self.callback = urlsplit(options.callback_url)
        self.client = Client(f"http://{self.callback.netloc}")
        self.orders: dict[str, int] = {}
        self.unpaid: dict[int, dict[str, Any]] = {}
        self.taken: set[str] = set()
        self.vouchers: dict[str, float] = {}
        """When the voucher of a channel's order came first; seconds of the monotonic clock."""
        self.faults: list[str] = []
        self.sending: set[asyncio.Task[None]] = set()
        self.telling = asyncio.Event()
        """Is clear while notices are held back."""
        self.telling.set()
        self.desk = Desk(Ledger(lambda: datetime.now(UTC)), SystemClock(), PARTNER_ID)

    def handle(self, target: str, head: bytes, body: bytes) -> bytes | None:
        path, _, query = target.partition("?")
        if path in {Endpoint.CREATE, Endpoint.PAY}:
            self.check_signature(path, head)
            wanted = json.loads(body)
            return self.create(wanted) if path == Endpoint.CREATE else self.pay(wanted)
        if path == NOTIFY:
            return self.take(head, body)
        if path == DEAD:
            return None  # it takes the connection and never answers
        if path.startswith(CONTROL):
            return self.control(path.removeprefix(CONTROL))
        return self.look_up(path, dict(parse_qsl(query)))

    def look_up(self, path: str, wanted: dict[str, str]) -> bytes:
        if path == Endpoint.PRODUCTS:
            return self.success(self.desk.products(wanted))
        if path == Endpoint.PRICES:
            return self.success(self.desk.prices(wanted))
        return self.fault(f"nobody should ask for {path}")

    def control(self, name: str) -> bytes:
        if name == "vouchers":
            return _json(self.vouchers)
        if name == "forget":
            self.vouchers.clear()
        if name == "hold":
            self.telling.clear()
        if name == "tell":
            self.telling.set()
        facts = {
            "paid": len(self.orders) - len(self.unpaid),
            "taken": len(self.taken),
            "vouchers": len(self.vouchers),
            "faults": self.faults,
        }
        return _json(facts)

    def fault(self, what: str) -> bytes:
        self.faults.append(what)
        return _json({"Code": 0, "IsSuccess": False, "LogId": "0", "Message": what})

    def success(self, data: object) -> bytes:
        head = {"Code": 1000, "IsSuccess": True, "LogId": "20260101", "Message": "成功"}
        return _json({"Data": data, **head})

    # --- ZZY ----------------------------------------------------------------------------

    def check_signature(self, path: str, head: bytes) -> None:
        stamp, given = header(head, "timestamp"), header(head, "authorization")
        if not verify_zzy([self.sign_key], PARTNER_ID, stamp, path, given):
            self.faults.append(f"{path}: the signature does not match")

    def create(self, order: dict[str, Any]) -> bytes:
        origin = order["OriginOrderId"]
        if origin in self.orders:
            return self.fault(f"created twice: {origin}")
        number = self.orders[origin] = 4_623_122 + len(self.orders)
        self.unpaid[number] = order
        data = {
            "OriginOrderId": origin,
            "DistributorId": PARTNER_ID,
            "OrderId": number,
            "OrderStatus": 0,
        }
        return self.success(data)

    def pay(self, wanted: dict[str, Any]) -> bytes:
        number = int(wanted["OrderId"])
        order = self.unpaid.pop(number, None)
        if order is None:
            return self.fault(f"paid twice, or never created: {number}")
        task = asyncio.get_running_loop().create_task(self.notify(number, order))
        self.sending.add(task)
        task.add_done_callback(self.sending.discard)
        money = 5.0 * order["OrderQuantity"]
        return self.success(
            {"VoucherCode": "", "OrderUserVouchers": [], "OrderStatus": 1, "PayMoney": money}
        )

    async def notify(self, number: int, order: dict[str, Any]) -> None:
        """Tell of the tickets, again and again until it is acknowledged."""
        notice = {
            "OriginOrderId": order["OriginOrderId"],
            "OrderId": number,
            "VoucherCode": {"OrderVoucherCode": str(number * 7), "OrderUserVouchers": []},
            "TicketStatus": 1,
            "ProductName": "良渚杭州市民免费票",
            "Memo": "杭州良渚古城旅游发展有限公司",
        }
        about = {"PartnerId": PARTNER_ID, "NotifyServiceName": "order_ticket_notify"}
        inner = json.dumps(notice, ensure_ascii=False)
        body = _json({"OrderNotifyHeader": about, "OrderNotifyBody": inner})
        await self.telling.wait()
        while not await self.acknowledged(body):
            await asyncio.sleep(RESEND_SECONDS)

    async def acknowledged(self, body: bytes) -> bool:
        stamp = str(int(time.time() * 1000))
        sign = sign_zzy(self.sign_key, PARTNER_ID, stamp, self.callback.path)
        head = f"Timestamp: {stamp}\r\nPartnerId: {PARTNER_ID}\r\n"
        head += f"Authorization: {authorization(PARTNER_ID, sign)}\r\n"
        try:
            status, answer = await self.client.post(self.callback.path, body, head.encode())
        except OSError:
            return False
        return status == 200 and json.loads(answer)["Code"] == ACKNOWLEDGED

    # --- the channel --------------------------------------------------------------------

    def take(self, head: bytes, body: bytes) -> bytes:
        now = time.monotonic()
        number, stamp = header(head, "webhook-id"), header(head, "webhook-timestamp")
        given = header(head, "webhook-signature")
        envelope = json.loads(body)
        params, sign = envelope["params"], envelope["sign"]
        if given != webhook_signature([self.secret], number, stamp, body):
            self.faults.append("Webhook-Signature does not match")
        if not verify_channel([self.secret], params, envelope["time_stamp"], sign):
            self.faults.append("a notification's sign does not match")
        self.taken.add(number)
        self.vouchers.setdefault(json.loads(params)["channel_order_num"], now)
        return TAKEN


async def _run(options: argparse.Namespace) -> None:
    await serve(World(options).handle, options.port)
    await asyncio.Event().wait()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    for name in ("callback-url", "sign-key", "secret"):
        parser.add_argument(f"--{name}", required=True)
    parser.add_argument("--port", type=int, required=True)
    uvloop.run(_run(parser.parse_args()))


if __name__ == "__main__":
    main()
