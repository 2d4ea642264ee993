"""Empty virtual hosts on a RabbitMQ that somebody else runs.

The ways, best first: the management API (at ``TICKETBRIDGE_TEST_AMQP_MANAGEMENT_URL``, or
port 15672), rabbitmqctl on this machine, else the one virtual host that the URL names, for
one test at a time, emptied before each.
"""

import asyncio
import base64
import contextlib
import fcntl
import functools
import hashlib
import json
import os
import subprocess
import tempfile
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from urllib.parse import unquote, urlsplit

import aio_pika

from contracts import queues
from tests.servers.fresh import VhostPool, with_path
from tests.servers.process import ServerError, find_program
from tests.servers.rabbit import PLACES, add_vhosts_expression

MANAGEMENT = "TICKETBRIDGE_TEST_AMQP_MANAGEMENT_URL"
RELAY_KEYS = ("k", "k1", "k2", "a", "b", "demo", "alpha", "beta", "slow", "fast")
"""The channels whose queues tests make; only a shared virtual host needs to know."""


@contextlib.contextmanager
def foreign_vhost(url: str) -> Iterator[str]:
    """Give out an empty virtual host of the broker at ``url``."""
    make = _way(url)
    if make is not None:
        yield with_path(url, VhostPool(_note(url, "vhosts"), make).take())
        return
    with _note(url, "lock").open("a") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        _in_thread(_empty(url))
        yield url


@functools.cache
def _way(url: str) -> Callable[[Sequence[str]], None] | None:
    probe = f"test-probe-{os.getpid()}"
    for make in (functools.partial(_by_management, url), functools.partial(_by_control, url)):
        try:
            make([probe])
            _in_thread(_open(with_path(url, probe)))
        except (OSError, ServerError, subprocess.SubprocessError, aio_pika.exceptions.AMQPError):
            continue
        return make
    return None


def _by_management(url: str, names: Sequence[str]) -> None:
    parts = urlsplit(url)
    base = os.environ.get(MANAGEMENT) or f"http://{parts.hostname}:15672"
    user, password = unquote(parts.username or "guest"), unquote(parts.password or "guest")
    everything = {"configure": ".*", "write": ".*", "read": ".*"}
    token = base64.b64encode(f"{user}:{password}".encode()).decode()
    for name in names:
        for path, body in ((f"vhosts/{name}", {}), (f"permissions/{name}/{user}", everything)):
            request = urllib.request.Request(  # noqa: S310  (the scheme is the tester's)
                f"{base.rstrip('/')}/api/{path}",
                data=json.dumps(body).encode(),
                headers={"Content-Type": "application/json", "Authorization": f"Basic {token}"},
                method="PUT",
            )
            with urllib.request.urlopen(request, timeout=5):  # noqa: S310
                pass


def _by_control(url: str, names: Sequence[str]) -> None:
    user = unquote(urlsplit(url).username or "guest")
    program = (
        find_program("rabbitmqctl") if os.geteuid() == 0 else find_program("rabbitmqctl", *PLACES)
    )
    subprocess.run(
        [program, "eval", add_vhosts_expression(names, user)],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        check=True,
        timeout=30,
    )


def _note(url: str, kind: str) -> Path:
    digest = hashlib.sha256(f"{url}{os.getuid()}".encode()).hexdigest()[:16]
    return Path(tempfile.gettempdir()) / f"ticketbridge-test-{digest}.{kind}"


def _in_thread(coroutine: object) -> None:
    with ThreadPoolExecutor(1) as executor:
        executor.submit(asyncio.run, coroutine).result()  # type: ignore[arg-type]


async def _open(url: str) -> None:
    connection = await aio_pika.connect(url, timeout=5)
    await connection.close()


async def _empty(url: str) -> None:
    names = [queues.ORDERS, queues.NOTICES, queues.DEAD]
    names += [queues.delay_queue(tier) for tier, _ in queues.DELAY_TIERS]
    names += [queues.relay_queue(key) for key in RELAY_KEYS]
    connection = await aio_pika.connect(url, timeout=10)
    try:
        for name in names:
            channel = await connection.channel()
            await channel.queue_delete(name)
            await channel.exchange_delete(name)
        await channel.exchange_delete(queues.COMMANDS_EXCHANGE)
    finally:
        await connection.close()
