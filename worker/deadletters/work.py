"""What a person does with dead letters, each act with its line of the audit.

Why it exists: the command line and the console do the same things in the same way. Decisions
and their audit are one transaction. It must not print, parse what people type, or decide who
may do what.
"""

import uuid
from collections.abc import Sequence
from dataclasses import replace
from typing import Final

from worker.clock import Clock
from worker.deadletters.dry_run import DryRun, dry_run
from worker.deadletters.editing import EditError, edited
from worker.deadletters.replay import ReplayReport, replay
from worker.runtime.auditing import Audit
from worker.runtime.lettering import (
    DISCARDED,
    OPEN,
    REPLAYED,
    REPLAYING,
    SUPERSEDED,
    LetterChange,
    LetterNote,
    LetterQuery,
)
from worker.runtime.ports import Broker, DeadLetter, Store
from worker.runtime.replaying import ACTIVE, CANCELLED, QUEUED, STOPPED, ReplayJob

UNSETTLED: Final = (OPEN, REPLAYING, REPLAYED)
"""The states in which nobody knows yet that all is well, and nobody has decided."""
PORTION: Final = 500
NAMED: Final = 20
"""So many ids stand in a line of the audit."""


class LetterWork:
    """Acts in the name of one person."""

    def __init__(self, store: Store, clock: Clock, actor: str) -> None:
        """Write to ``store`` what ``actor`` does."""
        self._store = store
        self._clock = clock
        self._actor = actor
        self._audit = Audit(store, clock)

    async def reveal(self, letter_id: str, reason: str = "") -> None:
        """Write down that personal data of a letter is shown, before it is."""
        await self._audit.record(self._actor, "deadletter.reveal", letter_id, reason=reason)

    async def exported(self, where: str, *, personal: bool) -> None:
        """Write down that letters are exported, before they are."""
        action = "deadletter.export-personal" if personal else "deadletter.export"
        await self._audit.record(self._actor, action, where or "open letters")

    async def discard(self, query: LetterQuery, where: str, reason: str) -> Sequence[str]:
        """Put letters aside, with a reason; return their ids."""
        of = tuple(state for state in UNSETTLED if state in query.states)
        change = LetterChange(DISCARDED, of, self._clock.now(), self._actor, reason)
        return await self._change(query, where, "deadletter.discard", change)

    async def restore(self, query: LetterQuery, where: str, reason: str) -> Sequence[str]:
        """Open discarded letters again; return their ids."""
        change = LetterChange(OPEN, (DISCARDED,), self._clock.now(), self._actor, reason)
        return await self._change(query, where, "deadletter.restore", change)

    async def _change(
        self, query: LetterQuery, where: str, action: str, change: LetterChange
    ) -> Sequence[str]:
        """Change letters in portions, each with its own line of the audit."""
        done: list[str] = []
        while change.of and len(done) < query.limit:
            limit = min(PORTION, query.limit - len(done))
            portion = replace(query, limit=limit, after=None)
            entry = self._audit.entry(self._actor, action, where, reason=change.reason)
            found = await self._store.change_letters(portion, change, entry)
            done += found
            if len(found) < limit:
                break
        return done

    async def note(self, letter_id: str, text: str) -> bool:
        """Write something beside a letter; False if there is none of this id."""
        if await self._store.dead_letter(letter_id) is None:
            return False
        note = LetterNote(uuid.uuid4().hex, letter_id, self._clock.now(), self._actor, text)
        entry = self._audit.entry(self._actor, "deadletter.note", letter_id)
        await self._store.add_letter_note(note, entry)
        return True

    async def edit(
        self, letter: DeadLetter, body: bytes, reason: str, *, dry: bool = False
    ) -> DeadLetter:
        """Put an edited copy in a letter's place; return the copy. Raises EditError."""
        now = self._clock.now()
        copy = edited(letter, body, now)
        if dry:
            return copy
        change = LetterChange(SUPERSEDED, (OPEN,), now, self._actor, reason)
        entry = self._audit.entry(
            self._actor, "deadletter.edit", letter.id, reason=reason, result=f"copy {copy.id}"
        )
        if not await self._store.supersede_letter(letter.id, copy, change, entry):
            raise EditError("somebody else has changed it meanwhile: look at it again")
        return copy

    async def replay(self, broker: Broker, ids: Sequence[str], reason: str = "") -> ReplayReport:
        """Send letters home now, one after the other."""
        report = await replay(self._store, broker, ids, self._clock.now())
        told = f"{len(report.replayed)} of {len(set(ids))} replayed"
        subject = named(ids)
        await self._audit.record(
            self._actor, "deadletter.replay", subject, reason=reason, result=told
        )
        return report

    async def look_first(self, query: LetterQuery) -> DryRun:
        """Return what a replay of many would send, and what it would leave."""
        return await dry_run(self._store, may_go(query))

    async def begin(self, job: ReplayJob) -> ReplayJob:
        """Keep a job for a worker to take; its query means what is there now."""
        now = self._clock.now()
        query = may_go(job.query)
        found = await self.look_first(query)
        total = min(found.going, job.most) if job.most else found.going
        job = replace(
            job,
            id=uuid.uuid4().hex[:12],
            query=query,
            created_at=now,
            created_by=self._actor,
            canary=min(job.canary, job.most) if job.most else job.canary,
            total=total,
        )
        entry = self._audit.entry(
            self._actor, "replay.begin", job.id, reason=job.reason, result=f"{total} letters"
        )
        await self._store.add_replay_job(job, entry)
        return job

    async def cancel(self, job_id: str, reason: str = "") -> bool:
        """Let a job send no more; False if it is over, or there is none."""
        entry = self._audit.entry(self._actor, "replay.cancel", job_id, reason=reason)
        return await self._store.change_replay_job(job_id, CANCELLED, ACTIVE, entry)

    async def resume(self, job_id: str, reason: str = "") -> bool:
        """Let a job go on that was cancelled or stopped; its canary goes first again."""
        entry = self._audit.entry(self._actor, "replay.resume", job_id, reason=reason)
        return await self._store.change_replay_job(job_id, QUEUED, (CANCELLED, STOPPED), entry)


def may_go(query: LetterQuery) -> LetterQuery:
    """Return the query for those of its letters that a job may send."""
    states = tuple(state for state in UNSETTLED if state in query.states)
    return replace(query, states=states or (OPEN,), after=None)


def named(ids: Sequence[str]) -> str:
    """Return ids as a line of the audit has them."""
    more = len(ids) - NAMED
    return ", ".join(ids[:NAMED]) + (f" and {more} more" if more > 0 else "")
