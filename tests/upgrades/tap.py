"""Hears what is published on RabbitMQ, as it lies on the wire: the broker's own tracing."""

import asyncio
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import datetime
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

import aio_pika
from aio_pika.abc import AbstractQueue

from tests.servers.rabbit import control
from tests.servers.shared import RABBIT_FOLDER, Shared

TRACE = "amq.rabbitmq.trace"


class Tap:
    """What was published in one virtual host."""

    def __init__(self, url: str, queue: AbstractQueue) -> None:
        self.url = url
        self._queue = queue

    async def messages(self) -> list[dict[str, Any]]:
        """Return all that was heard: where it went, its properties, its body."""
        found = []
        while (heard := await self._queue.get(fail=False, no_ack=True)) is not None:
            told: Any = heard.headers
            properties = dict(told["properties"])
            found.append(
                {
                    "exchange": told["exchange_name"],
                    "routing_keys": list(told["routing_keys"]),
                    "properties": _plain(properties),
                    "body": heard.body.decode(),
                }
            )
        return found


def _plain(value: Any) -> Any:  # noqa: ANN401  (a table of AMQP as JSON)
    if isinstance(value, dict):
        return {name: _plain(each) for name, each in value.items()}
    if isinstance(value, list):
        return [_plain(each) for each in value]
    if isinstance(value, bytes):
        return value.decode()
    return value.timestamp() if isinstance(value, datetime) else value


@asynccontextmanager
async def tapped() -> AsyncIterator[Tap]:
    """Give out a virtual host, and hear all that is published in it."""
    shared = Shared()
    folder = Path(os.environ[RABBIT_FOLDER])
    with shared.vhost() as url:
        vhost = unquote(urlsplit(url).path.removeprefix("/"))
        await asyncio.to_thread(control, folder, "trace_on", "-p", vhost)
        connection = await aio_pika.connect(url)
        channel = await connection.channel()
        queue = await channel.declare_queue("tap", auto_delete=False)
        await queue.bind(TRACE, "publish.#")
        yield Tap(url, queue)
        await connection.close()
        await asyncio.to_thread(control, folder, "trace_off", "-p", vhost)
    shared.close()
