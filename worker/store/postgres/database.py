"""Connections to PostgreSQL, time limits, and errors that hold no data.

Why it exists: every statement of the store goes through :meth:`Database.fetch`, so it
ends within :data:`LIMIT_SECONDS` and what it raises is one of ours. A connection whose
statement did not end is thrown away. It must not know a table.

Through a pooler (``statement_cache_size=0``) nothing is set on the session: the database
is given the same, as docs/scaling.md says.
"""

import asyncio
import re
from collections.abc import Awaitable, Callable, Sequence
from functools import lru_cache
from typing import Any, Final, TypeVar

import asyncpg

from worker.errors import StoreRefusedError, StoreUnavailableError
from worker.store.together import Step

LIMIT_SECONDS: Final = 5.0
"""The longest that one statement takes, waiting for its connection included."""

CLOSE_SECONDS: Final = 5.0

T = TypeVar("T")
_Connection = Any
"""A connection of the pool: the driver types it as a proxy without its methods."""

# Statements stay prepared: a plan made while a table was small must not scan it when it is
# large, and nothing here reads a whole table that has an index for the question.
# A disabled scan that is taken all the same counts as so dear that it would be compiled first
# (half a second), and a count would start processes of its own: every statement here is short.
# Only a default that would lose commits is changed: remote_apply is stronger than on.
_SESSION: Final = """
SELECT set_config('statement_timeout', $1, false),
       set_config('idle_in_transaction_session_timeout', $1, false),
       set_config('enable_seqscan', 'off', false),
       set_config('jit', 'off', false),
       set_config('max_parallel_workers_per_gather', '0', false),
       CASE WHEN current_setting('synchronous_commit') IN ('off', 'local')
            THEN set_config('synchronous_commit', 'on', false) END
"""

_PLACE: Final = re.compile(r"\?(\d+)")

# Classes of SQLSTATE whose messages speak of the connection or the server, never of data.
_SAFE: Final = ("08", "28", "3D", "53", "57", "58")


class Database:
    """A pool of connections that are opened when they are needed."""

    def __init__(self, url: str, *, connections: int, statement_cache_size: int) -> None:
        """Take the URL; nothing is opened before :meth:`start`."""
        self._url = url
        self._connections = connections
        self._cache = statement_cache_size
        self._pool: asyncpg.Pool[asyncpg.Record] | None = None

    async def start(self) -> None:
        """Open the first connection. Raises StoreUnavailableError."""
        if self._pool is not None:
            return
        try:
            async with asyncio.timeout(LIMIT_SECONDS):
                self._pool = await asyncpg.create_pool(
                    self._url,
                    min_size=0,
                    init_size=1,
                    max_size=self._connections,
                    timeout=LIMIT_SECONDS,
                    statement_cache_size=self._cache,
                    init=self._prepare if self._cache else None,
                    reset=_keep,
                )
        except (asyncpg.PostgresError, asyncpg.InterfaceError, OSError, ValueError) as error:
            raise translated(error) from None

    async def close(self) -> None:
        """Let go of every connection within a few seconds."""
        pool, self._pool = self._pool, None
        if pool is None:
            return
        try:
            async with asyncio.timeout(CLOSE_SECONDS):
                await pool.close()
        except TimeoutError:
            pool.terminate()

    async def fetch(self, statement: str, *values: object) -> list[asyncpg.Record]:
        """Run one statement as a transaction of its own.

        Raises StoreRefusedError when the database cannot take these values,
        StoreUnavailableError for everything else; after that one it is not known whether
        the statement was carried out.
        """
        return await self._limited(lambda connection: connection.fetch(statement, *values))

    async def together(self, steps: Sequence[Step]) -> list[list[Any]] | None:
        """Run steps as one transaction; one that needs a row and has none takes it back.

        Raises as :meth:`fetch`.
        """

        async def run(connection: _Connection) -> list[list[Any]] | None:
            transaction = connection.transaction()
            await transaction.start()
            found: list[list[Any]] = []
            for step in steps:
                try:
                    values = step.parameters(found)
                    found.append(await connection.fetch(numbered(step.sql), *values))
                except (asyncpg.PostgresError, asyncpg.InterfaceError, ValueError):
                    await transaction.rollback()
                    raise
                if step.needed and not found[-1]:
                    await transaction.rollback()
                    return None
            await transaction.commit()
            return found

        return await self._limited(run)

    async def _limited(self, run: Callable[[_Connection], Awaitable[T]]) -> T:
        """Use a connection for a few seconds. Raises as :meth:`fetch`."""
        pool = self._pool
        if pool is None:
            raise StoreUnavailableError("the store is not open")
        try:
            async with asyncio.timeout(LIMIT_SECONDS):
                return await _used(pool, run)
        except asyncio.CancelledError:
            task = asyncio.current_task()
            if task is not None and task.cancelling():
                raise
            raise StoreUnavailableError("PostgreSQL: the connection was lost") from None
        except TimeoutError:
            raise StoreUnavailableError("PostgreSQL: no answer in time") from None
        except (asyncpg.PostgresError, asyncpg.InterfaceError, OSError, ValueError) as error:
            raise translated(error) from None

    async def _prepare(self, connection: "asyncpg.Connection[asyncpg.Record]") -> None:
        await connection.fetch(_SESSION, str(int(LIMIT_SECONDS * 1000)))


@lru_cache(maxsize=256)
def numbered(sql: str) -> str:
    """Return a step's statement with PostgreSQL's own marks for parameters."""
    return _PLACE.sub(r"$\1", sql)


async def _keep(_connection: object) -> None:
    """Reset nothing when a connection goes back: the store leaves nothing on it."""


async def _used(
    pool: "asyncpg.Pool[asyncpg.Record]", run: Callable[[_Connection], Awaitable[T]]
) -> T:
    connection = await pool.acquire()
    try:
        return await run(connection)
    except asyncio.CancelledError:
        connection.terminate()  # its answer may still come, and would be taken for the next
        raise
    finally:
        await pool.release(connection)


def translated(error: Exception) -> StoreUnavailableError:
    """Return our error for one of the driver's, without any value from the data."""
    name = type(error).__name__
    state = getattr(error, "sqlstate", None)
    if state is None:
        return StoreUnavailableError(f"PostgreSQL: {name}")
    if state[:2] in {"22", "23"}:
        return StoreRefusedError(f"PostgreSQL refused the data: {name} ({state})")
    said = f": {error.args[0]}" if state[:2] in _SAFE and error.args else ""
    return StoreUnavailableError(f"PostgreSQL: {name} ({state}){said}")
