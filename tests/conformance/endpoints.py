"""Receivers of a channel that do one thing wrong each."""

import json
from base64 import b64encode
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from hmac import digest

from aiohttp import web

from worker.simulators.hosting import LOOPBACK, Host

SECRET = "s3cret"
DONE = {"status": 200, "message": "成功"}
Answer = Callable[["Receiver", web.Request, bytes], Awaitable[web.StreamResponse]]


class Receiver:
    """A right receiver that verifies ``Webhook-Signature``; ``answer`` may do it wrong."""

    def __init__(self, answer: Answer | None = None) -> None:
        self.seen: set[str] = set()
        self.checked = 0
        self._answer = answer or right

    async def handle(self, request: web.Request) -> web.StreamResponse:
        return await self._answer(self, request, await request.read())


def genuine(request: web.Request, body: bytes, *, window: float = 300) -> bool:
    head = request.headers
    stamp = head.get("Webhook-Timestamp", "0")
    if abs(datetime.now(UTC).timestamp() - int(stamp)) > window:
        return False
    signed = f"{head.get('Webhook-Id')}.{stamp}.".encode() + body
    expected = "v1," + b64encode(digest(SECRET.encode(), signed, "sha256")).decode()
    return expected in head.get("Webhook-Signature", "").split(" ")


def refused() -> web.Response:
    return web.json_response({"code": "401", "message": "失败"})


async def right(receiver: Receiver, request: web.Request, body: bytes) -> web.StreamResponse:
    if request.method != "POST" or not genuine(request, body):
        return refused()
    receiver.seen.add(request.headers["Webhook-Id"])
    return web.json_response(DONE)


async def believes_all(_: Receiver, request: web.Request, body: bytes) -> web.StreamResponse:
    assert body is not None
    return web.json_response(DONE) if request.method == "POST" else refused()


async def answers_get(receiver: Receiver, request: web.Request, body: bytes) -> web.StreamResponse:
    return (
        web.json_response(DONE) if request.method == "GET" else await right(receiver, request, body)
    )


async def any_age(_: Receiver, request: web.Request, body: bytes) -> web.StreamResponse:
    return web.json_response(DONE) if genuine(request, body, window=1e9) else refused()


async def any_body(receiver: Receiver, request: web.Request, body: bytes) -> web.StreamResponse:
    if request.headers.get("Webhook-Signature") and b"TEST-9" in body:
        return web.json_response(DONE)
    return await right(receiver, request, body)


async def refuses_repeats(
    receiver: Receiver, request: web.Request, body: bytes
) -> web.StreamResponse:
    if request.headers.get("Webhook-Id") in receiver.seen:
        return web.Response(status=409)
    return await right(receiver, request, body)


async def refuses_older(
    receiver: Receiver, request: web.Request, body: bytes
) -> web.StreamResponse:
    if request.headers.get("Webhook-Type") == "check" and genuine(request, body):
        count = int(json.loads(json.loads(body)["params"])["check_count"])
        if count < receiver.checked:
            return web.json_response({"status": 500, "message": "older"})
        receiver.checked = count
    return await right(receiver, request, body)


async def first_signature(
    receiver: Receiver, request: web.Request, body: bytes
) -> web.StreamResponse:
    if " " in request.headers.get("Webhook-Signature", ""):
        return refused()
    return await right(receiver, request, body)


async def case_of_headers(
    receiver: Receiver, request: web.Request, body: bytes
) -> web.StreamResponse:
    if b"Webhook-Id" not in dict(request.raw_headers):
        return refused()
    return await right(receiver, request, body)


async def small_bodies(receiver: Receiver, request: web.Request, body: bytes) -> web.StreamResponse:
    return web.Response(status=413) if len(body) > 9_000 else await right(receiver, request, body)


async def known_fields(receiver: Receiver, request: web.Request, body: bytes) -> web.StreamResponse:
    return refused() if b"test_field" in body else await right(receiver, request, body)


async def known_types(receiver: Receiver, request: web.Request, body: bytes) -> web.StreamResponse:
    if b"test_type" in body:
        return web.Response(status=500)
    return await right(receiver, request, body)


def always(response: Callable[[], web.Response]) -> Answer:
    async def answer(_: Receiver, request: web.Request, body: bytes) -> web.StreamResponse:
        return response() if genuine(request, body) else refused()

    return answer


@asynccontextmanager
async def serving(receiver: Receiver) -> AsyncIterator[str]:
    host, application = Host(), web.Application(client_max_size=10_000_000)
    application.router.add_route("*", "/notify", receiver.handle)
    try:
        yield await host.start(application, LOOPBACK, 0) + "/notify"
    finally:
        await host.stop()
