"""Requests and replies over RabbitMQ's direct reply-to.

Why it exists: a reply needs no queue and no confirm, but must come in on the very
channel that published its request. It must not decide what a reply says.
"""

import asyncio
from typing import Final

import structlog
from aio_pika.abc import AbstractChannel
from aiormq import Channel, spec

from contracts.queues import DIRECT_REPLY, REPLY_PREFIX
from worker.broker import codec
from worker.broker.awaiting import Expected
from worker.broker.codec import Incoming
from worker.broker.connection import AMQP_ERRORS, Link, guarded
from worker.broker.pipe import Pipe, passed_by

REPLY_ADDRESSES: Final = (DIRECT_REPLY, REPLY_PREFIX)
"""How an address must begin; else a request could have its reply put in one of our queues."""

REPLY_TIMEOUT_SECONDS: Final = 1.0

_log = structlog.get_logger(__name__)


class ReplyBox(Expected):
    """Who waits for which reply; given up when the channel is gone."""

    async def listen(self, channel: Channel, pipe: Pipe) -> None:
        """Take through ``pipe`` the replies to what is published on ``channel``."""
        pipe.on_delivery = self._take
        await channel.basic_consume(DIRECT_REPLY, passed_by, no_ack=True)

    def _take(self, incoming: Incoming) -> None:
        self.take(incoming.header.properties.correlation_id or "", incoming.body)


class Replier:
    """Sends replies: best effort, unconfirmed."""

    def __init__(self, link: Link, user: str) -> None:
        """Send over ``link``, on which we are ``user``."""
        self._user = user
        self._link = link
        self._channel: AbstractChannel | None = None
        self._pipe: Pipe | None = None
        self._opening = asyncio.Lock()

    async def send(self, reply_to: str, correlation_id: str, body: bytes) -> None:
        """Send a reply if it can be sent at once; never raises."""
        if not reply_to.startswith(REPLY_ADDRESSES):
            _log.warning("reply_address_refused")
            return
        properties = spec.Basic.Properties(
            correlation_id=correlation_id,
            content_type=codec.CONTENT_TYPE,
            user_id=self._user,
        )
        parcel = codec.Parcel("", reply_to, properties, body, mandatory=False)
        try:
            (self._open_pipe() or await self._opened()).post(parcel)
        except (*AMQP_ERRORS, ValueError, TypeError) as error:
            _log.info("reply_not_sent", error=type(error).__name__)

    def _open_pipe(self) -> Pipe | None:
        return None if self._pipe is None or self._pipe.closed else self._pipe

    async def _opened(self) -> Pipe:
        """Return the way to reply, on a new channel if need be. Raises what aio-pika raises."""
        async with asyncio.timeout(REPLY_TIMEOUT_SECONDS), self._opening:
            if (open_already := self._open_pipe()) is not None:
                return open_already
            self._channel = channel = await guarded(self._link.channel(confirms=False))
            self._pipe = pipe = await self._link.pipe(channel)
            channel.close_callbacks.add(lambda *_: pipe.give_up())
            return pipe
