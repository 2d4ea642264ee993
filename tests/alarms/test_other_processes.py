"""What one process knows or said, as whoever watches takes it: ages, stops, a death."""

import pytest

from contracts import queues
from tests.alarms.watching import Watch
from worker.runtime.ports import Backlog
from worker.runtime.pressure import UNSAID_SECONDS
from worker.runtime.queue_ages import QueueAges


@pytest.mark.parametrize(
    ("kind", "fields"), [("zzy_down", {}), ("dead_letter_limit", {"queue": queues.ORDERS})]
)
async def test_a_queue_that_another_process_stopped_on_purpose_is_no_alarm(
    watch: Watch, kind: str, fields: dict[str, object]
) -> None:
    watcher = watch.process()
    await watch.book.keep(kind, fields)
    watch.empty_handed()
    for _ in range(2):
        await watcher.look()
        watch.clock.advance(121)
    assert [one for one, _, _ in await watch.opened()] == [kind]


async def test_what_waits_too_long_is_seen_by_whoever_watches(watch: Watch) -> None:
    watcher = watch.process()
    ages = QueueAges(watch.queues, watch.store, watch.clock)
    watch.queues.found = [Backlog(queues.ORDERS, 5, watch.clock.now(), 1)]
    await ages.report([queues.ORDERS])
    watch.queues.found = [Backlog(queues.ORDERS, 5, None, 1)]
    watch.clock.advance(119)
    await watcher.look()
    assert await watch.opened() == []
    watch.clock.advance(1)
    await watcher.look()
    assert await watch.opened() == [("backlog_old", queues.ORDERS, 1)]


async def test_what_a_process_said_until_it_died_is_over_soon_after(watch: Watch) -> None:
    watcher = watch.process()
    await watch.book.keep("zzy_down", {"text": "ZZY does not answer"})
    await watch.book.keep("dead_letter_limit", {"queue": queues.ORDERS})
    await watch.book.keep("channel_failing", {"app_key": "k", "percent": 50})
    watch.clock.advance(UNSAID_SECONDS)
    await watcher.look()
    assert len(await watch.opened()) == 3
    await watch.book.keep("zzy_down", {"text": "ZZY does not answer"})
    watch.clock.advance(1)
    await watcher.look()
    assert await watch.opened() == [("channel_failing", "k", 1), ("zzy_down", "", 2)]
    watch.clock.advance(UNSAID_SECONDS)
    await watcher.look()
    assert await watch.opened() == [("channel_failing", "k", 1)]
    told = await watch.store.claim_robot_messages(watch.clock.now(), watch.clock.now(), limit=9)
    over = [one.alarm.kind for one in told if one.about == "resolved"]
    assert sorted(over) == ["dead_letter_limit", "zzy_down"]
