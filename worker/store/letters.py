"""The dead letters that people work with, in both databases' words.

Why it exists: questions, decisions and replays of letters, each in one transaction with its
line of the audit. It must not judge who may do what, nor which letter may be replayed.
"""

from collections.abc import Sequence
from dataclasses import replace
from typing import Final

from worker.runtime.auditing import AuditEntry
from worker.runtime.lettering import (
    LetterChange,
    LetterGroup,
    LetterNote,
    LetterQuery,
    Replayed,
)
from worker.runtime.records import DeadLetter
from worker.store import audit_rows, letter_rows, rows
from worker.store.letter_filters import Where, numbered, where
from worker.store.letter_tables import LETTER_NOTES
from worker.store.tables import DEAD_LETTERS
from worker.store.together import Step, Together, insert, select

_ADD: Final = insert(DEAD_LETTERS)
_AUDIT: Final = insert(audit_rows.AUDIT)
_NOTE: Final = insert(LETTER_NOTES)
_NOTES: Final = select(LETTER_NOTES, "WHERE letter_id = ?1 ORDER BY at, id")
_UNLIKE: Final = select(DEAD_LETTERS, "WHERE fingerprint = '' ORDER BY id LIMIT ?1")
_LIKE: Final = "UPDATE dead_letters SET fingerprint = ?2 WHERE id = ?1 AND fingerprint = ''"
_REPLAYED: Final = (
    "UPDATE dead_letters SET replays = replays + 1,"
    " job_id = CASE WHEN ?3 <> '' THEN ?3 ELSE job_id END,"
    " state = CASE WHEN last_failed_at > ?1 OR (state = 'done' AND replayed_at >= ?2)"
    " THEN state ELSE 'replaying' END,"
    " replayed_at = CASE WHEN replayed_at > ?2 THEN replayed_at ELSE ?2 END WHERE "
)
_GROUPS: Final = (
    "SELECT fingerprint, count(*), sum(CASE WHEN replays > 0 THEN 1 ELSE 0 END),"
    " min(first_failed_at), max(last_failed_at), max(id) FROM dead_letters WHERE {}"
    " GROUP BY fingerprint ORDER BY count(*) DESC, fingerprint LIMIT {}"
)
_REASONS: Final = (
    "WITH RECURSIVE known(name) AS ("
    "SELECT min(fingerprint) FROM dead_letters WHERE state = ?1 UNION ALL"
    " SELECT (SELECT min(fingerprint) FROM dead_letters"
    " WHERE state = ?1 AND fingerprint > known.name) FROM known WHERE known.name IS NOT NULL)"
    " SELECT name, (SELECT reason FROM dead_letters WHERE state = ?1 AND fingerprint = known.name"
    " ORDER BY last_failed_at DESC LIMIT 1) FROM known WHERE name IS NOT NULL"
)
"""From one fingerprint to the next by the index, whatever number of letters each has."""


