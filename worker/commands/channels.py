"""``channels list|pause|resume|rate``.

Why it exists: what an operator asks and decides of a channel goes through the store, where
every relay process looks once a second. It must not send anything.
"""

import sys
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from contracts.channel import NotifyType
from contracts.queues import relay_queue
from worker import configured
from worker.adapters import opened, opened_store
from worker.clock import SystemClock
from worker.commands.audit import actor
from worker.commands.tables import print_json_lines, print_table
from worker.errors import BrokerUnavailableError
from worker.relay.target import ChannelTarget, endpoint_of
from worker.runtime.channel_desk import ChannelDesk
from worker.runtime.controlling import ChannelControl
from worker.runtime.ports import Store
from worker.settings import Channel, Settings

COLUMNS: Final = ("id", "paused", "breaker", "reported", "last answer", "backlog", "gone")

Change = Callable[[ChannelDesk], Awaitable[None]]


@dataclass(frozen=True, slots=True)
class _Known:
    channel: Channel
    target: ChannelTarget
    control: ChannelControl


async def list_channels(settings: Settings, *, as_json: bool) -> None:
    """Print every configured channel; a backlog that cannot be asked for is left open."""
    async with opened_store(settings) as store:
        known = await _known(settings, store)
    backlogs = await _backlogs(settings)
    told = [_told(one) | {"backlog": backlogs.get(one.channel.app_key)} for one in known]
    if as_json:
        print_json_lines(told)
    else:
        print_table(COLUMNS, [_row(one) for one in told])


async def pause(settings: Settings, app_key: str, reason: str, *, as_json: bool) -> bool:
    """Have nothing sent to a channel; return False when there is none."""

    async def change(desk: ChannelDesk) -> None:
        await desk.pause(app_key, reason, actor=actor())

    return await _change(settings, app_key, change, "paused", as_json=as_json)


async def resume(settings: Settings, app_key: str, reason: str, *, as_json: bool) -> bool:
    """Have a channel sent to again; return False when there is none."""

    async def change(desk: ChannelDesk) -> None:
        await desk.resume(app_key, reason, actor=actor())

    return await _change(settings, app_key, change, "resumed", as_json=as_json)


async def limit(
    settings: Settings, app_key: str, rate: float | None, reason: str, *, as_json: bool
) -> bool:
    """Set a channel's rate, or None for the configured one; return False when there is none."""

    async def change(desk: ChannelDesk) -> None:
        await desk.limit(app_key, rate, reason, actor=actor())

    said = "at its configured rate" if rate is None else f"at {rate:g} a second"
    return await _change(
        settings, app_key, change, said if rate != 0 else "at any rate", as_json=as_json
    )


async def _change(
    settings: Settings, app_key: str, change: Change, said: str, *, as_json: bool
) -> bool:
    if app_key not in {channel.app_key for channel in settings.channels}:
        sys.stderr.write(f"no channel has the app_key {app_key}; see `channels list`\n")
        return False
    async with opened_store(settings) as store:
        await change(ChannelDesk(store, SystemClock()))
        known = await _known(settings, store)
    if as_json:
        print_json_lines([_told(one) for one in known if one.channel.app_key == app_key])
    else:
        sys.stdout.write(f"{app_key} {said}\n")
    return True


async def _known(settings: Settings, store: Store) -> list[_Known]:
    controls = {one.app_key: one for one in await store.channel_controls()}
    return [
        _Known(channel, target, controls.get(channel.app_key) or ChannelControl(channel.app_key))
        for channel, target in zip(settings.channels, configured.targets(settings), strict=True)
    ]


async def _backlogs(settings: Settings) -> dict[str, int]:
    """Return what waits in each channel's queue; what waits for a retry is elsewhere."""
    try:
        async with opened(settings) as parts:
            return {
                channel.app_key: await parts.broker.depth(relay_queue(channel.app_key))
                for channel in settings.channels
            }
    except BrokerUnavailableError as error:
        sys.stderr.write(f"the backlogs are not known: {error}\n")
        return {}


def _told(known: _Known) -> dict[str, Any]:
    control, report = known.control, known.control.report
    configured_rate = known.channel.deliveries_per_second
    return {
        "id": known.channel.app_key,
        "name": known.channel.name,
        "paused": control.paused_at is not None,
        "paused_at": _time(control.paused_at),
        "pause_reason": control.pause_reason,
        "rate": configured_rate if control.rate is None else control.rate,
        "gone": _gone(known.target, control.gone),
        "breaker": report.breaker if report else "unknown",
        "reported_at": _time(report.reported_at) if report else None,
        "last_answer": report.answer if report else "",
        "last_words": report.words if report else "",
        "last_seconds": report.milliseconds / 1000 if report and report.answered_at else None,
        "last_at": _time(report.answered_at) if report else None,
        "waiting_since": _time(report.oldest_at) if report else None,
    }


def _gone(target: ChannelTarget, endpoints: frozenset[str]) -> list[str]:
    """Return the types of notifications whose URL answered 410."""
    kinds = [kind.value for kind in NotifyType]
    return [kind for kind in kinds if (url := target.url(kind)) and endpoint_of(url) in endpoints]


def _time(at: datetime | None) -> str | None:
    return at.isoformat(timespec="seconds") if at else None


def _row(told: dict[str, Any]) -> tuple[str, ...]:
    since = told["paused_at"]
    paused = f"since {since} {told['pause_reason']}".strip() if told["paused"] else "no"
    seconds = told["last_seconds"]
    answer, words = told["last_answer"], told["last_words"]
    last = "" if seconds is None else f"{answer} ({seconds:.2f} s) {words}"
    return (
        told["id"],
        paused,
        told["breaker"],
        told["reported_at"] or "never",
        last.strip(),
        "?" if told["backlog"] is None else str(told["backlog"]),
        ", ".join(told["gone"]),
    )
