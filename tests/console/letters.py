"""Dead letters and replay jobs for the console's pages."""

from dataclasses import replace
from datetime import datetime, timedelta

from contracts.queues import ORDERS
from tests.deadletters.letters import letter, notice_body, notification_body
from tests.runtime.messages import create_message
from worker.deadletters.drain import read_letter
from worker.runtime.auditing import AuditEntry
from worker.runtime.lettering import LetterNote, LetterQuery
from worker.runtime.ports import DeadLetter, Store
from worker.runtime.replaying import STOPPED, ReplayJob

ORDER, STALE, WRITTEN = "0rder-letter", "stale-letter", "written-letter"
JOB = "job-of-tests"


def order_letter(now: datetime, name: str = ORDER) -> DeadLetter:
    """Return a command that did not fit, and can be edited."""
    made = read_letter(create_message(), now)
    message = replace(create_message(), queue=ORDERS, headers={})
    return replace(made, id=name, kind="unreadable", message=message, reason="does not fit")


def _letters(now: datetime, script: str) -> list[DeadLetter]:
    stale = replace(letter(notice_body(), kind="notice_stale"), id=STALE, last_failed_at=now)
    body = notification_body({"notify_type": "voucher", "memo": "x", "product_name": script})
    written = replace(letter(body), id=WRITTEN, last_failed_at=now, kind=f"strange {script}")
    group = [
        replace(letter(), id=f"alike-{n}", last_failed_at=now - timedelta(minutes=n), replays=n % 2)
        for n in range(60)
    ]
    return [stale, replace(written, fingerprint="strange"), order_letter(now), *group]


async def fill_letters(store: Store, now: datetime, script: str) -> None:
    """Add letters of several kinds, notes and a job that has stopped."""
    for one in _letters(now, script):
        await store.add_dead_letter(one)
    entry = AuditEntry(now, "cli:ann", "deadletter.note", WRITTEN, id="note-1")
    await store.add_letter_note(LetterNote("n1", WRITTEN, now, "cli:ann", f"a {script}"), entry)
    job = ReplayJob(JOB, LetterQuery(), f'reason~"{script}"', now, "cli:ann", f"why {script}")
    job = replace(job, state=STOPPED, total=60, sent=5, canary=5, problem=f"1 failed {script}")
    await store.add_replay_job(job, replace(entry, id="job-1", action="replay.begin", subject=JOB))
