"""The servers that one test run shares.

Named by ``TICKETBRIDGE_TEST_AMQP_URL`` and ``TICKETBRIDGE_TEST_POSTGRES_URL``; what the
environment does not name is started privately when it is first needed.
"""

import contextlib
import os
from collections.abc import Iterator, Mapping, Sequence
from functools import cached_property
from pathlib import Path
from urllib.parse import urlsplit

from tests.servers.foreign import ForeignBroker
from tests.servers.fresh import VhostPool, with_path
from tests.servers.pooler import Pooler
from tests.servers.private import private_postgres, private_rabbit
from tests.servers.process import Server
from tests.servers.rabbit import add_vhosts
from tests.servers.users import User, add_users

AMQP = "TICKETBRIDGE_TEST_AMQP_URL"
POSTGRES = "TICKETBRIDGE_TEST_POSTGRES_URL"
RABBIT_FOLDER = "TICKETBRIDGE_TEST_RABBIT_FOLDER"
"""Where the private RabbitMQ named by AMQP was started; set by ``tests.servers run``."""


class Shared:
    """RabbitMQ and PostgreSQL, each when it is first asked for."""

    def __init__(self) -> None:
        self._stack = contextlib.ExitStack()

    def close(self) -> None:
        """Stop what was started here."""
        self._stack.close()

    @cached_property
    def postgres_url(self) -> str:
        """The URL of the maintenance database."""
        if url := os.environ.get(POSTGRES):
            return url
        server = private_postgres()
        self._stack.callback(server.discard)
        server.start()
        return server.url

    @cached_property
    def pooler(self) -> Pooler:
        """A PgBouncer before that server, which pools transactions; its own in each process."""
        pooler = Pooler(self.postgres_url)
        self._stack.callback(pooler.discard)
        pooler.start()
        return pooler

    @contextlib.contextmanager
    def vhost(self) -> Iterator[str]:
        """Give out the URL of an empty virtual host."""
        if self._pool is not None:
            yield with_path(self.amqp_url, self._pool.take())
            return
        with self._foreign.vhost() as url:
            yield url

    def let_in(self, vhost_url: str, users: Sequence[User]) -> None:
        """Make users who may do in this virtual host what they say, and no more."""
        vhost = urlsplit(vhost_url).path.removeprefix("/")
        if self._pool is None:
            self._foreign.let_in(vhost, users)
            return
        folder = os.environ.get(RABBIT_FOLDER)
        add_users(Path(folder) if folder else self._rabbit.folder, vhost, users)

    @cached_property
    def amqp_url(self) -> str:
        """The URL of the default virtual host."""
        if url := os.environ.get(AMQP):
            return url
        return self._rabbit.url

    @cached_property
    def _rabbit(self) -> Server:
        server = private_rabbit()
        self._stack.callback(server.discard)
        server.start()
        return server

    @cached_property
    def _foreign(self) -> ForeignBroker:
        broker = ForeignBroker(self.amqp_url)
        self._stack.callback(broker.close)
        return broker

    @cached_property
    def _pool(self) -> VhostPool | None:
        if folder := os.environ.get(RABBIT_FOLDER):
            return _pool_in(Path(folder))
        if AMQP in os.environ:
            return None
        return _pool_in(self._rabbit.folder)

    def environment(self) -> Mapping[str, str]:
        """Start both and return the variables that name them to other processes."""
        variables = {AMQP: self.amqp_url, POSTGRES: self.postgres_url}
        if AMQP not in os.environ:
            variables[RABBIT_FOLDER] = str(self._rabbit.folder)
        return variables


def _pool_in(folder: Path) -> VhostPool:
    return VhostPool(folder / "vhosts", lambda names: add_vhosts(folder, names))
