"""Waiting for a store that comes back."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from typing import TypeVar

from worker.errors import StoreUnavailableError

T = TypeVar("T")


async def until_it_works(ask: Callable[[], Awaitable[T]]) -> T:
    deadline = time.monotonic() + 20
    while True:
        try:
            return await ask()
        except StoreUnavailableError:
            assert time.monotonic() < deadline
            await asyncio.sleep(0.05)
