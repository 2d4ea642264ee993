"""Alarms are kept alike by both databases: opened once, told, acknowledged, over."""

import asyncio
from datetime import datetime, timedelta

from tests.parity.store.kit import after, commit, letter, order_row
from worker.runtime.alarm_records import AlarmFacts, AlarmRow, RaisedAlarm, Severity, Telling
from worker.runtime.ports import Store, Transition

ROBOTS = ("ding", "fei")


def raised(kind: str = "zzy_down", subject: str = "", at: int = 0, **more: object) -> RaisedAlarm:
    severity = Severity(str(more.get("severity", "warning")))
    return RaisedAlarm(kind, subject, severity, str(more.get("text", "it is")), after(at))


def telling(at: int, again: int = 3600) -> Telling:
    return Telling(ROBOTS, after(at) - timedelta(seconds=again))


async def told(store: Store, at: int) -> list[tuple[str, str, str]]:
    """Return what robots must be told at a moment, and forget it."""
    found = await store.claim_robot_messages(after(at), after(at + 60), limit=100)
    await store.robot_told([one.id for one in found])
    return sorted((one.robot, one.about, one.alarm.kind) for one in found)


async def test_an_alarm_opens_once_and_is_counted(store: Store) -> None:
    first = await store.raise_alarm(raised(at=1), telling(1))
    again = await store.raise_alarm(raised(at=5, text="still"), telling(5))
    other = await store.raise_alarm(raised(subject="k", at=6), telling(6))
    assert first == AlarmRow(
        first.id, "zzy_down", "", "warning", "it is", after(1), after(1), 1, after(1)
    )
    assert (again.id, again.count, again.text) == (first.id, 2, "still")
    assert (again.first_seen_at, again.last_seen_at, again.told_at) == (
        after(1),
        after(5),
        after(1),
    )
    assert await store.alarms() == [other, again]
    assert again.state == "open"
    assert await store.alarms(limit=1) == [other]


async def test_robots_are_told_once_and_again_after_the_window(store: Store) -> None:
    for at in (0, 10, 3599):
        await store.raise_alarm(raised(at=at), telling(at))
    assert await told(store, 3599) == [
        ("ding", "raised", "zzy_down"),
        ("fei", "raised", "zzy_down"),
    ]
    await store.raise_alarm(raised(at=3601), telling(3601))
    assert await told(store, 3601) == [("ding", "again", "zzy_down"), ("fei", "again", "zzy_down")]
    never = Telling(("ding",), None)
    await store.raise_alarm(raised(at=99_999), never)
    assert await told(store, 99_999) == []


async def test_who_looks_after_an_alarm_is_not_told_again_until_it_is_urgent(store: Store) -> None:
    opened = await store.raise_alarm(raised(at=0), telling(0))
    seen = await store.acknowledge_alarm(opened.id, after(5), "cli:ann")
    assert seen is not None
    assert (seen.state, seen.acknowledged_by, seen.acknowledged_at) == (
        "acknowledged",
        "cli:ann",
        after(5),
    )
    await told(store, 5)
    await store.raise_alarm(raised(at=9_000), telling(9_000))
    assert await told(store, 9_000) == []
    await store.raise_alarm(raised(at=9_001, severity="critical"), telling(9_001))
    assert [about for _, about, _ in await told(store, 9_001)] == ["again", "again"]
    assert await store.acknowledge_alarm("nobody", after(9), "cli:ann") is None


