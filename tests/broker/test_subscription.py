"""What is acknowledged on a channel that is being closed."""

import asyncio
from typing import Any

from worker.broker.subscription import Subscription


class SlowChannel:
    """A channel, what lies beneath it, its pipe; its close takes until it is told otherwise."""

    def __init__(self) -> None:
        self.is_closed = self.closed = False
        self.asked_to_close, self.answer = asyncio.Event(), asyncio.Event()
        self.acknowledged: list[int] = []

    async def close(self) -> None:
        self.asked_to_close.set()
        await self.answer.wait()
        self.is_closed = True

    def acknowledge(self, tag: int) -> None:
        self.acknowledged.append(tag)


async def test_nothing_is_acknowledged_behind_the_close_of_its_channel() -> None:
    channel: Any = SlowChannel()
    subscription = Subscription("orders", channel, channel, channel)
    subscription.acknowledge(1)
    assert not subscription.over
    closing = asyncio.ensure_future(subscription.close())
    await channel.asked_to_close.wait()
    assert subscription.over
    subscription.acknowledge(2)
    channel.answer.set()
    await closing
    subscription.acknowledge(3)
    assert channel.acknowledged == [1]
