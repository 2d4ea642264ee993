"""What is acknowledged on a channel that is being closed."""

import asyncio
from types import SimpleNamespace
from typing import Any

from worker.broker.subscription import Subscription


class SlowChannel:
    """A channel, and what lies beneath it, whose close takes until it is told otherwise."""

    def __init__(self) -> None:
        self.is_closed = False
        self.asked_to_close, self.answer = asyncio.Event(), asyncio.Event()
        self.acknowledged: list[int] = []

    async def close(self) -> None:
        self.asked_to_close.set()
        await self.answer.wait()
        self.is_closed = True

    async def basic_ack(self, tag: int, *, wait: bool) -> None:
        assert not wait
        self.acknowledged.append(tag)


def delivered(tag: int) -> Any:  # noqa: ANN401  (a delivery of the library's)
    return SimpleNamespace(delivery_tag=tag)


async def test_nothing_is_acknowledged_behind_the_close_of_its_channel() -> None:
    channel: Any = SlowChannel()
    subscription = Subscription("orders", channel, channel)
    await subscription.acknowledge(delivered(1))
    assert not subscription.over
    closing = asyncio.ensure_future(subscription.close())
    await channel.asked_to_close.wait()
    assert subscription.over
    await subscription.acknowledge(delivered(2))
    channel.answer.set()
    await closing
    await subscription.acknowledge(delivered(3))
    assert channel.acknowledged == [1]
