"""One connection to RabbitMQ that is made again whenever it is lost.

Why it exists: aio-pika's robust connection holds its channels weakly and loses
consumers; here the owner is told of every new connection and builds on it anew. It must
not know what the connection is used for.
Source: DESIGN.md, "Broker facts".
"""

import asyncio
import logging
import random
from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import Any, Final, TypeVar

import aio_pika
import aiormq
import structlog
from aio_pika.abc import AbstractChannel, AbstractConnection
from aio_pika.connection import make_url
from aio_pika.exceptions import CONNECTION_EXCEPTIONS
from aiormq.abc import DeliveredMessage

from worker.broker.pipe import Pipe
from worker.broker.settle import cancelled_from_outside
from worker.broker.tap import TappedTransport
from worker.errors import BrokerUnavailableError
from worker.tasks import TaskGroup

HEARTBEAT_SECONDS: Final = 3
CONNECT_TIMEOUT_SECONDS: Final = 5.0
CHANNEL_TIMEOUT_SECONDS: Final = 5.0
SET_UP_TIMEOUT_SECONDS: Final = 30.0
CLOSE_TIMEOUT_SECONDS: Final = 2.0
FIRST_BACKOFF_SECONDS: Final = 0.1
LONGEST_BACKOFF_SECONDS: Final = 2.0
"""So that a broker which is back waits for nobody; a refused try costs it nothing."""

AMQP_ERRORS: Final = (*CONNECTION_EXCEPTIONS, TimeoutError)
"""Everything that aio-pika raises when the broker or the way to it is in trouble."""

T = TypeVar("T")

_log = structlog.get_logger(__name__)


def _without_messages(record: logging.LogRecord) -> bool:
    """Keep whole messages, and with them names and vouchers, out of aiormq's log lines."""
    if isinstance(record.args, tuple):
        record.args = tuple(
            "a message" if isinstance(value, DeliveredMessage) else value for value in record.args
        )
    return True


logging.getLogger("aiormq.channel").addFilter(_without_messages)


async def guarded(operation: Awaitable[T]) -> T:
    """Await something of aio-pika's; raises ConnectionError where it cancels by itself.

    It cancels what is under way when a connection is lost; taken for a cancellation of
    ours, that would silently end the very loops that make the connection again.
    """
    try:
        return await operation
    except asyncio.CancelledError:
        if cancelled_from_outside():
            raise
        raise ConnectionError("the connection was lost") from None