async def test_an_end_is_told_and_the_next_one_is_another_alarm(store: Store) -> None:
    first = await store.raise_alarm(raised(at=0), telling(0))
    await told(store, 0)
    over = await store.resolve_alarm("zzy_down", "", after(8), "worker", ROBOTS)
    assert over is not None
    assert (over.id, over.state, over.resolved_by) == (first.id, "resolved", "worker")
    assert await told(store, 8) == [
        ("ding", "resolved", "zzy_down"),
        ("fei", "resolved", "zzy_down"),
    ]
    assert await store.resolve_alarm("zzy_down", "", after(9), "worker", ROBOTS) is None
    assert await store.settle_alarm(first.id, after(9), "cli:ann", ROBOTS) is None
    second = await store.raise_alarm(raised(at=10), telling(10))
    assert second.id != first.id
    assert await store.alarms() == [second]
    assert await store.alarms(resolved=True) == [over]
    assert (await store.settle_alarm(second.id, after(11), "cli:ann", ())) is not None
    await store.forget_alarms(after(9))
    assert [one.id for one in await store.alarms(resolved=True)] == [second.id]


async def test_what_is_quiet_for_long_is_over_without_a_word(store: Store) -> None:
    await store.raise_alarm(raised("dead_letter", at=0), Telling())
    await store.raise_alarm(raised("zzy_down", at=0), Telling())
    await store.raise_alarm(raised("dead_letter", "late", at=50), Telling())
    await store.resolve_quiet_alarms(["zzy_down"], after(40), after(90))
    assert {(one.kind, one.subject) for one in await store.alarms()} == {
        ("zzy_down", ""),
        ("dead_letter", "late"),
    }
    assert await told(store, 90) == []


async def test_a_message_is_claimed_by_one_and_comes_again_when_it_failed(store: Store) -> None:
    await store.raise_alarm(raised(at=0), Telling(("ding",)))
    (mine,) = await store.claim_robot_messages(after(1), after(31), limit=10)
    assert (mine.robot, mine.about, mine.attempts, mine.created_at) == (
        "ding",
        "raised",
        0,
        after(0),
    )
    assert await store.claim_robot_messages(after(2), after(32), limit=10) == []
    await store.robot_failed([mine.id], after(40), "refused: 310000 sign not match")
    assert await store.claim_robot_messages(after(39), after(69), limit=10) == []
    (again,) = await store.claim_robot_messages(after(41), after(71), limit=10)
    assert (again.id, again.attempts, again.alarm.kind) == (mine.id, 1, "zzy_down")
    await store.robot_told([again.id])
    assert await store.claim_robot_messages(after(999), after(1_000), limit=10) == []


async def test_many_at_once_open_one_alarm_and_tell_once(store: Store) -> None:
    raises = (store.raise_alarm(raised(at=n), telling(n)) for n in range(20))
    ids = {one.id for one in await asyncio.gather(*raises)}
    (alarm,) = await store.alarms()
    assert (ids, alarm.count) == ({alarm.id}, 20)
    assert [about for _, about, _ in await told(store, 99)] == ["raised", "raised"]


async def test_one_watches_at_a_time_and_another_takes_over(store: Store) -> None:
    def until(at: int) -> datetime:
        return after(at + 60)

    assert await store.take_alarm_watch("a", after(0), until(0))
    assert not await store.take_alarm_watch("b", after(59), until(59))
    assert await store.take_alarm_watch("a", after(59), until(59))
    assert not await store.take_alarm_watch("b", after(118), until(118))
    assert await store.take_alarm_watch("b", after(119), until(119))
    assert not await store.take_alarm_watch("a", after(120), until(120))


async def test_the_facts_count_what_the_rules_judge(store: Store) -> None:
    assert await store.alarm_facts(after(0), after(0), after(0)) == AlarmFacts(0, 0, 0)
    for number, phase in enumerate(("creating", "paying", "awaiting_ticket", "issued")):
        row = order_row(f"o{number}", phase=phase, created_at=after(number), wake_at=after(99))
        await commit(store, Transition(row))
    for number in range(3):
        await store.add_dead_letter(
            letter(f"d{number}", first_failed_at=after(number), last_failed_at=after(9))
        )
    assert await store.alarm_facts(after(1), after(1), after(3)) == AlarmFacts(2, 1, 1)
    assert await store.alarm_facts(after(3), after(2), after(2)) == AlarmFacts(0, 2, 0)
