"""Publishes to RabbitMQ and knows what became of it.

Why it exists: a caller must be able to tell "surely not sent" from "sent, outcome
unknown"; aio-pika alone raises a dozen errors for the two. It must not consume work.
Source: DESIGN.md, "Broker facts"; PROTOCOL.md, "Broker trouble".
"""

import asyncio
from typing import Final

import structlog
from aio_pika.abc import AbstractChannel
from aio_pika.exceptions import ChannelInvalidStateError, DeliveryError, PublishError
from aiormq import Channel

from worker.broker.codec import Parcel
from worker.broker.connection import (
    AMQP_ERRORS,
    Link,
    close_channel,
    described,
    guarded,
    underlay,
)
from worker.broker.replies import ReplyBox
from worker.broker.settle import cancelled_from_outside
from worker.errors import BrokerUnavailableError, PublishUnknownError, UndeliverableError
from worker.tasks import TaskGroup

MAX_IN_FLIGHT: Final = 256
GRACE_SECONDS: Final = 1.0
"""How long a publish waits for a connection that is being made again."""

RENEW_TIMEOUT_SECONDS: Final = 2.0

_log = structlog.get_logger(__name__)


class Publisher:
    """A channel with confirms that replaces itself when its state is in doubt.

    It publishes on the channel beneath aio-pika's, which spares every message two
    objects and a wait for the socket: about a fifth of what a publish costs.
    """

    def __init__(
        self, link: Link, tasks: TaskGroup, replies: ReplyBox, *, publish_timeout: float
    ) -> None:
        """Publish over ``link``; give up on a confirm after ``publish_timeout`` seconds."""
        self._link = link
        self._tasks = tasks
        self._replies = replies
        self._timeout = publish_timeout
        self._slots = asyncio.Semaphore(MAX_IN_FLIGHT)
        self._channel: AbstractChannel | None = None
        self._underlay: Channel | None = None
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
        beneath = await underlay(channel)
        await self._replies.listen(beneath)
        self._channel, self._underlay = channel, beneath
        channel.close_callbacks.add(lambda *_: self._discard(beneath))
        self._usable.set()

    async def send(self, parcel: Parcel) -> None:
        """Return once the broker has confirmed the message.

        Raises BrokerUnavailableError when it was surely not sent, PublishUnknownError
        when it was sent and not confirmed.
        """
        deadline = asyncio.get_running_loop().time() + self._timeout
        await self._take_slot(deadline)
        try:
            channel = await self._ready(deadline)
            await self._confirmed(channel, parcel, deadline)
        finally:
            self._slots.release()

    async def _take_slot(self, deadline: float) -> None:
        if not self._slots.locked():
            await self._slots.acquire()
            return
        try:
            async with asyncio.timeout_at(deadline):
                await self._slots.acquire()
        except TimeoutError:
            raise BrokerUnavailableError("too many messages await their confirm") from None

    async def _ready(self, deadline: float) -> Channel:
        """Return the channel to use, after a short grace if one is being made."""
        if self._underlay is not None and not self.blocked:
            return self._underlay
        grace = min(deadline, asyncio.get_running_loop().time() + GRACE_SECONDS)
        try:
            async with asyncio.timeout_at(grace):
                await self._usable.wait()
                await self._link.unblocked()
        except (TimeoutError, ConnectionError):
            raise BrokerUnavailableError("RabbitMQ takes no message at present") from None
        if self._underlay is None:
            raise BrokerUnavailableError("the connection to RabbitMQ was just lost")
        return self._underlay

    async def _confirmed(self, channel: Channel, parcel: Parcel, deadline: float) -> None:
        written = False
        try:
            async with asyncio.timeout_at(deadline):
                await self._link.unblocked()
                if channel is not self._underlay:
                    raise ConnectionError("the channel was given up meanwhile")
                written = True
                await channel.basic_publish(
                    parcel.body,
                    exchange=parcel.exchange,
                    routing_key=parcel.routing_key,
                    properties=parcel.properties,
                    mandatory=parcel.mandatory,
                    wait=False,
                )
        except PublishError:
            # Nothing is chained to what is raised here: aiormq's errors quote the message.
            raise UndeliverableError(f"no queue takes {parcel.routing_key}") from None
        except DeliveryError:
            raise BrokerUnavailableError("RabbitMQ refused the message") from None
        except (ValueError, TypeError):
            raise UndeliverableError("the message cannot be written as AMQP") from None
        except (*AMQP_ERRORS, asyncio.CancelledError) as error:
            if isinstance(error, asyncio.CancelledError) and cancelled_from_outside():
                raise
            self._discard(channel)
            if not written or isinstance(error, ChannelInvalidStateError):
                raise BrokerUnavailableError("RabbitMQ takes no message at present") from None
            name = type(error).__name__
            raise PublishUnknownError(f"sent and not confirmed: {name}") from None

    def _discard(self, channel: Channel) -> None:
        """Never use a channel of doubtful state again; open another if the link is up."""
        discarded = self._channel
        if channel is not self._underlay or discarded is None:
            return
        self._channel = self._underlay = None
        self._usable.clear()
        self._replies.give_up()
        self._tasks.start(close_channel(discarded), "close publisher channel")
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
