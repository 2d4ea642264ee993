"""The network between everybody: latencies, lost requests, lost answers, repeats.

Requests go to the aiohttp applications that are served in this process (exchange.py). A
request to a process that dies is cut; one from a process that dies is carried out all the
same, and its answer reaches nobody.
"""

import asyncio
import contextvars
import json
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import aiohttp
from aiohttp import web
from multidict import CIMultiDict, CIMultiDictProxy
from yarl import URL

from tests.simulation.exchange import Answered, Asked, handled
from tests.simulation.loop import OWNER
from tests.simulation.machine import OUTSIDE, Process
from worker.clients.http import Exchange, HttpAnswer, HttpClient, HttpRequest, Limits, Lost, NotSent

REFUSED, LOST_REQUEST, LOST_ANSWER, REPEATED = "refused", "lost_request", "lost_answer", "repeated"
FINISH_SECONDS = 6.0
COPIED = contextvars.ContextVar("copied", default=False)
"""Whether what is being handled is a copy that the network made of a request."""


@dataclass(frozen=True)
class Fare:
    """What the network does with one exchange."""

    there: float
    back: float
    fate: str = ""
    again: float = 0
    """Seconds until a repeated request arrives once more."""


@dataclass(eq=False)
class Host:
    """An application under an address."""

    application: web.Application
    owner: Process | None
    context: contextvars.Context
    at_work: dict["Call", None] = field(default_factory=dict)
    closing: bool = False
    url: str = ""

    async def close(self) -> None:
        """Take no more, and let what is at work finish."""
        self.closing = True
        tasks = [call.task for call in self.at_work if call.task is not None]
        if tasks:
            await asyncio.wait(tasks, timeout=FINISH_SECONDS)


@dataclass(eq=False)
class Call:
    """One exchange under way."""

    asked: Asked
    fare: Fare
    future: asyncio.Future[Answered | NotSent | Lost]
    task: asyncio.Task[Answered | None] | None = None

    def end(self, result: Answered | NotSent | Lost) -> None:
        if not self.future.done():
            self.future.set_result(result)


class Network:
    """Who answers where, and how requests get there."""

    def __init__(self, fare: Callable[[Asked], Fare], note: Callable[[str], None]) -> None:
        self._fare = fare
        self._note = note
        self._hosts: dict[str, Host] = {}

    def serve(self, url: str, application: web.Application) -> Host:
        """Let an application answer at a URL, for the process that asks for it."""
        application.freeze()
        owner = OWNER.get()
        context = owner.context if owner is not None else OUTSIDE
        host = Host(application, owner, context, url=url)
        self._hosts[URL(url).authority] = host
        return host

    async def serve_on(self, application: web.Application, host: str, port: int) -> Host:
        """Implement :data:`worker.surroundings.Serve`."""
        return self.serve(f"http://{host}:{port}", application)

    def cut_off(self, process: Process) -> None:
        """Cut the connections to a process that died."""
        for host in self._hosts.values():
            if host.owner is process:
                host.closing = True
                for call in list(host.at_work):
                    self._later(call.fare.back, call.end, Lost("disconnected", 0))

    async def ask(self, asked: Asked, seconds: float) -> Answered | NotSent | Lost:
        """Return what becomes of a request within so many seconds."""
        loop = asyncio.get_running_loop()
        fare = self._fare(asked)
        call = Call(asked, fare, loop.create_future())
        self._note(f"{asked.method} {asked.url.host}{asked.url.path} {fare.fate}")
        if fare.fate == REFUSED:
            self._later(fare.there, call.end, NotSent("connect_failed", 0))
        elif fare.fate != LOST_REQUEST:
            self._later(fare.there, self._arrive, call)
        if fare.fate == REPEATED:
            self._later(fare.there + fare.again, self._arrive, call, True)  # noqa: FBT003
        try:
            async with asyncio.timeout(seconds):
                return await call.future
        except TimeoutError:
            return Lost("timeout", seconds)

    def _later(self, seconds: float, callback: Callable[..., object], *args: object) -> None:
        loop = asyncio.get_running_loop()
        loop.call_later(seconds, callback, *args, context=OUTSIDE)

    def _arrive(self, call: Call, copied: bool = False) -> None:  # noqa: FBT001, FBT002
        host = self._hosts.get(call.asked.url.authority)
        if host is None or host.closing:
            self._later(call.fare.back, call.end, NotSent("connect_failed", 0))
            return
        context = host.context.copy()
        context.run(COPIED.set, copied)
        task = asyncio.get_running_loop().create_task(
            handled(host.application, call.asked), context=context
        )
        call.task = task
        host.at_work[call] = None
        task.add_done_callback(lambda done: self._answer(host, call, done), context=OUTSIDE)

    def _answer(self, host: Host, call: Call, task: asyncio.Task[Answered | None]) -> None:
        host.at_work.pop(call, None)
        answer = None if task.cancelled() or task.exception() else task.result()
        if call.fare.fate == LOST_ANSWER:
            return
        result = answer if answer is not None else Lost("disconnected", 0)
        self._later(call.fare.back, call.end, result)


class SimulatedHttp(HttpClient):
    """The worker's HTTP client, on this network."""

    def __init__(self, network: Network, limits: Limits, **_sockets: object) -> None:
        self._network = network
        self._limits = limits

    async def exchange(self, request: HttpRequest) -> Exchange:
        began = asyncio.get_running_loop().time()
        asked = Asked(request.method, request.url, dict(request.headers), request.body or b"")
        limit = min(self._limits.total, self._limits.read + self._limits.connect)
        result = await self._network.ask(asked, limit)
        seconds = asyncio.get_running_loop().time() - began
        if isinstance(result, NotSent):
            return NotSent(result.reason, seconds)
        if isinstance(result, Lost):
            return Lost(result.reason, seconds)
        most = self._limits.answer_bytes
        headers = CIMultiDictProxy(CIMultiDict(result.headers))
        complete = len(result.body) <= most
        return HttpAnswer(result.status, headers, result.body[:most], complete, seconds)

    async def close(self) -> None:
        """Nothing is held open."""


class SimulatedSession:
    """As much of aiohttp's session as the simulators and the channels' driver use."""

    def __init__(self, network: Network, seconds: float) -> None:
        self._network = network
        self._seconds = seconds

    @asynccontextmanager
    async def post(
        self, url: str, *, data: bytes, headers: Mapping[str, str] | None = None
    ) -> AsyncIterator["_Response"]:
        asked = Asked("POST", URL(url), headers or {}, data)
        result = await self._network.ask(asked, self._seconds)
        if isinstance(result, NotSent):
            raise aiohttp.ClientOSError(result.reason)
        if isinstance(result, Lost):
            if result.reason == "timeout":
                raise TimeoutError
            raise aiohttp.ServerDisconnectedError(result.reason)
        yield _Response(result)

    async def close(self) -> None:
        """Nothing is held open."""


class _Response:
    def __init__(self, answer: Answered) -> None:
        self.status = answer.status
        self.ok = answer.status < 400
        self._body = answer.body

    async def read(self) -> bytes:
        return self._body

    async def json(self) -> Any:  # noqa: ANN401
        return json.loads(self._body)
