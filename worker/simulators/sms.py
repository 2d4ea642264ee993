"""A simulated SMS gateway (短信网关): takes messages as one with an HTTP interface would.

Why it exists: the demo and the tests need a gateway that keeps a ledger of what was sent,
checks the signature that Alibaba Cloud (阿里云) asks for, and misbehaves on demand. It
must not share code with worker/sms. Source: Alibaba Cloud's RPC interface of SendSms.
"""

import asyncio
import base64
import hashlib
import hmac
import json
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field
from typing import Any, Final
from urllib.parse import parse_qsl, quote

from aiohttp import web

from worker.clock import Clock, SystemClock
from worker.simulators import wire
from worker.simulators.control import PREFIX, action_routes, fact_routes, fault_routes
from worker.simulators.faults import Chance, Faults, Lots
from worker.simulators.hosting import LOOPBACK, Host, serve_until
from worker.simulators.waiting import Changes

PHONES: Final = ("PhoneNumbers", "phone", "mobile", "to")
"""Where a gateway looks for the phone number; one of these is required."""

BEFORE_SENDING: Final = ("drop", "http_500", "too_many", "refuse", "wrong_body")
AFTER_SENDING: Final = ("hang", "lost_answer")


class SmsFaults(Faults):
    """Probabilities of faults."""

    # The message is not sent.
    drop: Chance = 0.0
    """The connection is cut."""
    http_500: Chance = 0.0
    too_many: Chance = 0.0
    """HTTP 429 with ``Retry-After``."""
    refuse: Chance = 0.0
    """HTTP 200 with an error code, whose text repeats the phone as some gateways do."""
    wrong_body: Chance = 0.0
    """HTTP 200 with something that is no JSON."""

    # The message is sent, but the sender does not learn of it.
    hang: Chance = 0.0
    lost_answer: Chance = 0.0

    retry_after: int = 1


@dataclass(frozen=True, slots=True)
class SentSms:
    """One message that a guest got."""

    phone: str
    parameters: Mapping[str, Any]
    """Everything that came with it: of the query, and of a form or a JSON body."""
    headers: Mapping[str, str] = field(repr=False)
    body: str
    at: str


class SmsSimulator:
    """An SMS gateway in this process, on a real socket; any path sends messages."""

    def __init__(
        self, *, secret: str = "", faults: SmsFaults | None = None, clock: Clock | None = None
    ) -> None:
        """With a ``secret``, refuse what is not signed as Alibaba Cloud wants it."""
        self.sent: list[SentSms] = []
        self.posts = 0
        """Every request, taken or not."""
        self.changes = Changes()
        self.lots = Lots(faults or SmsFaults())
        self.url = ""
        self._secret = secret
        self._clock = clock or SystemClock()
        self._stopping = asyncio.Event()
        self._host = Host()

    def to(self, phone: str) -> list[SentSms]:
        """Return what was sent to one phone."""
        return [sms for sms in self.sent if sms.phone == phone]

    def application(self) -> web.Application:
        """Return the application: the gateway, and the control endpoints."""
        application = web.Application()
        facts: dict[str, Callable[[], object]] = {
            "sent": lambda: [asdict(sms) for sms in self.sent],
            "totals": lambda: {"posts": self.posts, "sent": len(self.sent)},
        }
        application.add_routes(fault_routes(self.lots))
        application.add_routes(fact_routes(facts))
        application.add_routes(action_routes({"forget": lambda _given: self.sent.clear()}))
        application.router.add_route("*", f"/{{path:(?!{PREFIX[1:]}).*}}", self._asked)
        return application

    async def start(self, host: str = LOOPBACK, port: int = 0) -> str:
        """Serve and return the base URL. Raises OSError."""
        self.url = await self._host.start(self.application(), host, port)
        return self.url

    async def stop(self) -> None:
        """Stop serving."""
        self._stopping.set()
        await self._host.stop()

    async def _asked(self, request: web.Request) -> web.StreamResponse:
        raw = (await request.read()).decode(errors="replace")
        self.posts += 1
        await self._clock.sleep(self.lots.latency())
        parameters = {**request.query, **_of_body(raw)}
        phone = next((str(parameters[name]) for name in PHONES if parameters.get(name)), "")
        before = self.lots.first(BEFORE_SENDING, request.path)
        problem = before or self._problem(request.method, parameters, phone)
        if problem:
            self.changes.tell()
            return self._refusal(request, problem, phone)
        now = self._clock.now().isoformat()
        self.sent.append(SentSms(phone, parameters, dict(request.headers), raw, now))
        self.changes.tell()
        answer = {"Code": "OK", "Message": "OK", "BizId": f"{len(self.sent)}^0", "RequestId": "R"}
        after = self.lots.first(AFTER_SENDING, request.path)
        if after == "hang":
            return await wire.hang(request, self._stopping, self.lots.faults.hang_seconds)
        if after == "lost_answer":
            return await wire.cut_in_the_middle(request, json.dumps(answer).encode())
        return web.json_response(answer)

    def _problem(self, method: str, parameters: Mapping[str, Any], phone: str) -> str:
        if not phone:
            return "isv.MOBILE_NUMBER_ILLEGAL"
        if self._secret and parameters.get("Signature") != _signature(
            self._secret, method, {k: str(v) for k, v in parameters.items()}
        ):
            return "SignatureDoesNotMatch"
        return ""

    def _refusal(self, request: web.Request, problem: str, phone: str) -> web.StreamResponse:
        if problem == "drop":
            return wire.cut(request)
        if problem == "http_500":
            return web.Response(status=500, text="Internal Server Error")
        if problem == "too_many":
            asked = str(self.lots.faults.retry_after)
            return web.Response(status=429, headers={"Retry-After": asked})
        if problem == "wrong_body":
            return web.Response(text="<html>OK</html>", content_type="text/html")
        code = "isv.BUSINESS_LIMIT_CONTROL" if problem == "refuse" else problem
        return web.json_response({"Code": code, "Message": f"{phone} 触发限制"})


def _of_body(raw: str) -> dict[str, Any]:
    """Read a JSON object or a form."""
    try:
        value = json.loads(raw)
    except ValueError:
        return dict(parse_qsl(raw, keep_blank_values=True))
    return value if isinstance(value, dict) else {}


def _signature(secret: str, method: str, parameters: Mapping[str, str]) -> str:
    """Sign as the provider documents it: HMAC-SHA1 over the sorted, twice encoded query."""
    pairs = [
        f"{quote(name, safe='~')}={quote(parameters[name], safe='~')}"
        for name in sorted(parameters)
        if name != "Signature"
    ]
    text = "&".join([method, "%2F", quote("&".join(pairs), safe="~")])
    digest = hmac.new(f"{secret}&".encode(), text.encode(), hashlib.sha1).digest()
    return base64.b64encode(digest).decode()


async def serve(  # noqa: PLR0913  (one for each option of the command line)
    *,
    host: str = LOOPBACK,
    port: int = 0,
    secret: str = "",
    faults: SmsFaults | None = None,
    ready: Callable[[str], None] = lambda _url: None,
    stopping: asyncio.Event | None = None,
) -> None:
    """Run a simulator until ``stopping`` is set; ``ready`` gets its URL. Raises OSError."""
    simulator = SmsSimulator(secret=secret, faults=faults)
    await serve_until(lambda: simulator.start(host, port), simulator.stop, ready, stopping)
