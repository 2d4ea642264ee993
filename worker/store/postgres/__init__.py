"""The store in PostgreSQL: any number of workers on any number of machines.

Why it exists: state that several workers share. It works through poolers: no session
locks, no LISTEN, nothing that outlives a statement; due work is claimed with
``SKIP LOCKED``. It must not know the broker.
"""

import asyncio
from collections.abc import Sequence
from functools import partial
from typing import Final

import structlog

from worker.runtime.lettering import Settled
from worker.runtime.ports import Committed, Loaded, NotificationResult, Transition
from worker.store.batcher import Batcher
from worker.store.postgres.accounts import Accounts
from worker.store.postgres.alarms import Alarms
from worker.store.postgres.audit import Audits
from worker.store.postgres.bodies import Bodies
from worker.store.postgres.catalogue import Catalogue
from worker.store.postgres.channels import Channels
from worker.store.postgres.commits import commit_all
from worker.store.postgres.console import ConsoleRows
from worker.store.postgres.database import CLOSE_SECONDS, Database
from worker.store.postgres.dead_letters import DeadLetters
from worker.store.postgres.erasure import Erasure
from worker.store.postgres.letters import Letters, settle_all
from worker.store.postgres.movements import move_all
from worker.store.postgres.notices import Notices
from worker.store.postgres.notifications import Notifications, record_all
from worker.store.postgres.orders import Orders, Question, load_all
from worker.store.postgres.outbox import Outbox, mark_all
from worker.store.postgres.queries import Queries
from worker.store.postgres.reconciliation import Reconciliations
from worker.store.postgres.refunds import Refunds
from worker.store.postgres.search import Search
from worker.store.version import check
from worker.tasks import TaskGroup

__all__ = ["PostgresStore"]

COMMIT_FLIGHTS: Final = 1
"""While one statement commits, the next batch gathers: bigger batches and an eighth less
CPU an order than with four, at the same rate (docs/benchmarks)."""
COMMIT_PAUSE: Final = 0.005
LOAD_PAUSE: Final = 0.005
MARK_PAUSE: Final = 0.05
"""Seconds that each rests between two statements, while the next batch gathers: under load three
in ten statements are saved. Nobody waits for a message to be noted as sent; but a relay's few
handlers do for their results, which get no rest (docs/decisions/0036-cpu-of-the-state.md)."""
MOVE_FLIGHTS: Final = 3
"""Transitions that move accounts go one by one, never two of one account: an account that
is much used must not take every connection."""
BATCH: Final = 128
CONNECTIONS: Final = 10

_log = structlog.get_logger(__name__)


class PostgresStore(
    Orders,
    Accounts,
    Outbox,
    Notifications,
    Notices,
    DeadLetters,
    Catalogue,
    Channels,
    Queries,
    Bodies,
    Erasure,
    ConsoleRows,
    Audits,
    Reconciliations,
    Search,
    Refunds,
    Letters,
    Alarms,
):
    """:class:`worker.runtime.ports.Store` over a pool of asyncpg connections."""

    def __init__(
        self, url: str, *, connections: int = CONNECTIONS, statement_cache_size: int = 200
    ) -> None:
        """Take a ``postgresql://`` URL; ``statement_cache_size`` 0 is for poolers."""
        self._url = url
        self._database = Database(
            url, connections=connections, statement_cache_size=statement_cache_size
        )
        self._tasks = TaskGroup(_report)
        self._commits = Batcher[Transition, Committed](
            "store commit",
            partial(commit_all, self._database),
            self._tasks,
            flights=COMMIT_FLIGHTS,
            size=BATCH,
            key=lambda transition: transition.row.order_num,
            pause=COMMIT_PAUSE,
        )
        self._moves = Batcher[Transition, Committed](
            "store move",
            partial(move_all, self._database),
            self._tasks,
            flights=MOVE_FLIGHTS,
            size=1,
            key=lambda transition: transition.row.app_key,
        )
        self._loads = Batcher[Question, Loaded](
            "store load",
            partial(load_all, self._database),
            self._tasks,
            flights=1,
            size=BATCH,
            pause=LOAD_PAUSE,
        )
        self._marks = Batcher[Sequence[str], None](
            "store mark",
            partial(mark_all, self._database),
            self._tasks,
            flights=1,
            size=BATCH,
            pause=MARK_PAUSE,
        )
        self._results = Batcher[Sequence[NotificationResult], None](
            "store record", partial(record_all, self._database), self._tasks, flights=1, size=BATCH
        )
        self._settled = Batcher[Settled, None](
            "store settle", partial(settle_all, self._database), self._tasks, flights=1, size=BATCH
        )

    async def start(self) -> None:
        """Connect; create the tables if there are none. Raises StoreUnavailableError."""
        await self._database.start()
        if not check(await self._revision()):
            from worker.store.migrate import migrate_postgres  # noqa: PLC0415  (brings alembic)

            await migrate_postgres(self._url)

    async def close(self) -> None:
        """Finish what is under way and let go, within a few seconds."""
        try:
            async with asyncio.timeout(CLOSE_SECONDS):
                await self._tasks.join()
        except TimeoutError:
            await self._tasks.stop()
            saving = (self._commits, self._moves, self._marks, self._results, self._settled)
            for batcher in (self._loads, *saving):
                batcher.refuse()
        await self._database.close()

    async def ping(self) -> None:
        """Return if the database answers. Raises StoreUnavailableError."""
        await self._all("SELECT 1 FROM orders LIMIT 1")

    async def _revision(self) -> str | None:
        found = await self._all("SELECT to_regclass('alembic_version') IS NOT NULL")
        if not found[0][0]:
            return None
        found = await self._all("SELECT version_num FROM alembic_version")
        return str(found[0][0]) if found else None


def _report(name: str, error: BaseException) -> None:
    _log.error("store_task_failed", task=name, error=type(error).__name__)
