"""Between the port's values and rows of replay jobs and notes, the same for both databases.

Why it exists: as rows.py. It must not run a query.
"""

from worker.runtime.letter_queries import from_text, to_text
from worker.runtime.lettering import LetterNote
from worker.runtime.replaying import ReplayJob
from worker.store.rows import Row, Time, clean


def job_values(job: ReplayJob, t: Time) -> Row:
    """Return a row of ``replay_jobs``."""
    cursor_at, cursor_id = job.cursor or (None, "")
    return (
        job.id,
        clean(to_text(job.query)),
        clean(job.where),
        t(job.created_at),
        clean(job.created_by),
        clean(job.reason),
        repr(job.rate),
        job.canary,
        job.canary_wait,
        job.most,
        job.total,
        job.state,
        job.sent,
        job.refused,
        clean(job.problem),
        t(cursor_at),
        cursor_id,
        job.canary_sent,
        t(job.canary_at),
        t(job.started_at),
        t(job.ended_at),
        job.owner,
        t(job.leased_until),
    )


def job(record: Row, t: Time) -> ReplayJob:
    """Read a row of ``replay_jobs``."""
    (name, query, asked, at, by, reason, rate, canary, wait, most, total, *rest) = record
    state, sent, refused, problem, cursor_at, cursor_id, canary_sent, *moments, owner, until = rest
    canary_at, started_at, ended_at = (t(moment) for moment in moments)
    return ReplayJob(
        id=name,
        query=from_text(query),
        where=asked,
        created_at=t(at),
        created_by=by,
        reason=reason,
        rate=float(rate),
        canary=canary,
        canary_wait=wait,
        most=most,
        total=total,
        state=state,
        sent=sent,
        refused=refused,
        problem=problem,
        cursor=None if cursor_at is None else (t(cursor_at), cursor_id),
        canary_sent=canary_sent,
        canary_at=canary_at,
        started_at=started_at,
        ended_at=ended_at,
        owner=owner,
        leased_until=t(until),
    )


def note_values(note: LetterNote, t: Time) -> Row:
    """Return a row of ``letter_notes``."""
    return (note.id, note.letter_id, t(note.at), clean(note.by), clean(note.text))


def note(record: Row, t: Time) -> LetterNote:
    """Read a row of ``letter_notes``."""
    name, letter_id, at, by, text = record
    return LetterNote(name, letter_id, t(at), by, text)
