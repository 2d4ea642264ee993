"""One replay job in this worker's hands: portion after portion, at its rate.

Why it exists: each portion is published first and noted after, in one commit with how far the
job is; whoever takes the job up after a crash goes on from there. It must not claim a job, nor
decide which letters may go.
"""

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Final

import structlog

from worker.clock import Clock
from worker.deadletters import portions
from worker.deadletters.portions import Portion
from worker.deadletters.replay import try_at_once
from worker.deadletters.sending import channel_of, send
from worker.runtime.auditing import Audit
from worker.runtime.lettering import Replayed
from worker.runtime.ports import Broker, Store
from worker.runtime.replaying import ACTIVE, CANARY, FINISHED, QUEUED, RUNNING, Lease, ReplayJob

CANARY_SECONDS: Final = 1.0
"""So often it is looked at what became of a canary."""
BROKER_SECONDS: Final = 5.0
"""So long nothing is sent when the broker took nothing."""
HOLD_SECONDS: Final = 5.0
"""Whoever waits says so often that it is still there, and hears of a cancel."""
LOOK_UP_SECONDS: Final = 0.5
"""Whoever waits looks so often whether the process ends."""
BEHIND: Final = timedelta(seconds=1)
"""So much of what was late is made up for; the rate is a limit, not a debt."""

_log = structlog.get_logger(__name__)


class JobRun:
    """Sends the letters of one job."""

    def __init__(
        self,
        job: ReplayJob,
        store: Store,
        broker: Broker,
        clock: Clock,
        lease: Callable[[], Lease],
    ) -> None:
        """Go on with ``job``, which this worker holds; ``lease`` holds it for longer."""
        self._job = job
        self._store = store
        self._broker = broker
        self._clock = clock
        self._lease = lease
        self._mine = True
        self._due = self._held_at = clock.now()
        self._probed: set[str] = set()

    async def run(self, leaving: Callable[[], bool]) -> None:
        """Work until the job ends, is cancelled or in other hands, or the process is leaving.

        Raises StoreUnavailableError; the job is then left to its lease.
        """
        while self._goes_on(leaving):
            job = self._job
            if job.state == QUEUED:
                state = CANARY if job.canary else RUNNING
                await self._keep(replace(job, state=state, canary_at=self._clock.now()))
            elif job.state == CANARY and job.canary_sent >= job.canary:
                await self._judge()
                await self._wait(CANARY_SECONDS * (self._job.state == CANARY), leaving)
            else:
                await self._send()
                now = self._clock.now()
                await self._wait((self._due - now).total_seconds(), leaving)

    def _goes_on(self, leaving: Callable[[], bool]) -> bool:
        return self._mine and self._job.state in ACTIVE and not leaving()

    async def _judge(self) -> None:
        """Look what became of the canary."""
        counts = await self._store.count_replayed(self._job.id, self._job.canary_at)
        await self._keep(portions.verdict(self._job, counts, self._clock.now()))

    async def _send(self) -> None:
        """Send the next portion, or end where there is none."""
        job, limit = self._job, portions.size(self._job, self._late())
        found = await self._store.find_letters(portions.question(job, limit)) if limit else ()
        portion = portions.portion(found)
        now = self._clock.now()
        if portion.last is None:
            await self._keep(replace(job, state=FINISHED, ended_at=now, problem=""))
            return
        await self._probe(portion, now)
        sendings = await send(self._broker, portion.going, now, job.id)
        after = portions.after(job, portion, sendings)
        await self._keep(after, portions.replayed(job, sendings, now))
        pause = BROKER_SECONDS if after.problem else len(sendings) / job.rate
        self._due = max(self._due, now - BEHIND) + timedelta(seconds=pause)

    def _late(self) -> float:
        """Return for how many seconds a portion could have gone already."""
        return max(timedelta(), min(self._clock.now() - self._due, BEHIND)).total_seconds()

    async def _probe(self, portion: Portion, now: datetime) -> None:
        """Have each channel tried at once whether it answers again; once a run."""
        fresh = {channel_of(letter) for letter in portion.going} - self._probed
        self._probed |= fresh
        await try_at_once(self._store, fresh, now)

    async def _keep(self, job: ReplayJob, replayed: Replayed | None = None) -> None:
        """Keep how far it is; what somebody decided meanwhile comes back with it."""
        kept = await self._store.advance_replay_job(job, self._lease(), replayed)
        self._held_at = self._clock.now()
        self._mine = kept is not None
        if kept is None:
            return
        ended = kept.state not in ACTIVE
        self._job = kept
        if ended:
            told = f"{kept.sent} sent, {kept.refused} not; {kept.problem}".removesuffix("; ")
            _log.info("replay_job_ended", job=kept.id, state=kept.state, sent=kept.sent)
            if kept.state == job.state:
                audit = Audit(self._store, self._clock)
                await audit.record("worker", f"replay.{kept.state}", kept.id, result=told)

    async def _wait(self, seconds: float, leaving: Callable[[], bool]) -> None:
        """Wait, and hold the job meanwhile."""
        until = self._clock.now() + timedelta(seconds=seconds)
        while self._goes_on(leaving) and (left := (until - self._clock.now()).total_seconds()) > 0:
            await self._clock.sleep(min(left, LOOK_UP_SECONDS))
            if (self._clock.now() - self._held_at).total_seconds() > HOLD_SECONDS:
                await self._keep(self._job)
