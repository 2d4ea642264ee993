"""What deserves an alarm by the figures: one function from facts to findings.

Why it exists: an operator reads each rule and its threshold in one place, and a test needs no
clock. It must not do I/O, wait or keep anything. A threshold of 0 turns a rule off.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from contracts import queues
from worker.runtime.alarm_records import AlarmFacts
from worker.runtime.controlling import ChannelControl
from worker.runtime.messaging import Backlog
from worker.runtime.records import Figures

RATE_SECONDS = 300.0
"""Over which dead letters are counted."""


@dataclass(frozen=True, slots=True)
class Thresholds:
    """When each rule speaks; times in seconds."""

    dead_letter_age: float = 3_600
    dead_letters_in_five_minutes: int = 20
    channel_silent: float = 600
    no_consumer: float = 120
    backlog_age: float = 120
    deadline_share: float = 0.7
    """Of the pay deadline and of the ticket deadline."""


@dataclass(frozen=True, slots=True)
class Seen:
    """Everything that the rules look at."""

    now: datetime
    figures: Figures
    facts: AlarmFacts
    channels: Sequence[ChannelControl] = ()
    backlogs: Sequence[Backlog] = ()
    stopped: frozenset[str] = frozenset()
    """Queues that a process has stopped by itself."""


@dataclass(frozen=True, slots=True)
class Finding:
    """Something that a rule found. It counts once it has been so for ``lasting`` seconds."""

    kind: str
    fields: Mapping[str, object] = field(default_factory=dict)
    lasting: float = 0.0


def judge(seen: Seen, at: Thresholds) -> Iterator[Finding]:
    """Return what is not as it should be."""
    yield from _dead_letters(seen, at)
    yield from _deadlines(seen, at)
    yield from _channels(seen, at)
    yield from _queues(seen, at)


def _dead_letters(seen: Seen, at: Thresholds) -> Iterator[Finding]:
    oldest = seen.figures.oldest_letter_at
    if at.dead_letter_age and oldest and _age(seen, oldest) >= at.dead_letter_age:
        hours = _age(seen, oldest) / 3_600
        text = f"{seen.figures.dead_letters_open} open, the oldest for {hours:.1f} hours"
        yield Finding("dead_letter_old", {"text": text})
    most = at.dead_letters_in_five_minutes
    if most and seen.facts.dead_letters >= most:
        text = f"{seen.facts.dead_letters} in five minutes"
        yield Finding("dead_letters_many", {"text": text})


def _deadlines(seen: Seen, at: Thresholds) -> Iterator[Finding]:
    if not at.deadline_share:
        return
    for name, count in (("pay", seen.facts.unpaid), ("ticket", seen.facts.without_ticket)):
        if count:
            share = round(at.deadline_share * 100)
            text = f"{count} orders have used {share} % of their {name} deadline"
            yield Finding("deadline_near", {"deadline": name, "text": text})


def _channels(seen: Seen, at: Thresholds) -> Iterator[Finding]:
    for one in seen.channels:
        silent = one.report is not None and one.report.breaker == "open"
        if at.channel_silent and silent and one.paused_at is None:
            yield Finding("channel_silent", {"app_key": one.app_key}, at.channel_silent)


def _queues(seen: Seen, at: Thresholds) -> Iterator[Finding]:
    for one in seen.backlogs:
        if one.queue in seen.stopped or one.queue.startswith(queues.RELAY_PREFIX):
            continue
        text = f"{one.waiting} messages wait"
        if at.no_consumer and one.waiting and one.consumers == 0:
            yield Finding("no_consumer", {"queue": one.queue, "text": text}, at.no_consumer)
        age = _age(seen, one.oldest_at) if one.oldest_at else 0.0
        if at.backlog_age and age >= at.backlog_age:
            text += f", the oldest for {age:.0f} s"
            yield Finding("backlog_old", {"queue": one.queue, "text": text})


def _age(seen: Seen, since: datetime) -> float:
    return (seen.now - since).total_seconds()
