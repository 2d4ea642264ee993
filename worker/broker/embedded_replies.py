"""Requests and replies of the embedded broker, within a process and between two.

Why it exists: a reply to this process settles a future at once; one to another process
is left in a table, which that process looks into while somebody there waits. It must not
publish requests.
"""

import asyncio
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

import structlog

from worker.broker import embedded_rows as rows
from worker.clock import Clock
from worker.errors import StoreUnavailableError
from worker.sqlite import SqliteFile
from worker.tasks import TaskGroup

ADDRESS_PREFIX: Final = "embedded."
LIFETIME_SECONDS: Final = 60.0

_log = structlog.get_logger(__name__)


class EmbeddedReplies:
    """Who in this process waits for which reply, and replies to others."""

    def __init__(self, file: SqliteFile, clock: Clock, tasks: TaskGroup) -> None:
        """Take an address of our own; nobody waits yet."""
        self._file = file
        self._clock = clock
        self._tasks = tasks
        self._waiting: dict[str, asyncio.Future[bytes]] = {}
        self.address = ADDRESS_PREFIX + uuid.uuid4().hex

    @property
    def expected(self) -> bool:
        """Whether somebody waits."""
        return bool(self._waiting)

    @contextmanager
    def expect(self, correlation_id: str) -> Iterator[tuple[str, asyncio.Future[bytes]]]:
        """Await one reply; yields its correlation id (a fresh one if taken) and its future."""
        if not correlation_id or correlation_id in self._waiting:
            correlation_id = uuid.uuid4().hex
        future: asyncio.Future[bytes] = asyncio.get_running_loop().create_future()
        self._waiting[correlation_id] = future
        try:
            yield correlation_id, future
        finally:
            self._waiting.pop(correlation_id, None)

    def send(self, reply_to: str, correlation_id: str, body: bytes) -> None:
        """Send a reply, to another process in the background; never raises."""
        if reply_to == self.address:
            self._settle(correlation_id, body)
        elif reply_to.startswith(ADDRESS_PREFIX):
            self._tasks.start(self._leave(reply_to, correlation_id, body), "reply")
        else:
            _log.warning("reply_address_refused")

    async def fetch(self) -> None:
        """Take in what other processes replied. Raises StoreUnavailableError."""
        found = await self._file.read(lambda connection: rows.replies(connection, self.address))
        if not found:
            return
        for correlation_id, body in found:
            self._settle(correlation_id, body)
        oldest = self._clock.now().timestamp() - LIFETIME_SECONDS
        await self._file.write(
            lambda connection: rows.drop_replies(connection, self.address, oldest)
        )

    def _settle(self, correlation_id: str, body: bytes) -> None:
        future = self._waiting.get(correlation_id)
        if future is not None and not future.done():
            future.set_result(body)

    async def _leave(self, address: str, correlation_id: str, body: bytes) -> None:
        now = self._clock.now().timestamp()
        try:
            await self._file.write(
                lambda connection: rows.add_reply(connection, address, correlation_id, body, now)
            )
        except StoreUnavailableError as error:
            _log.info("reply_not_sent", error=str(error))
