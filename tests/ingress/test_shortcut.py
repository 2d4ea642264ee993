"""The short way and the long way to a door answer alike; and who may take the short one."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass, field

import pytest
from aiohttp import web

from worker.ingress.doors import Door, Incoming, Reply, Whole
from worker.ingress.http import answering, read_body, remove_server_header, shaped_errors
from worker.ingress.shortcut import DOORS, cut_short

PATH = "/public/any"
MOST = 1000


@dataclass
class House:
    """An application with one door, served once past aiohttp's application and once not."""

    ports: list[int] = field(default_factory=list)
    whole: list[bool] = field(default_factory=list)
    """Of each request, whether it came the short way."""
    asked: asyncio.Event = field(default_factory=asyncio.Event)
    held: asyncio.Event = field(default_factory=asyncio.Event)

    async def door(self, request: Incoming) -> Reply:
        self.whole.append(isinstance(request, Whole))
        self.asked.set()
        body = await read_body(request, 5)
        if body == b"hold":
            await self.held.wait()
        told = f"{request.raw_path} {request.headers['x-ours']} {request.remote} {body!r}"
        busy = request.headers["X-Ours"] == "busy"
        return Reply(told.encode(), 429 if busy else 200, 7 if busy else 0)

    async def talk(self, port: int, *written: bytes) -> list[bytes]:
        """Write each piece once the one before was answered; return the answers."""
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        answers = []
        async with asyncio.timeout(10):
            for piece in written:
                writer.write(piece)
                answers.append(await answer_of(reader))
        writer.close()
        return answers


async def answer_of(reader: asyncio.StreamReader) -> bytes:
    head = await reader.readuntil(b"\r\n\r\n")
    lines = sorted(line for line in head.split(b"\r\n") if not line.startswith(b"Date: "))
    length = next(line for line in lines if line.startswith(b"Content-Length: "))
    return b"\n".join(lines) + await reader.readexactly(int(length.partition(b" ")[2]))


def request(  # noqa: PLR0913  (the parts of a request)
    body: bytes = b"{}",
    *,
    method: str = "POST",
    path: str = PATH,
    version: str = "1.1",
    ours: str = "一",
    more: str = "",
) -> bytes:
    head = f"{method} {path} HTTP/{version}\r\nHost: x\r\nX-Ours: {ours}\r\n"
    return f"{head}Content-Length: {len(body)}\r\n{more}\r\n".encode() + body


@pytest.fixture
async def house() -> AsyncIterator[House]:
    house = House()
    runners = []
    for short in (True, False):
        app = web.Application(client_max_size=MOST, middlewares=[shaped_errors("/other")])
        door: Door = house.door
        app[DOORS] = {PATH: door}
        app.router.add_post(PATH, answering(door))
        app.on_response_prepare.append(remove_server_header)
        runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
        await runner.setup()
        assert runner.server is not None
        if short:
            cut_short(runner.server, app)
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        runners.append(runner)
        house.ports.append(runner.addresses[0][1])
    yield house
    for runner in runners:
        await runner.cleanup()


@pytest.mark.parametrize(
    "piece",
    [
        request(),
        request(b""),
        request(b"x" * MOST),
        request(ours="busy"),
        request(more="Content-Type: text/plain\r\nx-ours: twice\r\n"),
    ],
)
async def test_the_short_way_answers_as_the_long_one(house: House, piece: bytes) -> None:
    short, long = [await house.talk(port, piece, piece) for port in house.ports]
    assert short == long
    assert house.whole == [True, True, False, False]


@pytest.mark.parametrize(
    "piece",
    [
        request(b"x" * (MOST + 1)),
        request(path=PATH + "?a=1"),
        request(path="/public/%61ny"),
        request(path="/public/none"),
        request(method="PUT"),
        request(version="1.0"),
        request(more="Connection: close\r\n"),
        request(b"no gzip", more="Content-Encoding: gzip\r\n"),
        f"POST {PATH} HTTP/1.1\r\nHost: x\r\nX-Ours: 1\r\nTransfer-Encoding: chunked\r\n\r\n"
        "2\r\nab\r\n0\r\n\r\n".encode(),
    ],
)
async def test_what_is_out_of_the_ordinary_is_answered_alike(house: House, piece: bytes) -> None:
    short, long = [await house.talk(port, piece) for port in house.ports]
    assert short == long


async def test_who_asks_to_go_on_is_told_to(house: House) -> None:
    asked = request(more="Expect: 100-continue\r\n")[:-2]
    for port in house.ports:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        async with asyncio.timeout(10):
            writer.write(asked)
            assert await reader.readuntil(b"\r\n\r\n") == b"HTTP/1.1 100 Continue\r\n\r\n"
            writer.write(b"{}")
            assert b"HTTP/1.1 200 OK" in await answer_of(reader)
        writer.close()
    assert house.whole == [False, False]


async def test_a_body_that_comes_later_is_waited_for(house: House) -> None:
    piece = request(b"later")
    reader, writer = await asyncio.open_connection("127.0.0.1", house.ports[0])
    async with asyncio.timeout(10):
        writer.write(piece[:-3])
        await house.asked.wait()  # the door is asked before the body is there
        writer.write(piece[-3:])
        assert b"b'later'" in await answer_of(reader)
    assert house.whole == [False]
    writer.close()


async def test_requests_behind_each_other_are_answered_in_their_order(house: House) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", house.ports[0])
    async with asyncio.timeout(10):
        writer.write(request(b"hold") + request(b"next"))
        await house.asked.wait()
        house.held.set()
        assert b"b'hold'" in await answer_of(reader)
        assert b"b'next'" in await answer_of(reader)
    writer.close()


async def test_who_went_away_is_not_answered(house: House) -> None:
    _, writer = await asyncio.open_connection("127.0.0.1", house.ports[0])
    async with asyncio.timeout(10):
        writer.write(request(b"hold"))
        await house.asked.wait()
        writer.transport.abort()
        house.held.set()
        assert await house.talk(house.ports[0], request(b"another"))
