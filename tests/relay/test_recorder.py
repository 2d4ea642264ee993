"""Results of deliveries reach the store in batches, and their callers only afterwards."""

import asyncio
from collections.abc import Sequence
from typing import cast

import pytest

from tests.doubles import NOON
from worker.errors import StoreUnavailableError
from worker.relay.recorder import MAX_BATCH, Recorder
from worker.runtime.ports import NotificationResult, Store


def result(number: int) -> NotificationResult:
    return NotificationResult(f"msg_{number}", "delivered", 1, "HTTP 200, status 200", NOON)


class SlowStore:
    """Keeps each batch back until the test lets it go."""

    def __init__(self) -> None:
        self.batches: list[list[str]] = []
        self.begun = asyncio.Event()
        self.gate = asyncio.Event()
        self.errors: list[Exception] = []

    async def record_deliveries(self, results: Sequence[NotificationResult]) -> None:
        self.batches.append([one.webhook_id for one in results])
        self.begun.set()
        await self.gate.wait()
        if self.errors:
            raise self.errors.pop(0)


async def test_what_gathers_during_a_write_is_written_together() -> None:
    store = SlowStore()
    recorder = Recorder(cast(Store, store))
    async with asyncio.timeout(5):
        first = asyncio.ensure_future(recorder.record(result(0)))
        await store.begun.wait()
        count = MAX_BATCH + 1
        others = [asyncio.ensure_future(recorder.record(result(n + 1))) for n in range(count)]
        await asyncio.sleep(0)
        assert not first.done()
        store.gate.set()
        await asyncio.gather(first, *others)
    assert [len(batch) for batch in store.batches] == [1, MAX_BATCH, 1]


async def test_an_error_reaches_those_of_its_batch_and_the_next_goes_on() -> None:
    store = SlowStore()
    store.gate.set()
    store.errors = [StoreUnavailableError()]
    recorder = Recorder(cast(Store, store))
    async with asyncio.timeout(5):
        with pytest.raises(StoreUnavailableError):
            await recorder.record(result(0))
        await recorder.record(result(1))


async def test_a_caller_that_is_cancelled_takes_nobody_with_it() -> None:
    store = SlowStore()
    recorder = Recorder(cast(Store, store))
    async with asyncio.timeout(5):
        first = asyncio.ensure_future(recorder.record(result(0)))
        second = asyncio.ensure_future(recorder.record(result(1)))
        await store.begun.wait()
        first.cancel()
        store.gate.set()
        await second
    assert first.cancelled()
