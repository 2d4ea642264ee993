"""Looks at the figures now and then, and raises and ends the alarms of the rules.

Why it exists: several processes see the same figures, and one of them speaks: whoever holds the
watch, which another takes over when nothing was heard of it for a while. Orders in front of a
human are its business too: who is there has an alarm, and nobody else has. It must not send
anything.
"""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final

import structlog

from contracts import queues
from worker.alarms.book import AlarmBook
from worker.alarms.kinds import LASTING, SPOKEN, subject_of
from worker.alarms.rules import RATE_SECONDS, Finding, Seen, Thresholds, judge
from worker.clock import Clock
from worker.errors import BrokerUnavailableError, StoreUnavailableError
from worker.runtime.ports import Backlog, Broker, Store
from worker.runtime.pressure import UNSAID_SECONDS
from worker.runtime.queue_ages import QueueAges
from worker.telemetry.metrics import ALARMS_OPEN

HUMAN: Final = "order_needs_human"
RULES: Final = frozenset(
    {
        "dead_letter_old",
        "dead_letters_many",
        "channel_silent",
        "no_consumer",
        "backlog_old",
        "deadline_near",
    }
)
"""What the watcher alone raises, and so ends."""
REFRESH_SECONDS: Final = 300.0
"""How often an alarm whose cause goes on is said to go on."""
MOST_HUMANS: Final = 1_000

_log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class WatchPlan:
    """What the watcher goes by; times in seconds."""

    thresholds: Thresholds = field(default_factory=Thresholds)
    every: float = 15.0
    quiet: float = 86_400.0
    """What happened once is over when nothing was heard of it for so long."""
    keep: float = 90 * 86_400.0
    """How long alarms that are over are kept."""
    pay_deadline: float = 600.0
    ticket_deadline: float = 600.0
    human: bool = True
    queues: Sequence[str] = ()


class Watcher:
    """The one who looks."""

    def __init__(
        self, plan: WatchPlan, book: AlarmBook, store: Store, broker: Broker, clock: Clock
    ) -> None:
        """Judge by ``plan`` and write into ``book``."""
        self._plan = plan
        self._book = book
        self._store = store
        self._broker = broker
        self._ages = QueueAges(broker, store, clock)
        self._clock = clock
        self._owner = uuid.uuid4().hex
        self._since: dict[tuple[str, str], datetime] = {}

    async def look(self) -> bool:
        """Judge once, if the watch is ours; say whether it is. Raises StoreUnavailableError."""
        now, plan = self._clock.now(), self._plan
        until = now + timedelta(seconds=4 * plan.every)
        mine = await self._store.take_alarm_watch(self._owner, now, until)
        if mine:
            found = list(judge(await self._seen(now), plan.thresholds))
            await self._raise([one for one in found if self._has_lasted(one, now)])
            self._forget_what_is_over(found)
            await self._end_unsaid(now)
            quiet = now - timedelta(seconds=plan.quiet)
            await self._store.resolve_quiet_alarms(LASTING, quiet, now)
            await self._store.forget_alarms(now - timedelta(seconds=plan.keep))
        await self._show()
        return mine

    async def run(self) -> None:
        """Look for ever."""
        while True:
            try:
                await self.look()
            except StoreUnavailableError as error:
                _log.warning("alarms_not_looked_at", error=str(error))
            await self._clock.sleep(self._plan.every)

    async def _seen(self, now: datetime) -> Seen:
        plan, share = self._plan, self._plan.thresholds.deadline_share
        facts = await self._store.alarm_facts(
            now - timedelta(seconds=RATE_SECONDS),
            now - timedelta(seconds=plan.pay_deadline * share),
            now - timedelta(seconds=plan.ticket_deadline * share),
        )
        return Seen(
            now,
            await self._store.figures(),
            facts,
            await self._store.channel_controls(),
            await self._backlogs(),
            await self._stopped(),
        )

    async def _backlogs(self) -> Sequence[Backlog]:
        try:
            return await self._ages.backlogs(self._plan.queues)
        except BrokerUnavailableError:
            return ()

    async def _stopped(self) -> frozenset[str]:
        """Return the queues that this process has stopped, or another one, which said so."""
        stopped = set(self._broker.paused())
        for one in await self._store.alarms():
            if one.kind == "zzy_down":
                stopped.add(queues.ORDERS)
            elif one.kind == "dead_letter_limit":
                stopped.add(one.subject)
        return frozenset(stopped)

    def _has_lasted(self, one: Finding, now: datetime) -> bool:
        since = self._since.setdefault(_key(one), now)
        return (now - since).total_seconds() >= one.lasting

    def _forget_what_is_over(self, found: Sequence[Finding]) -> None:
        present = {_key(one) for one in found}
        self._since = {key: at for key, at in self._since.items() if key in present}

    async def _raise(self, found: Sequence[Finding]) -> None:
        """Bring the open alarms of the rules to what was found."""
        opened = {(one.kind, one.subject): one for one in await self._store.alarms()}
        wanted = {_key(one): one for one in found}
        humans = await self._humans()
        if humans is not None:
            wanted |= humans
        ours = RULES if humans is None else RULES | {HUMAN}
        stale = self._clock.now() - timedelta(seconds=REFRESH_SECONDS)
        for key, one in wanted.items():
            if key not in opened or opened[key].last_seen_at <= stale:
                await self._book.keep(one.kind, one.fields)
        for kind, subject in opened.keys() - wanted.keys():
            if kind in ours:
                await self._book.end(kind, subject)

    async def _end_unsaid(self, now: datetime) -> None:
        """End what a process said again and again until it died: the next one knows nothing of it.

        Where the cause goes on, the next one finds it, and the alarm opens anew.
        """
        unsaid = now - timedelta(seconds=UNSAID_SECONDS)
        for one in await self._store.alarms():
            if one.kind in SPOKEN and one.last_seen_at < unsaid:
                _log.info("alarm_left_behind", kind=one.kind, subject=one.subject)
                await self._book.end(one.kind, one.subject)

    async def _humans(self) -> dict[tuple[str, str], Finding] | None:
        """Return the orders in front of a human; None: too many to know them all, or not asked."""
        if not self._plan.human:
            return None
        rows = await self._store.orders(human=True, limit=MOST_HUMANS)
        if len(rows) == MOST_HUMANS:
            return None
        found = [
            Finding(HUMAN, {"order_num": row.order_num, "text": row.human or ""}) for row in rows
        ]
        return {_key(one): one for one in found}

    async def _show(self) -> None:
        opened = await self._store.alarms()
        for severity in ("warning", "critical"):
            count = sum(one.severity == severity for one in opened)
            ALARMS_OPEN.labels(severity).set(count)


def _key(one: Finding) -> tuple[str, str]:
    return one.kind, subject_of(one.kind, one.fields)
