"""``alarms list|ack|resolve|test``.

Why it exists: what people say of an alarm goes through the store, where every process sees it,
and is written down. It must not raise an alarm.
"""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import asdict
from datetime import datetime
from typing import Final

from worker import configured_alarms
from worker.adapters import opened_store
from worker.alarms.kinds import text_of
from worker.alarms.robots import Robot, post, refusal
from worker.clients.gateways import GatewayClient
from worker.clock import SystemClock
from worker.commands.audit import actor
from worker.commands.quiet import log_quietly
from worker.commands.tables import print_json_lines, print_table
from worker.errors import SettingsError
from worker.runtime.alarm_records import AlarmRow, RobotMessage
from worker.runtime.auditing import Audit
from worker.runtime.ports import Store
from worker.settings import Settings
from worker.translation.admission import SHANGHAI

COLUMNS: Final = ("id", "severity", "kind", "subject", "text", "first", "last", "count", "state")
JSON_HEADERS: Final = {"Content-Type": "application/json; charset=utf-8"}


async def list_alarms(settings: Settings, *, over: bool, limit: int, as_json: bool) -> None:
    """Print alarms that are open, or over."""
    log_quietly(settings)
    async with opened_store(settings) as store:
        found = await store.alarms(resolved=over, limit=limit)
    if as_json:
        print_json_lines([as_object(one) for one in found])
    else:
        print_table(COLUMNS, [_row(one) for one in found])


async def acknowledge(settings: Settings, begins: str, *, as_json: bool) -> bool:
    """Note who looks after an alarm; False where there is none, or several begin so."""

    async def change(store: Store, alarm_id: str, now: datetime) -> AlarmRow | None:
        return await store.acknowledge_alarm(alarm_id, now, actor())

    return await _change(settings, begins, change, ("alarm.acknowledge", ""), as_json=as_json)


async def resolve(settings: Settings, begins: str, reason: str, *, as_json: bool) -> bool:
    """Close an alarm; False where there is none, or several begin so."""
    robots = [robot.name for robot in configured_alarms.robots(settings)]

    async def change(store: Store, alarm_id: str, now: datetime) -> AlarmRow | None:
        return await store.settle_alarm(alarm_id, now, actor(), robots)

    return await _change(settings, begins, change, ("alarm.resolve", reason), as_json=as_json)


async def try_out(settings: Settings, name: str, *, as_json: bool) -> bool:
    """Post a test to one robot or all; False if one refused. Raises SettingsError."""
    log_quietly(settings)
    known = configured_alarms.robots(settings)
    wanted = [robot for robot in known if name in {"", robot.name}]
    if not wanted:
        raise SettingsError(
            f"there is no robot {name}" if name else "there is no robot: [[alarms.robots]]"
        )
    http = GatewayClient(configured_alarms.LIMITS)
    try:
        said = [(robot, await _try(http, robot)) for robot in wanted]
    finally:
        await http.close()
    told = [
        {"id": robot.name, "format": robot.format, "taken": not why, "answer": why or "taken"}
        for robot, why in said
    ]
    if as_json:
        print_json_lines(told)
    else:
        columns = ("id", "format", "answer")
        print_table(columns, [tuple(str(one[column]) for column in columns) for one in told])
    return not any(why for _, why in said)


def as_object(alarm: AlarmRow) -> dict[str, object]:
    """Return an alarm as a script reads it; ``id`` first."""
    told = {
        name: value.isoformat() if isinstance(value, datetime) else value
        for name, value in asdict(alarm).items()
    }
    return {**told, "state": alarm.state}


async def _try(http: GatewayClient, robot: Robot) -> str:
    now = SystemClock().now()
    text = text_of("test", {"text": f"robot {robot.name}"})
    alarm = AlarmRow("test", "test", robot.name, "warning", text, now, now, 1, now)
    request = post(robot, [RobotMessage("test", robot.name, "raised", now, 0, alarm)], now)
    return refusal(robot, await http.call("POST", request.url, JSON_HEADERS, request.body))


async def _change(
    settings: Settings,
    begins: str,
    change: Callable[[Store, str, datetime], Awaitable[AlarmRow | None]],
    what: tuple[str, str],
    *,
    as_json: bool,
) -> bool:
    log_quietly(settings)
    clock = SystemClock()
    async with opened_store(settings) as store:
        found = _one(await store.alarms(), begins)
        changed = await change(store, found.id, clock.now()) if found else None
        if changed is None:
            return False
        action, reason = what
        await Audit(store, clock).record(
            actor(), action, changed.id, reason=reason, result=f"{changed.kind} {changed.subject}"
        )
    if as_json:
        print_json_lines([as_object(changed)])
    else:
        print_table(COLUMNS, [_row(changed)])
    return True


def _one(alarms: Sequence[AlarmRow], begins: str) -> AlarmRow | None:
    found = [one for one in alarms if begins and one.id.startswith(begins)]
    return found[0] if len(found) == 1 else None


def _row(alarm: AlarmRow) -> tuple[str, ...]:
    first, last = (
        at.astimezone(SHANGHAI).isoformat(" ", "seconds")[:19]
        for at in (alarm.first_seen_at, alarm.last_seen_at)
    )
    by = alarm.resolved_by or alarm.acknowledged_by
    return (
        alarm.id[:8],
        alarm.severity,
        alarm.kind,
        alarm.subject,
        alarm.text,
        first,
        last,
        str(alarm.count),
        f"{alarm.state} ({by})" if by else alarm.state,
    )
