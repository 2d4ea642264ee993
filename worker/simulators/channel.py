"""A simulated distribution channel (渠道): takes notifications as a strict one would.

Why it exists: the demo, the tests and the bench need a receiver that checks both
signatures and the document's fields, knows a repeat, and misbehaves on demand. It must
not share code with our relay. Source: channel.txt 一 and 3; Standard Webhooks.
"""

import asyncio
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any, Final

from aiohttp import web

from contracts.signatures import verify_channel, webhook_signature, within_window
from worker.clock import Clock, SystemClock
from worker.simulators import wire
from worker.simulators.channel_driver import ChannelDriver
from worker.simulators.channel_faults import AFTER_TAKING, BEFORE_TAKING, ChannelFaults
from worker.simulators.control import PREFIX, action_routes, fact_routes, fault_routes
from worker.simulators.faults import Lots
from worker.simulators.hosting import LOOPBACK, Host, serve_until
from worker.simulators.waiting import Changes

WINDOW_SECONDS: Final = 300
CHECK_FIELDS: Final = frozenset(
    {"order_num", "check_time", "check_result", "total_count", "no_check_count", "check_count"}
)
OWN_FIELDS: Final = {
    "voucher": {"notify_type", "channel_order_num", "order_num", "vouchers", "order_code"},
    "refund": {"notify_type", "channel_order_num", "order_num", "refund_id", "count", "status"},
    "order_failed": {"notify_type", "channel_order_num", "order_num", "code", "message"},
    "product": {"notify_type", "product_code", "change"},
}


@dataclass(frozen=True, slots=True)
class Delivery:
    """One POST that reached the channel."""

    webhook_id: str
    type: str
    path: str
    headers: Mapping[str, str]
    params: Mapping[str, Any]
    at: str
    repeat: bool
    """The same Webhook-Id was taken before."""
    problem: str = ""
    """Why it was not taken; empty if it was."""


@dataclass(frozen=True, slots=True)
class Credentials:
    """Who the channel is at the platform; ``envelope`` is "signed" or "plain"."""

    app_key: str = "k"
    app_secrets: Sequence[str] = field(default=("s3cret",), repr=False)
    envelope: str = "signed"


class BadNotificationError(Exception):
    """The notification is not as it must be; says how."""


