"""How the alarms are put together: the book, the watcher, the robots.

Why it exists: a part of the composition root in a file of its own; every process with a
database has it. It must not hold logic of an alarm.
"""

import asyncio
from contextlib import AsyncExitStack, suppress
from functools import partial
from typing import Final

import structlog

from worker import configured_alarms
from worker.adapters import Adapters
from worker.alarms.book import AlarmBook
from worker.alarms.kinds import KINDS
from worker.alarms.sender import Sender
from worker.alarms.signatures import SignatureWatch
from worker.alarms.watcher import Watcher
from worker.clients.gateways import GatewayClient
from worker.runtime.queue_ages import QueueAges
from worker.settings import Settings
from worker.surroundings import Surroundings
from worker.tasks import TaskGroup
from worker.telemetry import alarms
from worker.telemetry.metrics import ALARMS

LAST_WORDS_SECONDS: Final = 1.0

_log = structlog.get_logger(__name__)


def book_of(settings: Settings, parts: Adapters) -> AlarmBook:
    """Return the way of alarms into the store."""
    names = [robot.name for robot in configured_alarms.robots(settings)]
    return AlarmBook(parts.store, parts.clock, names, settings.alarms.again_seconds)


def keep_alarms(settings: Settings, parts: Adapters, stack: AsyncExitStack) -> AlarmBook:
    """Keep what is raised in this process, until after everything else has stopped."""
    book = book_of(settings, parts)
    alarms.listen(book)
    stack.push_async_callback(_last_words, book)
    stack.callback(alarms.unlisten, book)
    return book


async def _last_words(book: AlarmBook) -> None:
    """Write what still waits; a database that does not answer has had its time."""
    with suppress(TimeoutError):
        async with asyncio.timeout(LAST_WORDS_SECONDS):
            await book.flush()


def start_alarms(  # noqa: PLR0913  (what they are told by, and whom they tell)
    settings: Settings,
    parts: Adapters,
    tasks: TaskGroup,
    stack: AsyncExitStack,
    on: Surroundings,
    *,
    book: AlarmBook | None,
) -> None:
    """Watch the figures, and tell the robots; without a book say that nobody is told."""
    if book is None:
        _log.warning("alarms_only_logged", advice="watch ticketbridge_alarms_total")
        return
    _count_from_zero()
    plan = configured_alarms.watch_plan(settings)
    watcher = Watcher(plan, book, parts.store, parts.broker, parts.clock)
    tasks.keep(book.run, "alarm book", parts.clock)
    tasks.keep(watcher.run, "alarm watch", parts.clock)
    ages = QueueAges(parts.broker, parts.store, parts.clock)
    tasks.keep(partial(ages.keep_reporting, plan.queues), "queue ages", parts.clock)
    if robots := configured_alarms.robots(settings):
        http = GatewayClient(configured_alarms.LIMITS, on.http)
        stack.push_async_callback(http.close)
        tasks.keep(Sender(robots, parts.store, http, parts.clock).run, "robots", parts.clock)


def _count_from_zero() -> None:
    """Show every kind of alarm with a count of 0: the first one is an increase then."""
    for kind in KINDS:
        ALARMS.labels(kind)


def watch_signatures(settings: Settings, parts: Adapters, tasks: TaskGroup) -> None:
    """Have an ingress notice that many requests are wrongly signed."""
    _count_from_zero()
    if most := settings.alarms.rules.bad_signatures_per_minute:
        tasks.keep(SignatureWatch(parts.clock, most).run, "signatures", parts.clock)
