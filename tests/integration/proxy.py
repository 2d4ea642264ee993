"""A TCP proxy that can freeze, go deaf, cut and refuse: the network on a bad day."""

import asyncio
from collections.abc import AsyncIterator, Coroutine
from contextlib import asynccontextmanager
from typing import Any
from urllib.parse import urlsplit, urlunsplit


class TcpProxy:
    """Forwards to one server; everything between can be made to go wrong."""

    def __init__(self, url: str) -> None:
        self._target = urlsplit(url)
        self._server: asyncio.Server | None = None
        self._port = 0
        self._pairs: set[tuple[asyncio.StreamWriter, asyncio.StreamWriter]] = set()
        self._pumps: set[asyncio.Task[None]] = set()
        self._to_server = asyncio.Event()
        self._to_client = asyncio.Event()
        self.seen = bytearray()
        """What clients sent since the last :meth:`mute`."""
        self.saw = asyncio.Event()

    @property
    def url(self) -> str:
        user = self._target.netloc.rpartition("@")[0]
        return urlunsplit(self._target._replace(netloc=f"{user}@127.0.0.1:{self._port}"))

    async def listen(self) -> None:
        """Take connections, on the same port as before."""
        self.thaw()
        self._server = await asyncio.start_server(self._accept, "127.0.0.1", self._port)
        self._port = self._server.sockets[0].getsockname()[1]

    def freeze(self) -> None:
        """Forward nothing in either direction; connections stay open."""
        self._to_server.clear()
        self._to_client.clear()

    def mute(self) -> None:
        """Forward what clients send, but nothing back."""
        self.seen.clear()
        self.saw.clear()
        self._to_client.clear()

    def thaw(self) -> None:
        """Forward everything again, what was held back included."""
        self._to_server.set()
        self._to_client.set()

    def cut(self) -> None:
        """Break every connection."""
        for pair in self._pairs:
            for writer in pair:
                writer.transport.abort()

    async def refuse(self) -> None:
        """Break every connection and take none."""
        if self._server is not None:
            self._server.close()
        self.cut()

    async def close(self) -> None:
        await self.refuse()
        for pump in self._pumps:
            pump.cancel()
        await asyncio.gather(*self._pumps, return_exceptions=True)

    async def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        back_reader, back_writer = await asyncio.open_connection(
            self._target.hostname, self._target.port
        )
        pair = (writer, back_writer)
        self._pairs.add(pair)
        self._start(self._pump(reader, back_writer, self._to_server, note=True))
        self._start(self._pump(back_reader, writer, self._to_client, note=False))

    def _start(self, pump: Coroutine[Any, Any, None]) -> None:
        task = asyncio.ensure_future(pump)
        self._pumps.add(task)

    async def _pump(
        self,
        reader: asyncio.StreamReader,
        writer: asyncio.StreamWriter,
        way: asyncio.Event,
        *,
        note: bool,
    ) -> None:
        try:
            while data := await reader.read(65536):
                await way.wait()
                writer.write(data)
                if note:
                    self.seen += data
                    self.saw.set()
                await writer.drain()
        except ConnectionError:
            pass
        finally:
            writer.close()

    async def sees(self, text: bytes) -> None:
        """Return once clients have sent ``text``."""
        while text not in self.seen:
            self.saw.clear()
            await self.saw.wait()


@asynccontextmanager
async def proxied(url: str) -> AsyncIterator[TcpProxy]:
    """Run a proxy in front of the server at ``url``."""
    proxy = TcpProxy(url)
    await proxy.listen()
    try:
        yield proxy
    finally:
        await proxy.close()
