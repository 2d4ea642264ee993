"""Asks RabbitMQ about many queues in one round trip.

Why it exists: what waits and who consumes is asked of every queue every few seconds, three
times over; one question at a time, five hundred channels kept a process busy while nothing
came. The questions are written together, and RabbitMQ answers a channel's in order. It must
not declare anything: a queue that is not there closes the channel.
"""

import asyncio
from collections.abc import Sequence
from typing import Final

from aio_pika.abc import AbstractChannel
from aiormq import Channel, spec
from aiormq.abc import ChannelFrame

from worker.broker.connection import underlay

AT_ONCE: Final = 100
"""How many questions are under way, so that nothing else waits long behind them."""
LIMIT_SECONDS: Final = 5.0
"""The longest that the answers to so many take."""


async def ask(channel: AbstractChannel, names: Sequence[str]) -> list[spec.Queue.DeclareOk]:
    """Return what the broker says of each queue, in their order.

    Raises what aio-pika raises; after that the channel is of no more use.
    """
    beneath = await underlay(channel)
    found: list[spec.Queue.DeclareOk] = []
    for begin in range(0, len(names), AT_ONCE):
        async with asyncio.timeout(LIMIT_SECONDS):
            some = names[begin : begin + AT_ONCE]
            found += await beneath.create_task(_asked(beneath, some))
    return found


async def _asked(channel: Channel, names: Sequence[str]) -> list[spec.Queue.DeclareOk]:
    """Ask and read, with the channel for ourselves; aiormq ends this when the channel closes."""
    questions = [spec.Queue.Declare(queue=name, passive=True) for name in names]
    async with channel.lock:
        frame = ChannelFrame.marshall(channel_number=channel.number, frames=questions)
        await channel.write_queue.put(frame)
        return [await channel.rpc_frames.get() for _ in questions]
