"""``transfer``: everything of the embedded set-up to RabbitMQ and PostgreSQL.

Why it exists: an order that two workers lead is paid twice, so the file is closed for workers
before anything leaves it, and stays closed; each step is done once or can be done again, and a
transfer that was cut short is simply begun again. It must not know what a row or a message
means. Source: docs/decisions/0034-deploying.md.
"""

import sqlite3
import sys
import uuid
from collections.abc import AsyncIterator, Iterator
from contextlib import ExitStack, asynccontextmanager, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final
from urllib.parse import urlsplit

from worker.broker import leaving
from worker.broker.rabbitmq import RabbitBroker
from worker.commands.audit import actor
from worker.commands.quiet import log_quietly
from worker.errors import SettingsError, StoreUnavailableError
from worker.runtime.auditing import AuditEntry
from worker.sealing import key_id
from worker.settings import Settings
from worker.sqlite.connect import MOVED
from worker.sqlite.copies import alone
from worker.store import transfer as rows
from worker.store.look import HEAD, look_at_sqlite

_TABLE: Final = (
    "CREATE TABLE IF NOT EXISTS transfer"
    " (id TEXT NOT NULL, target TEXT NOT NULL, sent INTEGER NOT NULL, done_at TEXT)"
)


@dataclass(frozen=True, slots=True)
class _Files:
    """The embedded set-up, held so that no worker can use it."""

    store: sqlite3.Connection
    broker: sqlite3.Connection

    def close_for_workers(self) -> None:
        """Let no worker use it from now on, whatever becomes of this process."""
        for connection in (self.store, self.broker):
            connection.execute(f"PRAGMA user_version = {MOVED}")

    def open_for_workers(self) -> None:
        """Let workers use it again."""
        for connection in (self.broker, self.store):
            connection.execute("PRAGMA user_version = 0")


async def transfer(source: Settings, target: Settings) -> None:
    """Move all of it, or go on where the last try ended; print what was moved.

    Raises SettingsError, StoreUnavailableError, BrokerUnavailableError, PublishUnknownError.
    """
    log_quietly(target)
    await _suitable(source, target)
    with _held(source) as files:
        begun = _begun(files)
        if begun and begun[1] != _place(target):
            raise StoreUnavailableError(
                f"it is on its way to {begun[1]}: finish that, or take it back"
            )
        async with _broker(target) as broker:
            if begun is None:
                await _empty(files, target, broker)
                begun = _begin(files, _place(target))
            files.close_for_workers()
            await _move(files, target, broker, begun)


def take_back(source: Settings) -> None:
    """Let workers use the file again. Raises StoreUnavailableError, SettingsError."""
    log_quietly(source)
    with _held(source) as files:
        if _begun(files) is None:
            raise StoreUnavailableError("no transfer was begun")
        files.open_for_workers()
        files.store.execute("DROP TABLE transfer")
    sys.stdout.write("taken back: workers may use the file again\n")
    sys.stderr.write("empty the database and the virtual host before they are moved to again\n")


async def _move(
    files: _Files, target: Settings, broker: RabbitBroker, begun: tuple[str, str, int]
) -> None:
    name, place, after = begun
    now = datetime.now(UTC)
    mark = AuditEntry(now, actor(), "database.transfer", place, "from the embedded set-up", id=name)
    copied = await rows.fill(files.store, target.database_url, mark)
    for table, count in copied.items():
        if count:
            sys.stdout.write(f"{table}: {count}\n")

    def sent(row: int) -> None:
        files.store.execute("UPDATE transfer SET sent = ?", (row,))

    count = await leaving.send(files.broker, broker, after=after, now=now.timestamp(), done=sent)
    files.store.execute("UPDATE transfer SET done_at = ?", (now.isoformat(),))
    sys.stdout.write(f"messages: {count}\n")
    sys.stdout.write(f"moved to {place}: start the workers with its configuration\n")


# --- what must hold before -----------------------------------------------------------------


async def _suitable(source: Settings, target: Settings) -> None:
    path = source.sqlite_path
    if path is None or source.embedded_path is None:
        raise SettingsError("what is moved must be the embedded set-up: sqlite:// and embedded:")
    if target.sqlite_path or target.embedded_path:
        raise SettingsError("the new configuration must name postgresql:// and amqp://")
    revision = (await look_at_sqlite(path)).revision
    if revision is None:
        raise StoreUnavailableError(f"{path} holds nothing yet")
    if revision != HEAD:
        raise StoreUnavailableError(f"{path} is of revision {revision}, not {HEAD}: run `migrate`")
    missing = {key_id(key) for key in source.privacy.keys} - {
        key_id(key) for key in target.privacy.keys
    }
    if missing:
        told = ", ".join(sorted(one.hex() for one in missing))
        raise SettingsError(f"the new configuration lacks the encryption keys {told}")


async def _empty(files: _Files, target: Settings, broker: RabbitBroker) -> None:
    """Raise StoreUnavailableError where the target is not empty, or would lack a queue."""
    keys = [channel.app_key for channel in target.channels]
    if lacking := leaving.wanted(files.broker) - set(leaving.names(keys)):
        told = ", ".join(sorted(lacking))
        raise SettingsError(f"the new configuration lacks the channels of {told}")
    if taken := await leaving.first_with_messages(broker, keys):
        raise StoreUnavailableError(f"the virtual host to move to is not empty: {taken}")
    if not await rows.is_empty(target.database_url):
        raise StoreUnavailableError("the database to move to is not empty")


# --- the file ------------------------------------------------------------------------------


@contextmanager
def _held(source: Settings) -> Iterator[_Files]:
    store, broker = source.sqlite_path, source.embedded_path
    if store is None or broker is None:
        raise SettingsError("this is not the embedded set-up: nothing is moved from it")
    try:
        with ExitStack() as stack:
            first = stack.enter_context(alone(store))
            second = first if broker == store else stack.enter_context(alone(broker))
            yield _Files(first, second)
    except sqlite3.Error as error:
        raise StoreUnavailableError(f"{store}: {error}") from None


def _begun(files: _Files) -> tuple[str, str, int] | None:
    """Return id, target and last row sent of a transfer that was begun."""
    if not files.store.execute("SELECT 1 FROM sqlite_master WHERE name = 'transfer'").fetchone():
        return None
    found = files.store.execute("SELECT id, target, sent FROM transfer").fetchone()
    return found and (str(found[0]), str(found[1]), int(found[2]))


def _begin(files: _Files, target: str) -> tuple[str, str, int]:
    """Note where the orders go, and close the file for workers."""
    begun = (uuid.uuid4().hex, target, 0)
    files.store.execute("BEGIN IMMEDIATE")
    files.store.execute(_TABLE)
    files.store.execute("INSERT INTO transfer VALUES (?, ?, ?, NULL)", begun)
    files.store.execute(f"PRAGMA user_version = {MOVED}")
    files.store.execute("COMMIT")
    return begun


@asynccontextmanager
async def _broker(target: Settings) -> AsyncIterator[RabbitBroker]:
    broker = RabbitBroker(target.broker_url, [channel.app_key for channel in target.channels])
    try:
        await broker.start()
        yield broker
    finally:
        await broker.close()


def _place(target: Settings) -> str:
    """Return the target without logins."""
    return " and ".join(
        f"{parts.scheme}://{parts.hostname}{f':{parts.port}' if parts.port else ''}{parts.path}"
        for parts in (urlsplit(target.database_url), urlsplit(target.broker_url))
    )
