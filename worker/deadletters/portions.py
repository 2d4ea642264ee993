"""One portion of a replay job: which letters come next, and what is known when they are sent.

Why it exists: how far a job is, is worked out from values, so that it can be seen to be right.
It must not read a store, send anything or read a clock.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final

from worker.deadletters.judgement import objection
from worker.deadletters.sending import Sending, Sent
from worker.runtime.lettering import LetterQuery, Replayed
from worker.runtime.ports import DeadLetter
from worker.runtime.replaying import CANARY, RUNNING, STOPPED, JobCounts, ReplayJob

TICK_SECONDS: Final = 0.2
"""A portion is what goes in so long a time, and what should have gone before."""
LARGEST: Final = 200
"""So many at most go twice when a worker is killed."""
BROKER_SILENT: Final = "the broker does not take its messages: it is tried again"


@dataclass(frozen=True, slots=True)
class Portion:
    """The letters that come next: those that go, and how many do not."""

    going: tuple[DeadLetter, ...]
    refused: int
    last: DeadLetter | None
    """None: there are no more."""


def size(job: ReplayJob, late: float) -> int:
    """Return how many letters the next portion has; 0: the job has sent all that it may.

    One that is ``late`` by some seconds is larger: what is read, noted and committed once a
    portion is less for each letter then, and a job comes back to its rate on a busy machine.
    """
    wanted = max(1, min(LARGEST, round(job.rate * (TICK_SECONDS + late))))
    if job.state == CANARY:
        wanted = min(wanted, job.canary - job.canary_sent)
    if job.most:
        wanted = min(wanted, job.most - job.sent - job.refused)
    return max(wanted, 0)


def question(job: ReplayJob, limit: int) -> LetterQuery:
    """Return the query for the next letters: what was there when the job was made, oldest first."""
    return replace(
        job.query, until=job.created_at, after=job.cursor, oldest_first=True, limit=limit
    )


def portion(letters: Sequence[DeadLetter]) -> Portion:
    """Return what of the letters may go with others."""
    going = tuple(one for one in letters if not objection(one, alone=False))
    return Portion(going, len(letters) - len(going), letters[-1] if letters else None)


def after(job: ReplayJob, done: Portion, sendings: Sequence[Sending]) -> ReplayJob:
    """Return how far the job is once a portion was sent, or tried.

    What the broker did not take stays open, and the cursor before it: it comes next. What no
    queue takes is passed over.
    """
    told = [one.sent for one in sendings]
    sent, never = told.count(Sent.SENT), told.count(Sent.NEVER)
    job = replace(
        job, sent=job.sent + sent, canary_sent=job.canary_sent + sent * (job.state == CANARY)
    )
    if sent + never < len(told) or done.last is None:
        return replace(job, problem=BROKER_SILENT)
    place = (done.last.last_failed_at, done.last.id)
    return replace(job, refused=job.refused + done.refused + never, cursor=place, problem="")


def replayed(job: ReplayJob, sendings: Sequence[Sending], at: datetime) -> Replayed | None:
    """Return what is to be noted of the letters that went."""
    went = [one.letter for one in sendings if one.sent is Sent.SENT]
    if not went:
        return None
    latest = max(letter.last_failed_at for letter in went)
    return Replayed([letter.id for letter in went], latest, at, job.id)


def verdict(job: ReplayJob, counts: JobCounts, now: datetime) -> ReplayJob:
    """Return the job once its canary was looked at: it goes on, waits, or stops."""
    if counts.failed:
        return replace(
            job, state=STOPPED, ended_at=now, problem=f"{counts.failed} of the canary failed again"
        )
    if counts.done + counts.settled >= job.canary_sent:
        return replace(job, state=RUNNING, problem="")
    waited = (now - (job.canary_at or now)).total_seconds()
    if waited > job.canary_wait:
        told = f"only {counts.done} of the canary's {job.canary_sent} were processed in time"
        return replace(job, state=STOPPED, ended_at=now, problem=told)
    return replace(job, problem=f"{counts.done} of the canary's {job.canary_sent} were processed")
