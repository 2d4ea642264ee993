"""Empty virtual hosts on a RabbitMQ that somebody else runs, removed again at the end.

The ways, best first: the management API (at ``TICKETBRIDGE_TEST_AMQP_MANAGEMENT_URL``, or
port 15672), rabbitmqctl on this machine, else the one virtual host that the URL names, for
one test at a time, emptied before each.
"""

import asyncio
import contextlib
import fcntl
import functools
import hashlib
import os
import subprocess
import tempfile
import uuid
from collections.abc import Coroutine, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any
from unittest import SkipTest

import aio_pika

from contracts import queues
from tests.servers.fresh import with_path
from tests.servers.process import ServerError
from tests.servers.users import User
from tests.servers.ways import ControlWay, ManagementWay, Way

BATCH = 20
RELAY_KEYS = ("k", "k1", "k2", "a", "b", "demo", "alpha", "beta", "slow", "fast")
"""The channels whose queues tests make; only a shared virtual host needs to know."""


class ForeignBroker:
    """A broker of which only the URL is known."""

    def __init__(self, url: str) -> None:
        self._url = url
        self._made: list[str] = []
        self._unused: list[str] = []
        self._users: list[str] = []

    @contextlib.contextmanager
    def vhost(self) -> Iterator[str]:
        """Give out the URL of an empty virtual host."""
        if self._way is None:
            with self._alone():
                yield self._url
            return
        if not self._unused:
            self._unused = [f"test-{uuid.uuid4().hex[:12]}" for _ in range(BATCH)]
            self._made += self._unused
            self._way.add(self._unused)
        yield with_path(self._url, self._unused.pop())

    def let_in(self, vhost: str, users: Sequence[User]) -> None:
        """Make users; with nothing but the URL nobody can, and the test is left out."""
        if self._way is None:
            raise SkipTest("users cannot be made on this broker: it has no management that answers")
        self._users += [user.name for user in users]
        self._way.let_in(vhost, users)

    def close(self) -> None:
        """Remove what was made."""
        if self._users and self._way is not None:
            self._way.turn_out(self._users)
            self._users = []
        if self._made and self._way is not None:
            self._way.remove(self._made)
            self._made = []

    @functools.cached_property
    def _way(self) -> Way | None:
        probe = f"test-{uuid.uuid4().hex[:12]}"
        for way in (ManagementWay(self._url), ControlWay(self._url)):
            with contextlib.suppress(
                OSError, ServerError, subprocess.SubprocessError, aio_pika.exceptions.AMQPError
            ):
                way.add([probe])
                _in_thread(_open(with_path(self._url, probe)))
                self._made.append(probe)
                return way
        return None

    @contextlib.contextmanager
    def _alone(self) -> Iterator[None]:
        digest = hashlib.sha256(f"{self._url}{os.getuid()}".encode()).hexdigest()[:16]
        file = Path(tempfile.gettempdir()) / f"ticketbridge-test-{digest}.lock"
        with file.open("a") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            _in_thread(_empty(self._url))
            yield


def _in_thread(coroutine: Coroutine[Any, Any, None]) -> None:
    with ThreadPoolExecutor(1) as executor:
        executor.submit(asyncio.run, coroutine).result()


async def _open(url: str) -> None:
    connection = await aio_pika.connect(url, timeout=5)
    await connection.close()


async def _empty(url: str) -> None:
    names = [*queues.WORK, queues.DEAD]
    names += [queues.delay_queue(tier) for tier, _ in queues.DELAY_TIERS]
    names += [queues.relay_queue(key) for key in RELAY_KEYS]
    connection = await aio_pika.connect(url, timeout=10)
    try:
        channel = await connection.channel()
        for name in names:
            await channel.queue_delete(name)
            await channel.exchange_delete(name)
        await channel.exchange_delete(queues.COMMANDS_EXCHANGE)
        await channel.exchange_delete(queues.EVENTS_EXCHANGE)
    finally:
        await connection.close()