class Link:
    """A connection by a name, kept up from :meth:`start` to :meth:`close`."""

    def __init__(
        self, url: str, name: str, tasks: TaskGroup, on_up: Callable[[], Awaitable[None]]
    ) -> None:
        """Connect to ``url``; call ``on_up`` on each new connection before it counts as up."""
        self._url = url
        self._name = name
        self._tasks = tasks
        self._on_up = on_up
        self._connection: AbstractConnection | None = None
        self._transport = TappedTransport()
        self._lost = asyncio.Event()
        self._hurried = asyncio.Event()
        self._keeper: asyncio.Task[None] | None = None
        self._up = asyncio.Event()
        self.generation = 0
        """How many connections there have been."""

    @property
    def up(self) -> bool:
        """Whether there is a connection and its owner has built on it."""
        return self._up.is_set()

    async def until_up(self, seconds: float) -> None:
        """Return once it is up, trying at once if it is not; after ``seconds`` in any case."""
        self._hurried.set()
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self._up.wait()

    async def start(self) -> None:
        """Connect once and keep the connection from then on.

        Raises BrokerUnavailableError; then nothing is kept up.
        """
        try:
            await guarded(self._connect())
        except AMQP_ERRORS as error:
            raise BrokerUnavailableError(f"RabbitMQ cannot be used: {described(error)}") from error
        self._keeper = self._tasks.start(self._keep(), f"keep {self._name} connected")

    async def close(self) -> None:
        """Disconnect for good, within two seconds or so."""
        if self._keeper is not None:
            self._keeper.cancel()
        connection = self._forget()
        if connection is not None:
            await _close(connection)

    def drop(self, generation: int) -> None:
        """Give up a connection whose peer seems frozen, and make a new one.

        ``generation`` is the one on which the trouble was seen; a later one is left alone.
        """
        if generation != self.generation:
            return
        connection = self._forget()
        if connection is not None:
            _log.warning("broker_connection_dropped", name=self._name)
            self._tasks.start(_close(connection), f"close {self._name}")
        self._lost.set()

    async def channel(self, *, confirms: bool = True) -> AbstractChannel:
        """Open a channel. Raises what aio-pika raises, TimeoutError after 5 s."""
        if self._connection is None:
            raise ConnectionError("there is no connection")
        channel = self._connection.channel(publisher_confirms=confirms, on_return_raises=confirms)
        async with asyncio.timeout(CHANNEL_TIMEOUT_SECONDS):
            await channel
        return channel

    async def pipe(self, channel: AbstractChannel) -> Pipe:
        """Return the way for the messages of a channel that was just opened here."""
        return self._transport.pipe(await underlay(channel))

    @property
    def blocked(self) -> bool:
        """Whether the broker reads nothing that is published, as it has told."""
        tap = self._transport.tap
        return tap is None or tap.blocked

    async def unblocked(self) -> None:
        """Return once the broker reads what is published (it does not while short of memory)."""
        transport = None if self._connection is None else self._connection.transport
        if transport is None:
            raise ConnectionError("there is no connection")
        await transport.ready()

    async def _connect(self) -> None:
        connection = await self._connected()
        self._connection = connection
        self.generation += 1
        self._lost.clear()
        connection.close_callbacks.add(self._closed)
        try:
            async with asyncio.timeout(SET_UP_TIMEOUT_SECONDS):
                await self._on_up()
        except BaseException:
            self._forget()
            await _close(connection)
            raise
        if not self._lost.is_set():
            self._up.set()

    async def _connected(self) -> AbstractConnection:
        """Return a new connection; one that fails is closed, or it would close itself when freed.

        That is why it is not made by ``aio_pika.connect``, which keeps it to itself.
        """
        connection = aio_pika.Connection(
            make_url(self._url, heartbeat=HEARTBEAT_SECONDS),
            heartbeat=HEARTBEAT_SECONDS,
            client_properties={"connection_name": f"ticketbridge {self._name}"},
        )
        transport = connection.kwargs["transport_factory"] = TappedTransport()
        try:
            await connection.connect(timeout=CONNECT_TIMEOUT_SECONDS)
        except BaseException:
            await _close(connection)
            raise
        self._transport = transport
        return connection

    def _closed(self, sender: Any, _error: BaseException | None) -> None:  # noqa: ANN401
        if sender is self._connection:
            self._forget()
            self._lost.set()

    def _forget(self) -> AbstractConnection | None:
        connection, self._connection = self._connection, None
        self._up.clear()
        return connection

    async def _keep(self) -> None:
        backoff = FIRST_BACKOFF_SECONDS
        while True:
            await self._lost.wait()
            self._hurried.clear()
            try:
                await guarded(self._connect())
            except Exception as error:  # noqa: BLE001  (reported; this loop must not end)
                _log.warning("broker_unreachable", name=self._name, error=described(error))
                self._lost.set()
                await self._pause(backoff * random.uniform(0.75, 1.25))  # noqa: S311
                backoff = min(backoff * 2, LONGEST_BACKOFF_SECONDS)
            else:
                _log.info("broker_connected", name=self._name)
                backoff = FIRST_BACKOFF_SECONDS

    async def _pause(self, seconds: float) -> None:
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self._hurried.wait()


def described(error: BaseException) -> str:
    """Return what went wrong, in the broker's own words where it has any."""
    words = " ".join(str(part) for part in error.args if part)
    return f"{type(error).__name__}: {words}"[:300]


async def underlay(channel: AbstractChannel) -> aiormq.Channel:
    """Return the channel beneath, on which a message costs least."""
    beneath = await channel.get_underlay_channel()
    if not isinstance(beneath, aiormq.Channel):
        raise TypeError("aio-pika no longer stands on aiormq")
    return beneath


async def close_channel(channel: AbstractChannel) -> None:
    """Close a channel, but wait for a frozen peer no longer than two seconds.

    It is not called off then: aiormq would ask for the end a second time, and RabbitMQ, for which
    the channel had ended with the first, would end the connection with all that is under way.
    """
    await _bounded(asyncio.shield(channel.close()))


async def _close(connection: AbstractConnection) -> None:
    await _bounded(connection.close())


async def _bounded(closing: Awaitable[Any]) -> None:
    try:
        async with asyncio.timeout(CLOSE_TIMEOUT_SECONDS):
            await guarded(closing)
    except AMQP_ERRORS as error:
        _log.debug("close_gave_up", error=type(error).__name__)
