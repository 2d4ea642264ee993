"""The proxy: silent while frozen, either way; what was on its way arrives after the thaw."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from tests.chaos.proxy import Proxy, Way
from tests.e2e.bridge import free_port

LIMIT = 10.0


@asynccontextmanager
async def echo() -> AsyncIterator[tuple[str, int]]:
    """A server that sends back what it gets, line by line."""

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while line := await reader.readline():
            writer.write(line)
        writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    async with server:
        yield server.sockets[0].getsockname()


@asynccontextmanager
async def proxied(*targets: tuple[str, int]) -> AsyncIterator[Proxy]:
    proxy = Proxy(*targets)
    await proxy.start()
    yield proxy
    await proxy.close()


async def ask(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, text: bytes) -> bytes:
    writer.write(text)
    async with asyncio.timeout(LIMIT):
        return await reader.readline()


@pytest.mark.parametrize("way", Way)
async def test_what_is_frozen_arrives_after_the_thaw(way: Way) -> None:
    async with echo() as address, proxied(address) as proxy:
        reader, writer = await asyncio.open_connection(*proxy.address)
        assert await ask(reader, writer, b"one\n") == b"one\n"
        proxy.freeze(way)
        asking = asyncio.ensure_future(ask(reader, writer, b"two\n"))
        done, _ = await asyncio.wait({asking}, timeout=0.2)
        assert not done, "nothing passes, and nothing is closed"
        proxy.thaw()
        assert await asking == b"two\n"
        writer.close()


async def test_a_new_connection_finds_no_answer_while_it_is_frozen() -> None:
    async with echo() as address, proxied(address) as proxy:
        proxy.freeze()
        reader, writer = await asyncio.open_connection(*proxy.address)
        asking = asyncio.ensure_future(ask(reader, writer, b"late\n"))
        done, _ = await asyncio.wait({asking}, timeout=0.2)
        assert not done
        proxy.thaw()
        assert await asking == b"late\n"
        writer.close()


async def test_a_target_that_refuses_is_passed_over() -> None:
    async with echo() as address, proxied(("127.0.0.1", free_port()), address) as proxy:
        for text in (b"one\n", b"two\n"):
            reader, writer = await asyncio.open_connection(*proxy.address)
            assert await ask(reader, writer, text) == text
            writer.close()


async def test_what_the_client_closed_while_frozen_still_arrives() -> None:
    got: asyncio.Queue[bytes] = asyncio.Queue()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        got.put_nowait(await reader.read())
        writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    async with server, proxied(server.sockets[0].getsockname()) as proxy:
        _, writer = await asyncio.open_connection(*proxy.address)
        proxy.freeze()
        writer.write(b"a pay that was given up\n")
        writer.close()
        proxy.thaw()
        async with asyncio.timeout(LIMIT):
            assert await got.get() == b"a pay that was given up\n"
