"""The store in one SQLite file: the embedded default.

Why it exists: a single machine needs no server. Every method is one job of the file's
writer (or a read of it), so it is durable when it returns. It must not know the broker
that lives in the same file.
"""

import sqlite3

from worker.sqlite import SqliteFile
from worker.store.sqlite.accounts import Accounts
from worker.store.sqlite.alarms import Alarms
from worker.store.sqlite.audit import Audits
from worker.store.sqlite.bodies import Bodies
from worker.store.sqlite.catalogue import Catalogue
from worker.store.sqlite.channels import Channels
from worker.store.sqlite.console import ConsoleRows
from worker.store.sqlite.dead_letters import DeadLetters
from worker.store.sqlite.erasure import Erasure
from worker.store.sqlite.letters import Letters
from worker.store.sqlite.notices import Notices
from worker.store.sqlite.notifications import Notifications
from worker.store.sqlite.orders import Orders
from worker.store.sqlite.outbox import Outbox
from worker.store.sqlite.queries import Queries
from worker.store.sqlite.reconciliation import Reconciliations
from worker.store.sqlite.refunds import Refunds
from worker.store.sqlite.search import Search
from worker.store.version import check

__all__ = ["SqliteStore"]


class SqliteStore(
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
    """:class:`worker.runtime.ports.Store` over a :class:`SqliteFile` that others may share."""

    def __init__(self, file: SqliteFile) -> None:
        """Use ``file``, which whoever made it closes."""
        self._file = file

    async def start(self) -> None:
        """Create the tables if there are none. Raises StoreUnavailableError."""
        if not check(await self._file.read(_revision)):
            from worker.store.migrate import migrate_sqlite  # noqa: PLC0415  (brings alembic)

            await migrate_sqlite(self._file.path)

    async def close(self) -> None:
        """Do nothing: the file is not the store's own."""

    async def ping(self) -> None:
        """Return if the file can be read. Raises StoreUnavailableError."""
        await self._all("SELECT 1 FROM orders LIMIT 1")


def _revision(connection: sqlite3.Connection) -> str | None:
    if not connection.execute(
        "SELECT 1 FROM sqlite_master WHERE name = 'alembic_version'"
    ).fetchone():
        return None
    row = connection.execute("SELECT version_num FROM alembic_version").fetchone()
    return row and str(row[0])
