"""How soon a store that is back is known to be."""

import asyncio
from collections.abc import Iterator
from typing import Any

from tests.doubles import HeldClock
from worker.errors import StoreUnavailableError
from worker.runtime.ports import Figures
from worker.runtime.pulse import Pulse


class Flickering:
    """A store that is away when it is first asked, and there from then on."""

    def __init__(self, clock: HeldClock) -> None:
        self._clock = clock
        self._asked: Iterator[int] = iter(range(1_000_000))
        self.answered: asyncio.Future[float] = asyncio.get_running_loop().create_future()
        self._began = clock.now()

    async def figures(self) -> Figures:
        if next(self._asked) == 0:
            raise StoreUnavailableError("it is away")
        if not self.answered.done():
            self.answered.set_result((self._clock.now() - self._began).total_seconds())
        return Figures(orders_human=0, dead_letters_open=0, oldest_unsent_at=None)


async def test_a_store_that_is_back_is_known_within_a_second() -> None:
    clock = HeldClock()
    store: Any = Flickering(clock)
    pulse = Pulse(store, clock)
    await pulse.feel()
    assert pulse.problems() == ["database: it is away"]
    store = Flickering(clock)
    running = asyncio.ensure_future(Pulse(store, clock).run())
    async with asyncio.timeout(10):
        assert await store.answered <= 1
    running.cancel()
