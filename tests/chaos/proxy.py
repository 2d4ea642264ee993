"""A TCP proxy whose traffic can be frozen: nothing is closed or refused, it is only silent.

What was on its way is kept and arrives after the thaw, late, as on a real network.
"""

import asyncio
import contextlib
import itertools
import socket
from collections.abc import Callable, Mapping, Sequence
from enum import StrEnum

CHUNK = 65_536
LOOPBACK = "127.0.0.1"
CONNECT_SECONDS = 1.0

Address = tuple[str, int]


class Way(StrEnum):
    """Which way the traffic is frozen."""

    BOTH = "both ways"
    THERE = "there"
    BACK = "back"


class Proxy:
    """Passes connections on to the first of its targets that takes them, in turns."""

    def __init__(self, *targets: Address) -> None:
        self.targets: Sequence[Address] = targets
        self.sockets: Mapping[Address, Callable[[], socket.socket]] = {}
        """How the socket to a target is made, where that is not in this process's own namespace."""
        self.address: Address = (LOOPBACK, 0)
        self._turns = itertools.count()
        self._there, self._back = asyncio.Event(), asyncio.Event()
        self._server: asyncio.Server | None = None
        self._writers: set[asyncio.StreamWriter] = set()
        self._far: dict[asyncio.StreamWriter, Address] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        self.thaw()

    async def start(self, port: int = 0, listener: socket.socket | None = None) -> None:
        """Listen on the loopback, or on a socket that was made elsewhere."""
        if listener is None:
            listener = socket.create_server((LOOPBACK, port))
        self.address = listener.getsockname()
        self._server = await asyncio.start_server(self._accepted, sock=listener)

    async def close(self) -> None:
        """Cut every connection and listen no more."""
        if self._server is not None:
            self._server.close()
        for task in self._tasks:
            task.cancel()
        if self._tasks:
            await asyncio.wait(self._tasks)
        for writer in list(self._writers):
            writer.transport.abort()

    def leave_out(self, *targets: Address) -> None:
        """Pass nothing on to them any more, and cut what is open: their checks have failed."""
        self.targets = [target for target in self.targets if target not in targets]
        for writer, target in list(self._far.items()):
            if target in targets:
                writer.transport.abort()

    def freeze(self, way: Way = Way.BOTH) -> None:
        """Let nothing pass any more, one way or both; connections stay open."""
        if way is not Way.BACK:
            self._there.clear()
        if way is not Way.THERE:
            self._back.clear()

    def thaw(self) -> None:
        """Let everything pass again, beginning with what was kept."""
        self._there.set()
        self._back.set()

    async def _accepted(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._tasks.add(task)
        self._writers.add(writer)
        try:
            await self._serve(reader, writer)
        except (OSError, asyncio.CancelledError):
            pass  # the connection is over, and so is this task
        finally:
            self._tasks.discard(task)
            self._let_go(writer)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await self._there.wait()
        target, far_reader, far_writer = await self._connected()
        self._writers.add(far_writer)
        self._far[far_writer] = target
        passing = [
            asyncio.ensure_future(_pass_on(reader, far_writer, self._there)),
            asyncio.ensure_future(_pass_on(far_reader, writer, self._back)),
        ]
        try:
            await asyncio.wait(passing, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for one in passing:
                one.cancel()
            await asyncio.gather(*passing, return_exceptions=True)
            self._let_go(far_writer)

    async def _connected(self) -> tuple[Address, asyncio.StreamReader, asyncio.StreamWriter]:
        """Connect to the next target, or to the one after it. Raises OSError."""
        first, targets = next(self._turns), self.targets
        for n in range(len(targets)):
            target = targets[(first + n) % len(targets)]
            with contextlib.suppress(ConnectionError, TimeoutError):
                async with asyncio.timeout(CONNECT_SECONDS):
                    return target, *await self._opened(target)
        raise ConnectionRefusedError("no target takes connections")

    async def _opened(self, target: Address) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        if (make := self.sockets.get(target)) is None:
            return await asyncio.open_connection(*target)
        made = make()
        made.setblocking(False)  # noqa: FBT003  (the socket's own name for it)
        try:
            await asyncio.get_running_loop().sock_connect(made, target)
            return await asyncio.open_connection(sock=made)
        except BaseException:
            made.close()
            raise

    def _let_go(self, writer: asyncio.StreamWriter) -> None:
        self._writers.discard(writer)
        self._far.pop(writer, None)
        writer.close()


async def _pass_on(
    reader: asyncio.StreamReader, writer: asyncio.StreamWriter, gate: asyncio.Event
) -> None:
    with contextlib.suppress(OSError):
        while True:
            await gate.wait()
            data = await reader.read(CHUNK)
            if not data:
                return
            await gate.wait()
            writer.write(data)
            await writer.drain()
