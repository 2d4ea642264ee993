"""Questions that are asked at the same time, or just after, travel together."""

import asyncio
import sys
from collections.abc import Callable

import pytest

from worker import calm
from worker.errors import StoreUnavailableError
from worker.store.batcher import Batcher
from worker.tasks import TaskGroup

PATIENCE = 10.0
LONG = 3_600.0
SIZE = 10


class Asked:
    """A batcher, and the batches that it asked."""

    def __init__(self, pause: float, key: Callable[[str], str] | None = None) -> None:
        self.errors: list[BaseException] = []
        self.tasks = TaskGroup(lambda _name, error: self.errors.append(error))
        self.batches: list[list[str]] = []
        self.batcher = Batcher[str, str](
            "ask", self._run, self.tasks, flights=1, size=SIZE, pause=pause, key=key
        )

    async def _run(self, batch: list[str]) -> list[str]:
        self.batches.append(batch)
        return batch

    async def ask(self, question: str) -> str:
        async with asyncio.timeout(PATIENCE):
            return await self.batcher.ask(question)


async def _let_all_run() -> None:
    for _ in range(20):
        await asyncio.sleep(0)


async def test_who_asks_while_nothing_is_under_way_waits_for_nobody() -> None:
    asked = Asked(pause=LONG)
    assert await asked.ask("a") == "a"
    await asked.tasks.stop()
    assert await asked.ask("b") == "b"
    await asked.tasks.stop()
    assert asked.batches == [["a"], ["b"]]
    assert asked.errors == []


async def test_what_is_asked_soon_after_travels_together(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(calm, "GATHER_SECONDS", sys.maxsize)
    asked = Asked(pause=LONG)

    async def late(number: int) -> str:
        for _ in range(number * (calm.CALM_TURNS - 2)):
            await asyncio.sleep(0)
        return await asked.ask(str(number))

    await asyncio.gather(*map(late, range(9)))
    await asked.tasks.stop()
    assert asked.batches == [list("012345678")]


async def test_a_loop_that_is_never_calm_asks_all_the_same() -> None:
    asked = Asked(pause=LONG)
    first = asyncio.ensure_future(asked.ask("a"))
    late = []
    while not first.done():
        late.append(asyncio.ensure_future(asked.ask("b")))
        await asyncio.sleep(0)
    assert len(asked.batches[0]) == SIZE
    for one in late:
        one.cancel()
    await asked.tasks.stop()


async def test_what_is_asked_during_the_rest_waits_and_travels_together() -> None:
    asked = Asked(pause=0.2)
    await asked.ask("a")
    late = [asyncio.ensure_future(asked.ask("b"))]
    await _let_all_run()
    late.append(asyncio.ensure_future(asked.ask("c")))
    assert await asyncio.gather(*late) == ["b", "c"]
    assert asked.batches[0] == ["a"]
    assert sorted(one for batch in asked.batches for one in batch) == ["a", "b", "c"]
    await asked.tasks.join()


async def test_a_rest_holds_back_what_is_asked_and_a_store_that_closes_refuses_it() -> None:
    asked = Asked(pause=LONG)
    await asked.ask("a")
    late = asyncio.ensure_future(asked.ask("b"))
    await _let_all_run()
    assert asked.batches == [["a"]]
    await asked.tasks.stop()
    asked.batcher.refuse()
    with pytest.raises(StoreUnavailableError):
        await late


async def test_what_was_asked_of_a_key_can_be_waited_for() -> None:
    asked = Asked(pause=LONG, key=lambda question: question[0])
    await asked.ask("a1")
    await asked.batcher.answered("a")
    late = asyncio.ensure_future(asked.ask("b1"))
    await _let_all_run()
    waiting = asyncio.ensure_future(asked.batcher.answered("b"))
    await asked.batcher.answered("a")
    await _let_all_run()
    assert not waiting.done()
    await asked.tasks.stop()
    asked.batcher.refuse()
    await waiting
    with pytest.raises(StoreUnavailableError):
        await late
