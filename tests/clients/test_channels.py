"""The channel client against the simulated channel and against worse servers."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import replace

import pytest
from aiohttp import web

from tests.doubles import NOON, HeldClock
from worker.clients.channels import DEFAULT_LIMITS, HEAD_BYTES, ChannelClient
from worker.simulators.hosting import LOOPBACK, Host
from worker.translation.delivery import Answered, NoAnswer

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]
Serving = Callable[[Handler], Awaitable[str]]


@pytest.fixture
async def client() -> AsyncIterator[ChannelClient]:
    limits = replace(DEFAULT_LIMITS, connect=1.0, read=0.3, total=0.6)
    client = ChannelClient(allow_private_addresses=True, clock=HeldClock(), limits=limits)
    yield client
    await client.close()


@pytest.fixture
async def serving() -> AsyncIterator[Serving]:
    hosts: list[Host] = []

    async def serve(handler: Handler) -> str:
        host, application = Host(), web.Application()
        application.router.add_route("*", "/{path:.*}", handler)
        hosts.append(host)
        return await host.start(application, LOOPBACK, 0)

    yield serve
    for host in hosts:
        await host.stop()


async def test_the_head_of_the_answer_the_status_and_the_time(
    client: ChannelClient, serving: Serving
) -> None:
    got: list[tuple[bytes, str]] = []

    async def take(request: web.Request) -> web.Response:
        got.append((await request.read(), request.headers["Webhook-Id"]))
        return web.Response(text='{"status":200,"message":"成功"}')

    result = await client.deliver(await serving(take), {"Webhook-Id": "m1"}, b"{}")
    assert isinstance(result, Answered)
    assert (result.status, result.body_head) == (200, '{"status":200,"message":"成功"}'.encode())
    assert result.retry_after is None
    assert 0 < result.seconds < 5
    assert got == [(b"{}", "m1")]


async def test_no_more_than_the_head_is_read(client: ChannelClient, serving: Serving) -> None:
    async def babble(request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse()
        await response.prepare(request)
        try:
            while True:
                await response.write(b"x" * 65_536)
        except ConnectionError:
            return response

    result = await client.deliver(await serving(babble), {}, b"{}")
    assert isinstance(result, Answered)
    assert result.body_head == b"x" * HEAD_BYTES


async def test_a_compressed_answer_is_not_unpacked(client: ChannelClient, serving: Serving) -> None:
    async def bomb(_request: web.Request) -> web.Response:
        return web.Response(body=b"\x1f\x8b no gzip", headers={"Content-Encoding": "gzip"})

    result = await client.deliver(await serving(bomb), {}, b"{}")
    assert isinstance(result, Answered)
    assert result.body_head == b"\x1f\x8b no gzip"


@pytest.mark.parametrize("status", [301, 302, 307, 308])
async def test_redirects_are_not_followed(
    client: ChannelClient, serving: Serving, status: int
) -> None:
    paths: list[str] = []

    async def redirect(request: web.Request) -> web.Response:
        paths.append(request.path)
        return web.Response(status=status, headers={"Location": "/elsewhere"})

    result = await client.deliver(await serving(redirect) + "/notify", {}, b"{}")
    assert isinstance(result, Answered)
    assert result.status == status
    assert paths == ["/notify"]


@pytest.mark.parametrize(
    ("value", "seconds"),
    [
        ("7", 7.0),
        (" 120 ", 120.0),
        ("Fri, 01 May 2026 04:00:09 GMT", 9.0),
        ("Fri, 01 May 2020 04:00:09 GMT", 0.0),
        ("soon", None),
        ("-5", None),
        ("1.5", None),
        ("", None),
        ("９", None),
    ],
)
async def test_retry_after_is_seconds_or_a_date(
    client: ChannelClient, serving: Serving, value: str, seconds: float | None
) -> None:
    assert NOON.hour == 4

    async def busy(_request: web.Request) -> web.Response:
        return web.Response(status=429, headers={"Retry-After": value})

    result = await client.deliver(await serving(busy), {}, b"{}")
    assert isinstance(result, Answered)
    assert (result.status, result.retry_after) == (429, seconds)


async def test_a_channel_that_hangs_is_no_answer_and_delays_no_other(
    client: ChannelClient, serving: Serving
) -> None:
    arrived, release = asyncio.Event(), asyncio.Event()

    async def hang(_request: web.Request) -> web.Response:
        arrived.set()
        await release.wait()
        return web.Response()

    async def quick(_request: web.Request) -> web.Response:
        return web.Response()

    hanging, other = await serving(hang), await serving(quick)
    waiting = [asyncio.create_task(client.deliver(hanging, {}, b"{}")) for _ in range(150)]
    await asyncio.wait_for(arrived.wait(), 5)
    assert isinstance(await client.deliver(other, {}, b"{}"), Answered)
    results = await asyncio.gather(*waiting)
    release.set()
    reasons = [result.reason for result in results if isinstance(result, NoAnswer)]
    assert len(reasons) == 150
    assert set(reasons) <= {"timeout", "connect_timeout"}  # so many at once may have to queue


async def test_an_answer_that_drips_ends_at_the_total_time_out(
    client: ChannelClient, serving: Serving
) -> None:
    stop = asyncio.Event()

    async def drip(request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse()
        await response.prepare(request)
        while not stop.is_set():
            try:
                await response.write(b"x")
                await asyncio.wait_for(stop.wait(), 0.05)
            except TimeoutError:
                continue
            except ConnectionError:
                break
        return response

    result = await client.deliver(await serving(drip), {}, b"{}")
    stop.set()
    assert isinstance(result, NoAnswer)
    assert result.reason == "timeout"


async def test_nobody_there_is_no_answer(client: ChannelClient, unused_tcp_port: int) -> None:
    result = await client.deliver(f"http://127.0.0.1:{unused_tcp_port}/", {}, b"{}")
    assert isinstance(result, NoAnswer)
    assert result.reason == "connect_failed"


async def test_a_server_that_speaks_no_http_is_no_answer(client: ChannelClient) -> None:
    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read(100)
        writer.write(b"220 smtp.example ESMTP\r\n")
        writer.close()

    server = await asyncio.start_server(talk, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    result = await client.deliver(f"http://127.0.0.1:{port}/", {}, b"{}")
    server.close()
    await server.wait_closed()
    assert isinstance(result, NoAnswer)
    assert result.reason == "answer_not_http"


async def test_plain_http_where_tls_is_wanted_is_no_answer(
    client: ChannelClient, serving: Serving
) -> None:
    async def quick(_request: web.Request) -> web.Response:
        return web.Response()

    url = (await serving(quick)).replace("http://", "https://")
    result = await client.deliver(url, {}, b"{}")
    assert isinstance(result, NoAnswer)
    assert result.reason == "tls_failed"
