"""The console in this process, on an embedded store and broker, with users to log in as."""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import cast

from aiohttp.test_utils import TestServer
from argon2 import PasswordHasher

from worker.broker.embedded import EmbeddedBroker
from worker.clock import Clock, SystemClock
from worker.console import server
from worker.console.config import ChannelShown, ConsoleConfig, Level, User
from worker.console.parts import Parts
from worker.console.sessions import Sessions, session_cookie
from worker.runtime.auditing import Audit
from worker.runtime.catalogue import Catalogue
from worker.runtime.catalogue_sync import CatalogueSync
from worker.runtime.channel_desk import ChannelDesk
from worker.runtime.listing import Listing
from worker.runtime.ports import Broker, Store, Supplier
from worker.sqlite import SqliteFile
from worker.store.sqlite import SqliteStore
from worker.translation.commands import ProductMap
from worker.translation.supplier import Unknown

PASSWORD = "correct horse battery"
_CHEAP = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1).hash(PASSWORD)
USERS = {level.name.lower(): User(level.name.lower(), level, _CHEAP) for level in Level}
CHANNELS = (ChannelShown("k", "demo channel"), ChannelShown("m", "另一个渠道", 5))


class NoSupplier:
    """A ZZY that is away."""

    def __getattr__(self, name: str) -> Callable[[object], Awaitable[Unknown]]:
        async def unknown(_request: object) -> Unknown:
            return Unknown("timeout")

        return unknown


@dataclass(frozen=True)
class Console:
    """A console that answers."""

    url: str
    parts: Parts
    store: Store
    broker: Broker
    sessions: Sessions

    @property
    def cookie(self) -> str:
        """The name of the session's cookie."""
        return session_cookie(self.parts.config)

    async def session(self, level: Level) -> str:
        """Return the token of a new session of the user with this level."""
        return await self.sessions.open(self.parts.config.users[level.name.lower()])


@asynccontextmanager
async def console(
    folder: Path, clock: Clock | None = None, config: ConsoleConfig | None = None
) -> AsyncIterator[Console]:
    """Run a console in ``folder``."""
    clock = clock or SystemClock()
    config = config or ConsoleConfig(users=USERS)
    file = SqliteFile(folder / "bridge.db")
    store = SqliteStore(file)
    await store.start()
    broker = EmbeddedBroker(file, [channel.app_key for channel in CHANNELS], SystemClock())
    await broker.start()
    sessions = Sessions(store, config, clock)
    catalogue = Catalogue(ProductMap({}), Listing(cast(Supplier, NoSupplier())), store, clock)
    parts = Parts(
        config=config,
        store=store,
        broker=broker,
        clock=clock,
        sessions=sessions,
        audit=Audit(store, clock),
        channel_desk=ChannelDesk(store, clock),
        catalogue=catalogue,
        catalogue_sync=CatalogueSync(catalogue, store, clock),
        channels=CHANNELS,
    )
    web = TestServer(server.build(parts))
    await web.start_server()
    try:
        yield Console(str(web.make_url("")).rstrip("/"), parts, store, broker, sessions)
    finally:
        await web.close()
        await broker.close()
        await file.close()
