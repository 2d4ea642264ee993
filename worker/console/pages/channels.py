"""The channels: how each stands, and pausing, resuming, slowing it.

Why it exists: whoever sees a channel in trouble acts on the same page. It must not send to
a channel: relay processes look every second for what was decided here.
"""

import math
from dataclasses import dataclass
from datetime import datetime

from aiohttp import web

from contracts.queues import relay_queue
from worker.console.ask import Ask, Refusal
from worker.console.config import ChannelShown, Level
from worker.console.page import Nav, Pages
from worker.errors import BrokerUnavailableError
from worker.runtime.controlling import ChannelControl
from worker.runtime.ports import Backlog

MOST_A_SECOND = 10_000

pages = Pages("channels")


@dataclass(frozen=True, slots=True)
class Row:
    """A channel as the page shows it."""

    channel: ChannelShown
    control: ChannelControl
    waiting: int | None
    oldest_at: datetime | None

    @property
    def rate(self) -> float:
        """How many are sent to it a second; 0: any number."""
        configured = self.channel.deliveries_per_second
        return configured if self.control.rate is None else self.control.rate

    @property
    def breaker(self) -> str:
        """How its breaker stood when a relay last said so."""
        return self.control.report.breaker if self.control.report else "unknown"

    @property
    def gone(self) -> list[str]:
        """The types of notifications whose URL answered 410."""
        return [kind for kind, digest in self.channel.endpoints if digest in self.control.gone]


@pages.get("/channels", needs=Level.VIEWER, nav=Nav("system", 10, "c"))
async def listing(ask: Ask) -> web.Response:
    """Show how each channel stands."""
    known = {one.app_key: one for one in await ask.parts.store.channel_controls()}
    backlogs = await _backlogs(ask)
    rows = [
        _row(
            channel,
            known.get(channel.app_key) or ChannelControl(channel.app_key),
            backlogs.get(relay_queue(channel.app_key)) if backlogs is not None else None,
        )
        for channel in ask.parts.channels
    ]
    return ask.show("channels.html", rows=rows, broker_away=backlogs is None)


@pages.post("/channels/{app_key}/pause", needs=Level.OPERATOR)
async def pause(ask: Ask) -> web.Response:
    """Have nothing sent to a channel."""
    await ask.parts.channel_desk.pause(_channel(ask), ask.reason(), actor=ask.actor)
    return ask.back("/channels", "channels.paused", app_key=ask.path("app_key"))


@pages.post("/channels/{app_key}/resume", needs=Level.OPERATOR)
async def resume(ask: Ask) -> web.Response:
    """Send to a channel again, and try at once whether it answers."""
    await ask.parts.channel_desk.resume(_channel(ask), ask.reason(), actor=ask.actor)
    return ask.back("/channels", "channels.resumed", app_key=ask.path("app_key"))


@pages.post("/channels/{app_key}/rate", needs=Level.OPERATOR)
async def rate(ask: Ask) -> web.Response:
    """Send a channel so many a second; with nothing typed, as it is configured."""
    app_key, wanted = _channel(ask), _rate(ask.field("rate"))
    await ask.parts.channel_desk.limit(app_key, wanted, ask.reason(), actor=ask.actor)
    return ask.back("/channels", "channels.limited", app_key=app_key)


def _channel(ask: Ask) -> str:
    app_key = ask.path("app_key")
    if app_key not in {channel.app_key for channel in ask.parts.channels}:
        raise web.HTTPNotFound
    return app_key


def _rate(text: str) -> float | None:
    if not text:
        return None
    try:
        wanted = float(text)
    except ValueError:
        wanted = math.nan
    if not 0 <= wanted <= MOST_A_SECOND:
        raise Refusal("channels.rate_wrong", most=MOST_A_SECOND)
    return wanted


def _row(channel: ChannelShown, control: ChannelControl, backlog: Backlog | None) -> Row:
    since = [backlog.oldest_at if backlog else None]
    since.append(control.report.oldest_at if control.report else None)
    oldest = min((at for at in since if at), default=None)
    return Row(channel, control, backlog.waiting if backlog else None, oldest)


async def _backlogs(ask: Ask) -> dict[str, Backlog] | None:
    names = [relay_queue(channel.app_key) for channel in ask.parts.channels]
    try:
        return {one.queue: one for one in await ask.parts.broker.backlogs(names)}
    except BrokerUnavailableError:
        return None