class ChannelSimulator:
    """A channel in this process, on a real socket; any path takes notifications."""

    def __init__(
        self,
        credentials: Credentials | None = None,
        *,
        ingress_url: str = "",
        faults: ChannelFaults | None = None,
        clock: Clock | None = None,
    ) -> None:
        """Be one channel; with ``ingress_url`` the control endpoints can place orders."""
        self.credentials = credentials or Credentials()
        self.changes = Changes()
        self.lots = Lots(faults or ChannelFaults())
        self.deliveries: list[Delivery] = []
        self.received: dict[str, Delivery] = {}
        """What was taken, once for each Webhook-Id, in order."""
        self.url = ""
        self._clock = clock or SystemClock()
        self._stopping = asyncio.Event()
        self._host = Host()
        self._driver = (
            ChannelDriver(
                ingress_url,
                self.credentials.app_key,
                self.credentials.app_secrets[0],
                clock=self._clock,
            )
            if ingress_url
            else None
        )

    def of_type(self, kind: str, order: str = "") -> list[Delivery]:
        """Return what was taken of one type, of one order (any of its two numbers) if given."""
        return [
            delivery
            for delivery in self.received.values()
            if delivery.type == kind
            and order
            in {"", delivery.params.get("order_num"), delivery.params.get("channel_order_num")}
        ]

    def application(self) -> web.Application:
        """Return the application: the notify address, and the control endpoints."""
        application = web.Application()
        facts = {
            "notifications": lambda: [asdict(item) for item in self.received.values()],
            "deliveries": lambda: [asdict(item) for item in self.deliveries],
            "totals": lambda: {"posts": len(self.deliveries), "taken": len(self.received)},
        }
        application.add_routes(fault_routes(self.lots))
        application.add_routes(fact_routes(facts))
        application.add_routes(action_routes(self._actions()))
        application.router.add_post(f"/{{path:(?!{PREFIX[1:]}).*}}", self._notified)
        return application

    async def start(self, host: str = LOOPBACK, port: int = 0) -> str:
        """Serve and return the base URL. Raises OSError."""
        self.url = await self._host.start(self.application(), host, port)
        return self.url

    async def stop(self) -> None:
        """Stop serving."""
        self._stopping.set()
        await self._host.stop()
        if self._driver is not None:
            await self._driver.close()

    # --- one notification ---------------------------------------------------------------

    async def _notified(self, request: web.Request) -> web.StreamResponse:
        raw = await request.read()
        faults = self.lots.faults
        slow = faults.slow_seconds if self.lots.strikes("slow") else 0
        await self._clock.sleep(self.lots.latency() + slow)
        before = self.lots.first(BEFORE_TAKING, request.path)
        problem, params = (before, {}) if before else self._examine(request, raw)
        self._record(request, params, problem)
        if before == "drop":
            return wire.cut(request)
        if before == "http_500":
            return web.Response(status=500, text="Internal Server Error")
        if before == "gone":
            return web.Response(status=410)
        if before == "too_many":
            return web.Response(status=429, headers={"Retry-After": str(faults.retry_after)})
        if problem:
            return _json({"code": "401", "message": "失败"})
        return await self._answer(request)

    async def _answer(self, request: web.Request) -> web.StreamResponse:
        after = self.lots.first(AFTER_TAKING, request.path)
        if after == "hang":
            return await wire.hang(request, self._stopping, self.lots.faults.hang_seconds)
        answer = {"status": 200, "message": "成功"}
        if after == "lost_answer":
            return await wire.cut_in_the_middle(request, json.dumps(answer).encode())
        return _json(answer)

    def _examine(self, request: web.Request, raw: bytes) -> tuple[str, dict[str, Any]]:
        try:
            self._check_webhook(request.headers, raw)
            params = self._open(raw)
            _check_fields(request.headers["Webhook-Type"], params)
        except BadNotificationError as error:
            return str(error), {}
        return "", params

    def _check_webhook(self, headers: Mapping[str, str], raw: bytes) -> None:
        """Check the headers of Standard Webhooks."""
        for name in ("Webhook-Id", "Webhook-Timestamp", "Webhook-Signature", "Webhook-Type"):
            if not headers.get(name):
                raise BadNotificationError(f"header missing: {name}")
        timestamp = headers["Webhook-Timestamp"]
        if not timestamp.isdigit() or not self._fresh(int(timestamp) * 1000):
            raise BadNotificationError("Webhook-Timestamp is stale or no number")
        given = set(headers["Webhook-Signature"].split())
        ours = {
            webhook_signature([secret], headers["Webhook-Id"], timestamp, raw)
            for secret in self.credentials.app_secrets
        }
        if not given & ours:
            raise BadNotificationError("Webhook-Signature does not match")

    def _open(self, raw: bytes) -> dict[str, Any]:
        """Open the envelope of section 一 and return the business content."""
        body = _object(raw)
        if self.credentials.envelope == "plain":
            return body
        if set(body) != {"app_key", "params", "sign", "time_stamp"}:
            raise BadNotificationError("the envelope has other fields")
        params, sign, time_stamp = body["params"], body["sign"], body["time_stamp"]
        if not isinstance(params, str) or not isinstance(time_stamp, int):
            raise BadNotificationError("the envelope has wrong types")
        if body["app_key"] != self.credentials.app_key or sign != str(sign).upper():
            raise BadNotificationError("app_key is another's, or sign is not upper case")
        if not verify_channel(self.credentials.app_secrets, params, time_stamp, sign):
            raise BadNotificationError("sign does not match")
        if not self._fresh(time_stamp):
            raise BadNotificationError("time_stamp is stale")
        return _object(params)

    def _fresh(self, milliseconds: int) -> bool:
        return within_window(milliseconds, self._clock.now(), WINDOW_SECONDS)

    def _record(self, request: web.Request, params: dict[str, Any], problem: str) -> None:
        number = request.headers.get("Webhook-Id", "")
        delivery = Delivery(
            number,
            request.headers.get("Webhook-Type", ""),
            request.path,
            dict(request.headers),
            params,
            self._clock.now().isoformat(),
            number in self.received,
            problem,
        )
        self.deliveries.append(delivery)
        if not problem:
            self.received.setdefault(number, delivery)
        self.changes.tell()

    def _actions(self) -> dict[str, Callable[[Mapping[str, Any]], object]]:
        driver = self._driver
        if driver is None:
            return {}
        return {
            "create_order": driver.create,
            "cancel_order": lambda given: driver.cancel(given["order_num"]),
        }


def _check_fields(kind: str, params: Mapping[str, Any]) -> None:
    """Check a notification's fields: the document's six exactly, ours at least."""
    if kind == "check":
        if set(params) != CHECK_FIELDS or not all(isinstance(v, str) for v in params.values()):
            raise BadNotificationError("check: not exactly the six fields as strings")
        return
    if kind not in OWN_FIELDS or params.get("notify_type") != kind:
        raise BadNotificationError("Webhook-Type and notify_type do not agree")
    if missing := OWN_FIELDS[kind] - params.keys():
        raise BadNotificationError(f"{kind}: missing {sorted(missing)}")


def _object(text: bytes | str) -> dict[str, Any]:
    try:
        value = json.loads(text)
    except ValueError:
        raise BadNotificationError("no JSON") from None
    if not isinstance(value, dict):
        raise BadNotificationError("no JSON object")
    return value


def _json(value: object) -> web.Response:
    return web.json_response(value, dumps=lambda v: json.dumps(v, ensure_ascii=False))


async def serve(  # noqa: PLR0913  (one for each option of the command line)
    *,
    host: str = LOOPBACK,
    port: int = 0,
    ingress_url: str = "",
    credentials: Credentials | None = None,
    faults: ChannelFaults | None = None,
    ready: Callable[[str], None] = lambda _url: None,
    stopping: asyncio.Event | None = None,
) -> None:
    """Run a simulator until ``stopping`` is set; ``ready`` gets its URL. Raises OSError."""
    simulator = ChannelSimulator(credentials, ingress_url=ingress_url, faults=faults)
    await serve_until(lambda: simulator.start(host, port), simulator.stop, ready, stopping)