class Letters(Together):
    """Implements :class:`worker.runtime.lettering.LetterStore`, but for settling."""

    async def find_letters(self, query: LetterQuery) -> Sequence[DeadLetter]:
        """Return letters, the newest failure first unless it is asked otherwise."""
        made = await self._where(query)
        order = "ASC" if query.oldest_first else "DESC"
        rest = f"ORDER BY last_failed_at {order}, id {order} LIMIT {made.mark(query.limit)}"
        found = await self._ask(select(DEAD_LETTERS, f"WHERE {made.sql} {rest}"), *made.values)
        return [rows.dead_letter(record, self._back) for record in found]

    async def count_letters(self, query: LetterQuery) -> int:
        """Return how many there are."""
        made = await self._where(query, paged=False)
        sql = f"SELECT count(*) FROM dead_letters WHERE {made.sql}"  # noqa: S608
        return int((await self._ask(sql, *made.values))[0][0])

    async def letter_groups(self, query: LetterQuery) -> Sequence[LetterGroup]:
        """Return the groups of the letters, the largest first."""
        made = await self._where(query, paged=False)
        counted = await self._ask(_GROUPS.format(made.sql, made.mark(query.limit)), *made.values)
        sample = Where(self._dialect)
        sample.add(sample.any_of("id", [str(one[5]) for one in counted]))
        columns = "id, kind, queue, type, app_key, reason"
        sql = f"SELECT {columns} FROM dead_letters WHERE {sample.sql}"  # noqa: S608
        found = await self._ask(sql, *sample.values) if counted else []
        like = {record[0]: tuple(record[1:]) for record in found}
        return [
            LetterGroup(name, count, again, self._back(first), self._back(last), *like[one])
            for name, count, again, first, last, one in counted
            if one in like
        ]

    async def change_letters(
        self, query: LetterQuery, change: LetterChange, entry: AuditEntry | None = None
    ) -> Sequence[str]:
        """Change what the query finds; return the ids that were."""
        made = await self._where(replace(query, states=change.of))
        inner = f"SELECT id FROM dead_letters WHERE {made.sql} LIMIT {made.mark(query.limit)}"  # noqa: S608
        sql = (
            f"{_settle(made, change)} WHERE id IN ({inner})"
            f" AND {made.any_of('state', change.of)} RETURNING id"
        )
        done = await self._run(Step(sql, made.values, needed=True), *self._counted(entry))
        return [str(record[0]) for record in done[0]] if done else []

    async def supersede_letter(
        self, letter_id: str, copy: DeadLetter, change: LetterChange, entry: AuditEntry
    ) -> bool:
        """Put an edited copy in a letter's place, both in one transaction."""
        made = Where(self._dialect)
        head = _settle(made, change)
        made.add(f"id = {made.mark(letter_id)}")
        made.add(made.any_of("state", change.of))
        done = await self._run(
            Step(f"{head} WHERE {made.sql} RETURNING id", made.values, needed=True),
            Step(_ADD, rows.dead_letter_values(copy, self._time)),
            *self._audit(entry),
        )
        return done is not None

    async def mark_replayed(self, replayed: Replayed) -> None:
        """Note that letters went back to their queues."""
        await self._run(*self._marked(replayed))

    def _marked(self, replayed: Replayed | None) -> list[Step]:
        if replayed is None or not replayed.ids:
            return []
        times = (self._time(replayed.failed_at), self._time(replayed.at))
        made = Where(self._dialect, (*times, replayed.job_id))
        made.add(made.any_of("id", replayed.ids))
        return [Step(_REPLAYED + made.sql, made.values)]

    async def add_letter_note(self, note: LetterNote, entry: AuditEntry) -> None:
        """Keep a note beside a letter."""
        values = letter_rows.note_values(note, self._time)
        await self._run(Step(_NOTE, values), *self._audit(entry))

    async def letter_notes(self, letter_id: str) -> Sequence[LetterNote]:
        """Return a letter's notes, oldest first."""
        found = await self._ask(_NOTES, letter_id)
        return [letter_rows.note(record, self._back) for record in found]

    async def letters_without_fingerprint(self, limit: int) -> Sequence[DeadLetter]:
        """Return letters that a worker of an older version kept."""
        return [rows.dead_letter(one, self._back) for one in await self._ask(_UNLIKE, limit)]

    async def keep_fingerprints(self, found: Sequence[tuple[str, str]]) -> None:
        """Note what letters are like."""
        if found:
            await self._run(*(Step(_LIKE, pair) for pair in found))

    def _audit(self, entry: AuditEntry | None) -> list[Step]:
        if entry is None:
            return []
        return [Step(_AUDIT, audit_rows.values(entry, self._time))]

    def _counted(self, entry: AuditEntry | None) -> list[Step]:
        """Add an entry that says of how many rows the step before was."""
        if entry is None:
            return []

        def values(found: Sequence[Sequence[object]]) -> Sequence[object]:
            told = replace(entry, result=f"{len(found[0])} letters")
            return audit_rows.values(told, self._time)

        return [Step(_AUDIT, values)]

    async def _where(self, query: LetterQuery, *, paged: bool = True) -> Where:
        """Return a query's condition; what is searched for is a number if a letter has it."""
        like: list[str] | None = None
        if query.search and not await self._is_number(query.search):
            like = await self._worded(query.search.casefold(), query.states)
        return where(query, self._dialect, like=like, paged=paged)

    async def _worded(self, words: str, states: Sequence[str]) -> list[str]:
        """Return the fingerprints of reasons with these words: one letter of each is looked at."""
        found = [pair for state in states for pair in await self._ask(_REASONS, state)]
        return sorted({name for name, reason in found if words in reason.casefold()})

    async def _is_number(self, text: str) -> bool:
        made = Where(self._dialect)
        made.add(numbered(made, text))
        sql = f"SELECT 1 FROM dead_letters WHERE {made.sql} LIMIT 1"  # noqa: S608
        return bool(await self._ask(sql, *made.values))


def _settle(made: Where, change: LetterChange) -> str:
    """Return the head of an UPDATE that settles letters, or opens them again."""
    at = None if change.state == "open" else change.at
    values = (made.mark(change.state), made.mark(at), made.mark(change.by))
    state, settled_at, by = values
    return (
        f"UPDATE dead_letters SET state = {state}, settled_at = {settled_at},"  # noqa: S608
        f" settled_by = {by}, settled_reason = {made.mark(change.reason)}"
    )
