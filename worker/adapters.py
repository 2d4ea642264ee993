"""The broker and the store that the settings name: the half of the composition root.

Why it exists: every role and every command of the command line opens the same two, and
what stands behind their ports is said once, here. Only what is named is loaded: neither
set-up pays for the other's driver. It must not start a role.
"""

from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from worker.broker.sealed import PLACE as MESSAGE
from worker.broker.sealed import sealed as sealed_broker
from worker.broker.traced import traced as traced_broker
from worker.clock import Clock, SystemClock
from worker.runtime.ports import Broker, Store
from worker.runtime.resealing import BodyStore
from worker.sealing import Sealer
from worker.settings import Settings
from worker.sqlite import SqliteFile
from worker.store.sealed import sealed as sealed_store
from worker.store.tables import BODIES
from worker.store.traced import traced as traced_store
from worker.telemetry import traces

PUBLISH_SECONDS: Final = 4.5
"""Without a confirm by then the outcome is unknown: leaves time to say so within 5 s."""


@dataclass(frozen=True, slots=True)
class Adapters:
    """What stands behind the broker and store ports."""

    broker: Broker
    store: Store
    clock: Clock


@asynccontextmanager
async def adapters(
    settings: Settings,
    clock: Clock | None = None,
    file: Callable[[Path], SqliteFile] = SqliteFile,
    *,
    front: bool = False,
) -> AsyncIterator[Adapters]:
    """Open the broker and the store that the settings name; nothing is connected yet.

    Time is ``clock``'s (the machine's own by default); ``file`` opens a SQLite database. The
    process is an ingress alone if ``front``.
    """
    clock = clock or SystemClock()
    files = Files(file)
    sealer = Sealer(settings.privacy.keys)
    broker = sealed_broker(_broker(settings, clock, files, sealer, front=front), sealer)
    store = sealed_store(_store(settings, files), sealer)
    if traces.on():
        broker, store = traced_broker(broker), traced_store(store)
    try:
        yield Adapters(broker, store, clock)
    finally:
        await files.close()


class Files:
    """The SQLite files of one process, each opened once."""

    def __init__(self, make: Callable[[Path], SqliteFile]) -> None:
        """Open them with ``make``."""
        self._make = make
        self._open: dict[Path, SqliteFile] = {}

    def at(self, path: Path) -> SqliteFile:
        """Return the file at ``path``; broker and store may share it."""
        if path not in self._open:
            self._open[path] = self._make(path)
        return self._open[path]

    async def close(self) -> None:
        """Close them all."""
        for file in self._open.values():
            await file.close()


def _broker(
    settings: Settings, clock: Clock, files: Files, sealer: Sealer, *, front: bool
) -> Broker:
    app_keys = [channel.app_key for channel in settings.channels]
    path = settings.embedded_path
    if path is None:
        from worker.broker.rabbitmq import RabbitBroker

        return RabbitBroker(
            settings.broker_url,
            app_keys,
            publish_timeout=PUBLISH_SECONDS,
            also_ours=settings.broker_logins,
            front=front,
        )
    from worker.broker.embedded import EmbeddedBroker

    return EmbeddedBroker(files.at(path), app_keys, clock, sealer)


def _store(settings: Settings, files: Files) -> Store:
    path = settings.sqlite_path
    if path is None:
        from worker.store.postgres import PostgresStore

        cache = {} if settings.database_prepared_statements else {"statement_cache_size": 0}
        return PostgresStore(settings.database_url, **cache)
    from worker.store.sqlite import SqliteStore

    return SqliteStore(files.at(path))


@asynccontextmanager
async def opened_store(settings: Settings) -> AsyncIterator[Store]:
    """Open the store alone, beside a running worker. Raises StoreUnavailableError."""
    async with adapters(settings) as parts:
        try:
            await parts.store.start()
            yield parts.store
        finally:
            await parts.store.close()


@asynccontextmanager
async def opened_bodies(settings: Settings) -> AsyncIterator[dict[str, BodyStore]]:
    """Open what keeps sealed bodies, by the name of the place; RabbitMQ's pass by themselves."""
    async with opened_store(settings) as store:
        places: dict[str, BodyStore] = dict.fromkeys(BODIES, store)
        if (path := settings.embedded_path) is None:
            yield places
            return
        from worker.broker.embedded_bodies import EmbeddedBodies

        file = SqliteFile(path)
        try:
            yield {**places, MESSAGE: EmbeddedBodies(file)}
        finally:
            await file.close()


@asynccontextmanager
async def opened(settings: Settings) -> AsyncIterator[Adapters]:
    """Open store and broker, beside a running worker, to publish a message or two.

    Raises StoreUnavailableError, BrokerUnavailableError.
    """
    async with AsyncExitStack() as stack:
        parts = await stack.enter_async_context(adapters(settings))
        stack.push_async_callback(parts.store.close)
        await parts.store.start()
        stack.push_async_callback(parts.broker.close)
        await parts.broker.start()
        yield parts
