"""The overview in a process that has the console alone: it knows what others wrote."""

from pathlib import Path

import aiohttp

from tests.console.place import Console, console
from tests.doubles import NOON, HeldClock
from worker.console.config import Level
from worker.runtime.alarm_records import RaisedAlarm, Severity, Telling
from worker.runtime.pressure import SAY_AGAIN_SECONDS
from worker.runtime.sampling import Sample

DOWN = "down: orders wait"
SILENT = RaisedAlarm("zzy_down", "", Severity.CRITICAL, "ZZY does not answer", NOON)


async def seen(place: Console, language: str = "en") -> str:
    """Return the overview as a viewer gets it."""
    cookies = {place.cookie: await place.session(Level.VIEWER)}
    headers = {"Accept-Language": language}
    async with aiohttp.ClientSession(cookies=cookies, headers=headers) as session:
        return await (await session.get(place.url)).text()


async def test_zzy_is_down_as_the_sagas_process_wrote(tmp_path: Path) -> None:
    clock = HeldClock()
    async with console(tmp_path, clock) as place:
        assert DOWN not in await seen(place)
        await place.store.raise_alarm(SILENT, Telling())
        assert DOWN in await seen(place)
        clock.advance(4 * SAY_AGAIN_SECONDS)
        assert DOWN not in await seen(place), "its process died"
        await place.store.raise_alarm(SILENT, Telling())
        await place.store.resolve_alarm("zzy_down", "", clock.now(), "worker", ())
        assert DOWN not in await seen(place)


async def test_zzy_has_its_history(tmp_path: Path) -> None:
    clock = HeldClock()
    async with console(tmp_path, clock) as place:
        await place.store.add_sample(Sample(clock.now(), 10, zzy_down=True))
        clock.advance(60)
        assert 'class="open"' in await seen(place)


async def test_failures_and_dead_letters_are_told_by_reason(tmp_path: Path) -> None:
    clock = HeldClock()
    failures = {"order_3008": 2, "ticket_failed": 5}
    async with console(tmp_path, clock) as place:
        died = {"delivery_failed": 3}
        await place.store.add_sample(Sample(clock.now(), 10, failures=failures, letters=died))
        clock.advance(60)
        english, chinese = await seen(place), await seen(place, "zh")
    assert "<td>ticket failed 5, 3008 sold out 2</td><td>delivery failed 3</td>" in english
    assert "<td>出票失败 5, 3008 库存不足 2</td><td>通知未送达 3</td>" in chinese
    assert "Failures, by reason: at most 5" in english
    assert "Messages that died, by kind: at most 3" in english
