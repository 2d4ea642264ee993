"""Requests and replies of the embedded broker, within a process and between two.

Why it exists: a reply to this process is taken at once; one to another process
is left in a table, which that process looks into while somebody there waits. It must not
publish requests.
"""

import uuid
from typing import Final

import structlog

from worker.broker import embedded_rows as rows
from worker.broker.awaiting import Expected
from worker.clock import Clock
from worker.errors import SealedError, StoreUnavailableError
from worker.sealing import Sealer
from worker.sqlite import Brief, SqliteFile
from worker.tasks import TaskGroup

ADDRESS_PREFIX: Final = "embedded."
PLACE: Final = "broker_conversations.body"
LIFETIME_SECONDS: Final = 60.0

_log = structlog.get_logger(__name__)


class EmbeddedReplies(Expected):
    """Who in this process waits for which reply, and replies to others."""

    def __init__(self, file: SqliteFile, clock: Clock, tasks: TaskGroup, sealer: Sealer) -> None:
        """Take an address of our own; nobody waits yet. What is left lies sealed."""
        super().__init__()
        self._sealer = sealer
        self._file = file
        self._clock = clock
        self._tasks = tasks
        self.address = ADDRESS_PREFIX + uuid.uuid4().hex

    def send(self, reply_to: str, correlation_id: str, body: bytes) -> None:
        """Send a reply, to another process in the background; never raises."""
        if reply_to == self.address:
            self.take(correlation_id, body)
        elif reply_to.startswith(ADDRESS_PREFIX):
            self._tasks.start(self._leave(reply_to, correlation_id, body), "reply")
        else:
            _log.warning("reply_address_refused")

    async def fetch(self) -> None:
        """Take in what other processes replied. Raises StoreUnavailableError."""
        left = Brief(lambda connection: rows.has_reply(connection, self.address))
        if not await self._file.read(left):
            return
        oldest = self._clock.now().timestamp() - LIFETIME_SECONDS
        found = await self._file.write(
            lambda connection: rows.take_replies(connection, self.address, oldest)
        )
        for correlation_id, kept in found:
            try:
                body = self._sealer.open(kept, PLACE, self.address + correlation_id)
            except SealedError as error:
                _log.warning("reply_left_sealed", reason=str(error))
                continue
            self.take(correlation_id, body)

    async def _leave(self, address: str, correlation_id: str, body: bytes) -> None:
        now = self._clock.now().timestamp()
        kept = self._sealer.seal(body, PLACE, address + correlation_id)
        try:
            await self._file.write(
                lambda connection: rows.add_reply(connection, address, correlation_id, kept, now)
            )
        except StoreUnavailableError as error:
            _log.info("reply_not_sent", error=str(error))
