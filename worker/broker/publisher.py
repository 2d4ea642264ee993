"""Publishes to RabbitMQ and knows what became of it.

Why it exists: a caller must be able to tell "surely not sent" from "sent, outcome
unknown"; aio-pika alone raises a dozen errors for the two. It must not consume work.
Source: DESIGN.md, "Broker facts"; PROTOCOL.md, "Broker trouble".
"""

import asyncio
from typing import Final

import structlog
from aio_pika.abc import AbstractChannel

from worker.broker.codec import Parcel
from worker.broker.connection import (
    AMQP_ERRORS,
    Link,
    close_channel,
    described,
    guarded,
    underlay,
)
from worker.broker.pipe import Pipe, RefusedError, ReturnedError
from worker.broker.replies import ReplyBox
from worker.broker.slots import Slots
from worker.errors import BrokerUnavailableError, PublishUnknownError, UndeliverableError
from worker.tasks import TaskGroup

MAX_IN_FLIGHT: Final = 256
GRACE_SECONDS: Final = 1.0
"""How long a publish waits for a connection that is being made again."""

RENEW_TIMEOUT_SECONDS: Final = 2.0

_log = structlog.get_logger(__name__)


class Publisher:
    """A channel with confirms that replaces itself when its state is in doubt.

    It publishes through a pipe, past aio-pika and aiormq, which open and close the channel:
    a third of what a publish cost with them.
    """

    def __init__(
        self, link: Link, tasks: TaskGroup, replies: ReplyBox, *, publish_timeout: float
    ) -> None:
        """Publish over ``link``; give up on a confirm after ``publish_timeout`` seconds."""
        self._link = link
        self._tasks = tasks
        self._replies = replies
        self._timeout = publish_timeout
        self._slots = Slots(MAX_IN_FLIGHT)
        self._channel: AbstractChannel | None = None
        self._pipe: Pipe | None = None
        self._usable = asyncio.Event()
        self.blocked = False
        """RabbitMQ has said that it reads nothing for the time being."""

    @property
    def usable(self) -> bool:
        """Whether a publish has a channel to go through."""
        return self._usable.is_set()

    async def open(self) -> None:
        """Open a fresh channel. Raises what aio-pika raises."""
        channel = await self._link.channel()
        pipe = await self._link.pipe(channel)
        await self._replies.listen(await underlay(channel), pipe)
        self._channel, self._pipe = channel, pipe
        channel.close_callbacks.add(lambda *_: self._discard(pipe))
        self._usable.set()

    async def send(self, parcel: Parcel) -> None:
        """Return once the broker has confirmed the message.

        Raises BrokerUnavailableError when it was surely not sent, PublishUnknownError
        when it was sent and not confirmed.
        """
        deadline = asyncio.get_running_loop().time() + self._timeout
        if not self._slots.enter_at_once():
            await self._take_slot(deadline)
        try:
            await self._confirmed(
                self._open_pipe() or await self._ready(deadline), parcel, deadline
            )
        finally:
            self._slots.leave()

    async def _take_slot(self, deadline: float) -> None:
        try:
            async with asyncio.timeout_at(deadline):
                await self._slots.enter()
        except TimeoutError:
            raise BrokerUnavailableError("too many messages await their confirm") from None

    def _open_pipe(self) -> Pipe | None:
        return None if self.blocked else self._pipe

    async def _ready(self, deadline: float) -> Pipe:
        """Return the way to publish, after a short grace in which one may be made."""
        grace = min(deadline, asyncio.get_running_loop().time() + GRACE_SECONDS)
        try:
            async with asyncio.timeout_at(grace):
                await self._usable.wait()
                await self._link.unblocked()
        except (TimeoutError, ConnectionError):
            raise BrokerUnavailableError("RabbitMQ takes no message at present") from None
        if self._pipe is None:
            raise BrokerUnavailableError("the connection to RabbitMQ was just lost")
        return self._pipe

    async def _confirmed(self, pipe: Pipe, parcel: Parcel, deadline: float) -> None:
        try:
            confirmed = await self._written(pipe, parcel, deadline)
        except (ValueError, TypeError):
            raise UndeliverableError("the message cannot be written as AMQP") from None
        except (TimeoutError, ConnectionError):
            self._discard(pipe)
            raise BrokerUnavailableError("RabbitMQ takes no message at present") from None
        try:
            await confirmed
        except ReturnedError:
            raise UndeliverableError(f"no queue takes {parcel.routing_key}") from None
        except RefusedError:
            raise BrokerUnavailableError("RabbitMQ refused the message") from None
        except (TimeoutError, ConnectionError) as error:
            self._discard(pipe)
            name = type(error).__name__
            raise PublishUnknownError(f"sent and not confirmed: {name}") from None

    async def _written(self, pipe: Pipe, parcel: Parcel, deadline: float) -> asyncio.Future[None]:
        """Write a message; return its confirm to come. What it raises, nothing was written."""
        if self._link.blocked:
            async with asyncio.timeout_at(deadline):
                await self._link.unblocked()
        if pipe is not self._pipe:
            raise ConnectionError("the channel was given up meanwhile")
        return pipe.publish(parcel, deadline)

    def _discard(self, pipe: Pipe) -> None:
        """Never use a channel of doubtful state again; open another if the link is up."""
        discarded = self._channel
        if pipe is not self._pipe or discarded is None:
            return
        self._channel = self._pipe = None
        self._usable.clear()
        self._replies.give_up()
        self._tasks.start(_close(discarded, pipe), "close publisher channel")
        self._tasks.start(self._renew(), "renew publisher channel")

    async def _renew(self) -> None:
        generation = self._link.generation
        await self._await_unblocking()
        if not self._link.up or self._channel is not None:
            return
        try:
            async with asyncio.timeout(RENEW_TIMEOUT_SECONDS):
                await guarded(self.open())
        except AMQP_ERRORS as error:
            _log.warning("publisher_channel_lost", error=described(error))
            self._link.drop(generation)

    async def _await_unblocking(self) -> None:
        """Return once RabbitMQ reads again, or the connection is gone."""
        while self._link.up:
            try:
                async with asyncio.timeout(GRACE_SECONDS):
                    await self._link.unblocked()
            except TimeoutError:
                if not self.blocked:
                    _log.warning("broker_blocked")
                self.blocked = True
            except ConnectionError:
                break
            else:
                break
        self.blocked = False


async def _close(channel: AbstractChannel, pipe: Pipe) -> None:
    """Close a channel, and take the confirms that still come meanwhile."""
    await close_channel(channel)
    pipe.give_up()
