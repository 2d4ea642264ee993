"""Dead letters in SQLite.

Why it exists: what nobody could handle is kept until a person decides.
"""

from typing import Final

from worker.runtime.ports import DeadLetter
from worker.store import rows
from worker.store.letter_tables import AGAIN
from worker.store.sqlite.base import Part, insert, micros, moment, select
from worker.store.tables import DEAD_LETTERS

_ADD: Final = f"{insert(DEAD_LETTERS)} {AGAIN}"
_LIST: Final = select(
    DEAD_LETTERS, "WHERE ?1 IS NULL OR state = ?1 ORDER BY last_failed_at DESC, id LIMIT ?2"
)
_ONE: Final = select(DEAD_LETTERS, "WHERE id = ?")


class DeadLetters(Part):
    """Messages in front of a person."""

    async def add_dead_letter(self, letter: DeadLetter) -> None:
        """Keep a dead letter; one that failed again, later, is open again."""
        await self._change(_ADD, rows.dead_letter_values(letter, micros))

    async def dead_letters(
        self, *, state: str | None = "open", limit: int = 1000
    ) -> list[DeadLetter]:
        """Return dead letters, newest failure first."""
        found = await self._all(_LIST, state, limit)
        return [rows.dead_letter(record, moment) for record in found]

    async def dead_letter(self, letter_id: str) -> DeadLetter | None:
        """Return one dead letter in any state."""
        found = await self._all(_ONE, letter_id)
        return rows.dead_letter(found[0], moment) if found else None
