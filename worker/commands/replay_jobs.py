"""``deadletters replay --where …|jobs|job show|cancel|resume``.

Why it exists: a replay of many letters is a row that a worker takes up; a shell makes it,
follows it, cancels and resumes it. It must not send a letter itself.
"""

import sys
from typing import Any, Final

from worker.adapters import opened_store
from worker.clock import Clock, SystemClock
from worker.commands.audit import actor
from worker.commands.letters import Which
from worker.commands.quiet import log_quietly
from worker.commands.tables import print_json_lines, print_table
from worker.deadletters.dry_run import DryRun
from worker.deadletters.progress import Progress, progress
from worker.deadletters.work import LetterWork
from worker.runtime.ports import Store
from worker.runtime.replaying import ACTIVE, FINISHED, ReplayJob
from worker.settings import Settings

FOLLOW_SECONDS: Final = 1.0
_ROW: Final = ("id", "state", "total", "sent", "done", "failed_again", "refused", "asked")


def job_of(  # noqa: PLR0913, PLR0917  (what the command takes)
    which: Which, all_: int, rate: float, canary: int, canary_wait: int, reason: str
) -> ReplayJob:
    """Return the job that was asked for, not yet kept."""
    query, now = which.query(), SystemClock().now()
    most = 0 if which.limit >= all_ else which.limit
    told = which.told
    return ReplayJob("", query, told, now, "", reason, rate, canary, canary_wait, most)


async def look_first(settings: Settings, which: Which, *, as_json: bool) -> bool:
    """Print what a replay would send and what it would leave; send nothing."""
    log_quietly(settings)
    query = which.query()
    async with opened_store(settings) as store:
        found = await _work(store).look_first(query)
    going = min(found.going, query.limit)
    if as_json:
        print_json_lines([_counted(found, going)])
        return True
    sys.stdout.write(f"{going} letters of {found.groups} groups would be replayed\n")
    for why, count in found.left.items():
        sys.stdout.write(f"{count} would be left: {why}\n")
    return True


async def begin_job(settings: Settings, job: ReplayJob, *, wait: bool, as_json: bool) -> bool:
    """Make a job and print it; with ``wait``, follow it to its end.

    Return False where it was followed and not all of its letters were processed.
    """
    log_quietly(settings)
    clock = SystemClock()
    async with opened_store(settings) as store:
        made = await _work(store).begin(job)
        if not wait:
            _print(await progress(store, made, clock.now()), as_json=as_json)
            return True
        return await _follow(store, made.id, clock, as_json=as_json)


async def follow_job(settings: Settings, job_id: str, *, as_json: bool) -> bool:
    """Print how far a job is until it ends; return False unless all its letters were processed."""
    log_quietly(settings)
    async with opened_store(settings) as store:
        if await store.replay_job(job_id) is None:
            return _unknown(job_id)
        return await _follow(store, job_id, SystemClock(), as_json=as_json)


async def _follow(store: Store, job_id: str, clock: Clock, *, as_json: bool) -> bool:
    """Follow a job until nothing more comes of it by itself."""
    last: dict[str, Any] = {}
    while True:
        job = await store.replay_job(job_id)
        if job is None:
            return _unknown(job_id)
        now = await progress(store, job, clock.now())
        told = {key: value for key, value in now.listed.items() if key != "rate_now"}
        if told != last:
            last = told
            _print(now, as_json=as_json)
        if job.state not in ACTIVE and (job.state != FINISHED or not now.counts.replaying):
            return job.state == FINISHED and not (now.counts.failed or job.refused)
        await clock.sleep(FOLLOW_SECONDS)


async def list_jobs(settings: Settings, *, limit: int, as_json: bool) -> None:
    """Print the replay jobs, the newest first."""
    log_quietly(settings)
    now = SystemClock().now()
    async with opened_store(settings) as store:
        jobs = await store.replay_jobs(limit=limit)
        found = [(await progress(store, job, now)).listed for job in jobs]
    if as_json:
        print_json_lines(found)
    else:
        print_table(_ROW, [tuple(str(one[name]) for name in _ROW) for one in found])


async def show_job(settings: Settings, job_id: str, *, as_json: bool) -> bool:
    """Print how far a job is; return False when there is none of this id."""
    log_quietly(settings)
    async with opened_store(settings) as store:
        job = await store.replay_job(job_id)
        if job is None:
            return _unknown(job_id)
        _print(await progress(store, job, SystemClock().now()), as_json=as_json)
    return True


async def cancel_job(settings: Settings, job_id: str, reason: str) -> bool:
    """Let a job send no more; return False if it is over, or there is none."""
    log_quietly(settings)
    async with opened_store(settings) as store:
        done = await _work(store).cancel(job_id, reason)
    return _told(job_id, "cancelled", done=done)


async def resume_job(settings: Settings, job_id: str, reason: str) -> bool:
    """Let a job go on; return False unless it was cancelled or stopped."""
    log_quietly(settings)
    async with opened_store(settings) as store:
        done = await _work(store).resume(job_id, reason)
    return _told(job_id, "resumed", done=done)


def _told(job_id: str, what: str, *, done: bool) -> bool:
    if done:
        sys.stdout.write(f"{job_id} {what}\n")
    else:
        sys.stderr.write(f"{job_id}: not {what}: unknown, or in no state for it\n")
    return done


def _counted(found: DryRun, going: int) -> dict[str, Any]:
    return {"id": "dry-run", "count": going, "groups": found.groups, "left": found.left}


def _print(found: Progress, *, as_json: bool) -> None:
    if as_json:
        print_json_lines([found.listed])
    else:
        print_table(("field", "value"), [(key, str(value)) for key, value in found.listed.items()])


def _work(store: Store) -> LetterWork:
    return LetterWork(store, SystemClock(), actor())


def _unknown(job_id: str) -> bool:
    sys.stderr.write(f"{job_id}: no replay job has this id\n")
    return False
