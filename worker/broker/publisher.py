"""Publishes to RabbitMQ and knows what became of it.

Why it exists: a caller must be able to tell "surely not sent" from "sent, outcome
unknown"; aio-pika alone raises a dozen errors for the two. It must not consume work.
Source: DESIGN.md, "Broker facts"; PROTOCOL.md, "Broker trouble".
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Final

import aio_pika
import structlog
from aio_pika.abc import AbstractChannel
from aio_pika.exceptions import ChannelInvalidStateError, DeliveryError, PublishError

from worker.broker.connection import AMQP_ERRORS, Link, close_channel
from worker.broker.replies import ReplyBox
from worker.errors import BrokerUnavailableError, PublishUnknownError
from worker.tasks import TaskGroup

MAX_IN_FLIGHT: Final = 256
GRACE_SECONDS: Final = 1.0
"""How long a publish waits for a connection that is being made again."""

RENEW_TIMEOUT_SECONDS: Final = 2.0

_log = structlog.get_logger(__name__)


class Publisher:
    """A channel with confirms that replaces itself when its state is in doubt."""

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
        await self._replies.listen(channel)
        self._channel = channel
        channel.close_callbacks.add(lambda *_: self._discard(channel))
        self._usable.set()

    async def send(self, exchange: str, routing_key: str, message: aio_pika.Message) -> None:
        """Return once the broker has confirmed the message.

        Raises BrokerUnavailableError when it was surely not sent, PublishUnknownError
        when it was sent and not confirmed.
        """
        deadline = asyncio.get_running_loop().time() + self._timeout
        async with self._admitted(deadline) as channel:
            await self._confirmed(channel, exchange, routing_key, message, deadline)

    def _watch_block(self) -> None:
        """Find out whether RabbitMQ is the one that does not take messages."""
        if self._link.up and not self.blocked:
            self._tasks.start(self._await_unblocking(), "await unblocking")

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

    @asynccontextmanager
    async def _admitted(self, deadline: float) -> AsyncIterator[AbstractChannel]:
        """Hold a place among the publishes in flight, and the channel to use."""
        grace = min(deadline, asyncio.get_running_loop().time() + GRACE_SECONDS)
        acquired = False
        try:
            try:
                async with asyncio.timeout_at(deadline):
                    await self._slots.acquire()
                acquired = True
                async with asyncio.timeout_at(grace):
                    await self._usable.wait()
                    await self._link.unblocked()
            except (TimeoutError, ConnectionError):
                self._watch_block()
                raise BrokerUnavailableError("RabbitMQ takes no message at present") from None
            if self._channel is None:
                raise BrokerUnavailableError("the connection to RabbitMQ was just lost")
            yield self._channel
        finally:
            if acquired:
                self._slots.release()

    async def _confirmed(
        self,
        channel: AbstractChannel,
        exchange: str,
        routing_key: str,
        message: aio_pika.Message,
        deadline: float,
    ) -> None:
        # Nothing is chained to what is raised here: aio-pika's errors quote the message.
        try:
            async with asyncio.timeout_at(deadline):
                await _publish(channel, exchange, routing_key, message)
        except PublishError:
            raise BrokerUnavailableError(f"no queue takes {routing_key}") from None
        except DeliveryError:
            raise BrokerUnavailableError("RabbitMQ refused the message") from None
        except ChannelInvalidStateError:
            self._discard(channel)
            raise BrokerUnavailableError("the channel was closed before the publish") from None
        except AMQP_ERRORS as error:
            self._discard(channel)
            name = type(error).__name__
            raise PublishUnknownError(f"sent and not confirmed: {name}") from None
        except (ValueError, TypeError):
            raise BrokerUnavailableError("the message cannot be written as AMQP") from None
        except asyncio.CancelledError:
            if _cancelled_from_outside():
                raise
            self._discard(channel)
            raise PublishUnknownError("sent, and the connection was lost") from None

    def _discard(self, channel: AbstractChannel) -> None:
        """Never use a channel of doubtful state again; open another if the link is up."""
        if channel is not self._channel:
            return
        self._channel = None
        self._usable.clear()
        self._replies.abandon()
        self._tasks.start(close_channel(channel), "close publisher channel")
        self._tasks.start(self._renew(), "renew publisher channel")

    async def _renew(self) -> None:
        await self._await_unblocking()
        if not self._link.up or self._channel is not None:
            return
        try:
            async with asyncio.timeout(RENEW_TIMEOUT_SECONDS):
                await self.open()
        except AMQP_ERRORS as error:
            _log.warning("publisher_channel_lost", error=type(error).__name__)
            self._link.drop()


async def _publish(
    channel: AbstractChannel, exchange: str, routing_key: str, message: aio_pika.Message
) -> None:
    through = (
        await channel.get_exchange(exchange, ensure=False) if exchange else channel.default_exchange
    )
    await through.publish(message, routing_key, mandatory=True)


def _cancelled_from_outside() -> bool:
    task = asyncio.current_task()
    return task is not None and task.cancelling() > 0
