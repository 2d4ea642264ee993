"""Works on replay jobs, in whichever worker has a store.

Why it exists: fifty thousand letters are no work for a request. A job is a row that any
worker claims with a lease; how far it is stands there after every portion, so that it goes on
elsewhere when this process ends, and stops when somebody cancels it. It must not decide which
letters may go: judgement.py does.
"""

import uuid
from datetime import timedelta
from typing import Final

import structlog

from worker.clock import Clock
from worker.deadletters.fingerprint import fingerprint
from worker.deadletters.job_run import JobRun
from worker.errors import StoreUnavailableError
from worker.runtime.ports import Broker, Store
from worker.runtime.replaying import Lease, ReplayJob
from worker.tasks import TaskGroup

LOOK_SECONDS: Final = 3.0
"""How often a worker without work looks for a job."""
LEASE_SECONDS: Final = 20.0
"""Longer than a portion takes; so long a job waits whose worker was killed."""
MOST_AT_ONCE: Final = 4
UNLIKE: Final = 200

_log = structlog.get_logger(__name__)


class ReplayRunner:
    """Claims jobs and sends their letters, each at its own rate."""

    def __init__(self, store: Store, broker: Broker, clock: Clock, tasks: TaskGroup) -> None:
        """Send through ``broker`` what ``store`` keeps."""
        self._store = store
        self._broker = broker
        self._clock = clock
        self._tasks = tasks
        self._owner = uuid.uuid4().hex[:12]
        self._busy = 0
        self._leaving = False

    def leave(self) -> None:
        """Let go of every job after its portion; another worker may have it at once."""
        self._leaving = True

    async def run(self) -> None:
        """Look for jobs for ever."""
        while True:
            try:
                await self.look()
            except StoreUnavailableError as error:
                _log.warning("replay_jobs_not_looked_at", error=str(error))
            await self._clock.sleep(LOOK_SECONDS)

    async def look(self) -> None:
        """Begin what nobody works on; say what letters of an older version are like."""
        while self._busy < MOST_AT_ONCE and not self._leaving:
            job = await self._store.claim_replay_job(self._lease())
            if job is None:
                break
            self._busy += 1
            self._tasks.start(self._work(job), f"replay job {job.id}")
        while unlike := await self._store.letters_without_fingerprint(UNLIKE):
            await self._store.keep_fingerprints([(one.id, fingerprint(one)) for one in unlike])

    def _lease(self) -> Lease:
        now = self._clock.now()
        return Lease(self._owner, now, now + timedelta(seconds=LEASE_SECONDS))

    async def _work(self, job: ReplayJob) -> None:
        try:
            run = JobRun(job, self._store, self._broker, self._clock, self._lease)
            await run.run(lambda: self._leaving)
            await self._store.leave_replay_job(job.id, self._owner)
        except StoreUnavailableError as error:
            _log.warning("replay_job_left_to_its_lease", job=job.id, error=str(error))
        finally:
            self._busy -= 1
