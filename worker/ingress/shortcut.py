"""The short way of a request whose body is there already, past aiohttp's application.

Why it exists: nearly every request to a door of ours comes as one piece to a path that is known
word for word. For these aiohttp's router, middlewares, request and response, most of what a
request costs it, have nothing to do: its server reads the request, the door answers, and the
answer is written in one go. Whatever is anything else (a body under way, too large or packed, a
question put to the path, another method, a wish of the connection's) takes the long way, to the
same door. It must not know what a door does.
"""

import asyncio
from collections.abc import Mapping
from http import HTTPStatus
from typing import Any, Final

from aiohttp import web
from aiohttp.abc import AbstractStreamWriter
from aiohttp.helpers import rfc822_formatted_time
from aiohttp.http import HttpVersion11, RawRequestMessage
from aiohttp.streams import StreamReader
from aiohttp.web_protocol import RequestHandler

from worker.ingress.doors import Door, Reply, Whole

DOORS: Final = web.AppKey("doors", Mapping[str, Door])
"""The doors of an application by their paths."""


class _Written:
    """An answer; so much of aiohttp's response as its server asks for."""

    __slots__ = ("_reply",)

    keep_alive = True

    def __init__(self, reply: Reply) -> None:
        self._reply = reply

    async def prepare(self, request: Whole) -> None:
        """Write the answer. Raises ConnectionResetError where nobody is there any more."""
        request.answer(_bytes(self._reply))

    async def write_eof(self) -> None:
        """Nothing follows."""


def cut_short(server: web.Server, application: web.Application) -> None:
    """Let the requests that may do so go to the doors of ``application`` at once."""
    doors, most = application.get(DOORS, {}), application._client_max_size  # noqa: SLF001
    long_way, made = server.request_handler, server.request_factory

    def make(
        message: RawRequestMessage,
        payload: StreamReader,
        protocol: RequestHandler,
        writer: AbstractStreamWriter,
        task: "asyncio.Task[None]",
    ) -> Any:  # noqa: ANN401  (one of two requests that have nothing in common)
        door = doors.get(message.path)
        if door is None or payload.total_bytes > most or not _is_plain(message, payload):
            return made(message, payload, protocol, writer, task)
        return Whole(message, payload.read_nowait(), protocol, writer, door)

    async def handle(request: Any) -> Any:  # noqa: ANN401
        if type(request) is Whole:
            return _Written(await request.door(request))
        return await long_way(request)

    server.request_factory, server.request_handler = make, handle


def _is_plain(message: RawRequestMessage, payload: StreamReader) -> bool:
    return (
        message.method == "POST"
        and payload.is_eof()
        and not payload.exception()
        and message.version == HttpVersion11
        and not (message.should_close or message.upgrade or message.compression)
        and "Expect" not in message.headers
    )


def _bytes(reply: Reply) -> bytes:
    head = "".join(f"{name}: {value}\r\n" for name, value in reply.headers.items())
    status = HTTPStatus(reply.status)
    return (
        f"HTTP/1.1 {status.value} {status.phrase}\r\n{head}"
        f"Content-Length: {len(reply.body)}\r\nDate: {rfc822_formatted_time()}\r\n\r\n"
    ).encode() + reply.body
