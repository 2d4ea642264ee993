"""Tasks end in order: loops at once, the rest by itself, and nothing outlives its group."""

import asyncio

from tests.doubles import HeldClock
from worker.tasks import TaskGroup


async def test_winding_up_cancels_loops_and_lets_the_rest_end() -> None:
    group = TaskGroup(lambda _name, _error: None)
    begun, ended = asyncio.Event(), asyncio.Event()

    async def loop() -> None:
        begun.set()
        await asyncio.Event().wait()

    async def short_work() -> None:
        await asyncio.sleep(0)
        ended.set()

    group.keep(loop, "loop", HeldClock())
    group.start(short_work(), "work")
    await begun.wait()
    await asyncio.wait_for(group.wind_up(5), 2)
    assert ended.is_set()
    await group.join()


async def test_winding_up_gives_up_what_does_not_end() -> None:
    group = TaskGroup(lambda _name, _error: None)
    stuck = group.start(asyncio.Event().wait(), "stuck")
    await group.wind_up(0.01)
    assert stuck.cancelled()


async def test_a_loop_that_fails_is_reported_and_begun_again() -> None:
    said: list[str] = []
    again = asyncio.Event()
    group = TaskGroup(lambda name, error: said.append(f"{name}: {error}"))

    async def loop() -> None:
        if said:
            again.set()
            await asyncio.Event().wait()
        raise LookupError("once")

    group.keep(loop, "loop", HeldClock())
    await asyncio.wait_for(again.wait(), 2)
    await group.stop()
    assert said == ["loop: once"]
