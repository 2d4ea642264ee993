"""What the broker parity suite needs of an adapter, and a handler that remembers."""

import asyncio
import itertools
from collections.abc import Awaitable, Callable
from pathlib import Path

from contracts import queues
from worker.broker.embedded import EmbeddedBroker
from worker.broker.rabbitmq import RabbitBroker
from worker.clock import SystemClock
from worker.runtime.outcome import Ack, Outcome
from worker.runtime.ports import Broker, Message
from worker.sqlite import SqliteFile

PATIENCE = 15.0
RELAY_KEYS = ("fast", "slow")

_serial = itertools.count(1)


def order(body: bytes = b"{}", **fields: object) -> Message:
    """Return a message for the orders queue, with an id of its own."""
    values = {"queue": queues.ORDERS, "type": "order.create.v1", "message_id": f"m{next(_serial)}"}
    return Message(body=body, **{**values, **fields})  # type: ignore[arg-type]


class Kit:
    """Opens brokers that share one backing, and closes them all in the end."""

    def __init__(self, make: Callable[[], tuple[Broker, Callable[[], Awaitable[None]]]]) -> None:
        self._make = make
        self._open: dict[Broker, Callable[[], Awaitable[None]]] = {}

    async def start(self) -> Broker:
        broker, after = self._make()
        self._open[broker] = after
        await broker.start()
        return broker

    async def close(self, broker: Broker) -> None:
        after = self._open.pop(broker)
        await broker.close()
        await after()

    async def close_all(self) -> None:
        for broker in list(self._open):
            await self.close(broker)


def embedded_kit(path: Path) -> Kit:
    """Brokers on one file, each with a connection of its own, as processes have."""

    def make() -> tuple[Broker, Callable[[], Awaitable[None]]]:
        file = SqliteFile(path)
        return EmbeddedBroker(file, RELAY_KEYS, SystemClock()), file.close

    return Kit(make)


def rabbit_kit(url: str) -> Kit:
    """Brokers on one virtual host."""

    async def nothing() -> None:
        pass

    return Kit(lambda: (RabbitBroker(url, RELAY_KEYS), nothing))


class Collector:
    """A handler that keeps what it gets and answers from a list, the last answer for ever."""

    def __init__(self, *outcomes: Outcome) -> None:
        self.messages: list[Message] = []
        self._outcomes = list(outcomes) or [Ack()]
        self._changed = asyncio.Condition()

    async def __call__(self, message: Message) -> Outcome:
        async with self._changed:
            self.messages.append(message)
            self._changed.notify_all()
        return self._outcomes.pop(0) if len(self._outcomes) > 1 else self._outcomes[0]

    async def wait(self, count: int) -> list[Message]:
        """Return the messages once there are so many."""
        async with asyncio.timeout(PATIENCE), self._changed:
            await self._changed.wait_for(lambda: len(self.messages) >= count)
        return self.messages


class Gate(Collector):
    """A handler that holds every message until it is opened."""

    def __init__(self, *outcomes: Outcome) -> None:
        super().__init__(*outcomes)
        self.opened = asyncio.Event()
        self.at_work = 0
        self.most_at_work = 0

    async def __call__(self, message: Message) -> Outcome:
        self.at_work += 1
        self.most_at_work = max(self.most_at_work, self.at_work)
        try:
            outcome = await super().__call__(message)
            await self.opened.wait()
            return outcome
        finally:
            self.at_work -= 1


async def settles(broker: Broker, queue: str, depth: int) -> None:
    """Return once a queue holds so many messages; acknowledgements travel on their own."""
    async with asyncio.timeout(PATIENCE):
        while await broker.depth(queue) != depth:  # noqa: ASYNC110  (a depth can only be asked for)
            await asyncio.sleep(0.02)
