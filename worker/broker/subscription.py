"""One subscription on a channel of its own: from consume to the close of the channel.

Why it exists: a queue that is paused or resumed gets a new one, while messages of the old
one are still in hand and are to be acknowledged where they came from. It must not know
what a message means.
"""

import asyncio
from typing import Final

import structlog
from aio_pika.abc import AbstractChannel
from aiormq import Channel

from worker.broker.connection import AMQP_ERRORS, close_channel, guarded
from worker.broker.pipe import Pipe

CANCEL_TIMEOUT_SECONDS: Final = 2.0

_log = structlog.get_logger(__name__)


class Subscription:
    """What one consumer tag has in hand."""

    def __init__(self, queue: str, channel: AbstractChannel, beneath: Channel, pipe: Pipe) -> None:
        """Take through ``pipe`` what comes of ``queue`` on ``channel``, which is ours alone."""
        self.queue = queue
        self.channel = channel
        self.beneath = beneath
        self.pipe = pipe
        self.tag = ""
        """Empty: not subscribed, or no longer."""
        self.retired = False
        """Nothing that came on it is to be begun any more."""
        self._closing = False
        self._held = 0
        self._idle = asyncio.Event()
        self._idle.set()

    @property
    def alive(self) -> bool:
        """Whether messages come on it, as far as is known here."""
        return bool(self.tag) and not self.channel.is_closed

    @property
    def over(self) -> bool:
        """Whether what came on it comes again, whatever is done: the channel is gone."""
        return self._closing or self.pipe.closed or self.beneath.is_closed

    def acknowledge(self, delivery_tag: int) -> None:
        """Acknowledge; on a channel that is gone there is nothing to do.

        An acknowledgement behind the channel's close would cost the whole connection.
        """
        if not self.over:
            self.pipe.acknowledge(delivery_tag)

    def begin(self) -> None:
        """Take a message in hand."""
        self._held += 1
        self._idle.clear()

    def end(self) -> None:
        """Be done with a message."""
        self._held -= 1
        if not self._held:
            self._idle.set()

    async def cancel(self) -> None:
        """Tell the broker to send no more; bounded in time, never raises."""
        if not self.alive:
            return
        try:
            await guarded(self.beneath.basic_cancel(self.tag, timeout=CANCEL_TIMEOUT_SECONDS))
        except AMQP_ERRORS as error:
            _log.debug("cancel_gave_up", queue=self.queue, error=type(error).__name__)

    async def close(self) -> None:
        """Let go of the channel: what is not acknowledged goes back to the queue."""
        self._closing = True
        if not self.channel.is_closed:
            await close_channel(self.channel)

    async def see_off(self) -> None:
        """Let go of the channel once everything in hand is acknowledged."""
        await self._idle.wait()
        await self.close()
