"""Requests and replies over RabbitMQ's direct reply-to.

Why it exists: a reply needs no queue and no confirm, but must come in on the very
channel that published its request. It must not decide what a reply says.
"""

import asyncio
from typing import Final

import aio_pika
import structlog
from aio_pika.abc import AbstractChannel
from aiormq import Channel
from aiormq.abc import DeliveredMessage

from contracts.queues import DIRECT_REPLY, REPLY_PREFIX
from worker.broker.awaiting import Expected
from worker.broker.connection import AMQP_ERRORS, Link, guarded

REPLY_ADDRESSES: Final = (DIRECT_REPLY, REPLY_PREFIX)
"""How an address must begin; else a request could have its reply put in one of our queues."""

REPLY_TIMEOUT_SECONDS: Final = 1.0

_log = structlog.get_logger(__name__)


class ReplyBox(Expected):
    """Who waits for which reply; given up when the channel is gone."""

    async def listen(self, channel: Channel) -> None:
        """Take the replies to what is published on ``channel``."""
        await channel.basic_consume(DIRECT_REPLY, self._take, no_ack=True)

    async def _take(self, incoming: DeliveredMessage) -> None:
        self.take(incoming.header.properties.correlation_id or "", incoming.body)


class Replier:
    """Sends replies: best effort, unconfirmed."""

    def __init__(self, link: Link, user: str) -> None:
        """Send over ``link``, on which we are ``user``."""
        self._user = user
        self._link = link
        self._channel: AbstractChannel | None = None
        self._opening = asyncio.Lock()

    async def send(self, reply_to: str, correlation_id: str, body: bytes) -> None:
        """Send a reply if it can be sent at once; never raises."""
        if not reply_to.startswith(REPLY_ADDRESSES):
            _log.warning("reply_address_refused")
            return
        message = aio_pika.Message(
            body,
            correlation_id=correlation_id,
            content_type="application/json",
            user_id=self._user,
        )
        try:
            async with asyncio.timeout(REPLY_TIMEOUT_SECONDS):
                await guarded(self._publish(message, reply_to))
        except (*AMQP_ERRORS, ValueError, TypeError) as error:
            _log.info("reply_not_sent", error=type(error).__name__)

    async def _publish(self, message: aio_pika.Message, reply_to: str) -> None:
        channel = await self._open()
        await channel.default_exchange.publish(message, reply_to, mandatory=False)

    async def _open(self) -> AbstractChannel:
        async with self._opening:
            if self._channel is None or self._channel.is_closed:
                self._channel = await self._link.channel(confirms=False)
            return self._channel
