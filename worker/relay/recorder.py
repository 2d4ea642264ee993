"""Writes what delivery attempts led to, many in one commit.

Why it exists: a message may be acknowledged only after its result is durable, and one
commit per delivery would make the store the slowest part of the relay. While one batch
is being written the next one gathers. It must not decide anything.
"""

import asyncio

import structlog

from worker.errors import StoreUnavailableError
from worker.runtime.ports import NotificationResult, Store
from worker.tasks import TaskGroup

MAX_BATCH = 200

_log = structlog.get_logger(__name__)


class Recorder:
    """Collects results and returns to each caller once its own is on the disk."""

    def __init__(self, store: Store) -> None:
        """Write into ``store``; nothing runs while nothing is recorded."""
        self._store = store
        self._waiting: list[tuple[NotificationResult, asyncio.Future[None]]] = []
        self._writer: asyncio.Task[None] | None = None
        self._tasks = TaskGroup(_report)

    async def record(self, result: NotificationResult) -> None:
        """Return when ``result`` is durable. Raises StoreUnavailableError."""
        done: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiting.append((result, done))
        if self._writer is None or self._writer.done():
            self._writer = self._tasks.start(self._write(), "relay recorder")
        await done

    async def _write(self) -> None:
        while self._waiting:
            batch, self._waiting = self._waiting[:MAX_BATCH], self._waiting[MAX_BATCH:]
            error: BaseException | None = None
            try:
                await self._store.record_deliveries([result for result, _ in batch])
            except Exception as raised:  # noqa: BLE001  (it is handed to the callers whole)
                error = raised
            except asyncio.CancelledError:
                _settle(batch + self._waiting, StoreUnavailableError("the recorder was stopped"))
                self._waiting = []
                raise
            _settle(batch, error)


def _settle(
    batch: list[tuple[NotificationResult, asyncio.Future[None]]], error: BaseException | None
) -> None:
    for _, done in batch:
        if done.done():  # its caller was cancelled
            continue
        if error is None:
            done.set_result(None)
        else:
            done.set_exception(error)


def _report(name: str, error: BaseException) -> None:
    _log.error("task_failed", task=name, error=type(error).__name__)
