"""What is said to both databases in the same words: several statements, one transaction.

Why it exists: what people decide of dead letters is no hot path; its statements are written
once, with ``?1`` for the first parameter, and each adapter runs them its own way. It must not
know a table.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from worker.store.columns import Table, names
from worker.store.letter_filters import Dialect


@dataclass(frozen=True, slots=True)
class Step:
    """One statement of a transaction."""

    sql: str
    values: Sequence[object] | Callable[[Sequence[Sequence[Any]]], Sequence[object]] = ()
    """Its parameters, or what makes them of the rows of the steps before."""
    needed: bool = False
    """Without a row of it the whole transaction is taken back."""

    def parameters(self, found: Sequence[Sequence[Any]]) -> tuple[object, ...]:
        """Return its parameters, once the steps before have found their rows."""
        return tuple(self.values(found) if callable(self.values) else self.values)


class Together:
    """An adapter that can run steps."""

    _dialect: Dialect
    _back: Callable[[Any], Any]
    """A moment as the database keeps it, read."""

    async def _run(self, *steps: Step) -> list[list[Any]] | None:
        """Run the steps as one transaction, and return the rows of each; None: taken back."""
        raise NotImplementedError

    def _time(self, moment: datetime | None) -> Any:  # noqa: ANN401  (the database's own)
        return self._dialect.moment(moment)

    async def _ask(self, sql: str, *values: object) -> list[Any]:
        """Return the rows of one statement."""
        found = await self._run(Step(sql, values))
        return found[0] if found else []


def select(table: Table, rest: str) -> str:
    """Return a SELECT of whole rows."""
    return f"SELECT {', '.join(names(table))} FROM {table.name} {rest}"  # noqa: S608


def insert(table: Table) -> str:
    """Return an INSERT of one whole row."""
    columns = names(table)
    marks = ", ".join(f"?{number}" for number, _ in enumerate(columns, start=1))
    return f"INSERT INTO {table.name} ({', '.join(columns)}) VALUES ({marks})"  # noqa: S608
