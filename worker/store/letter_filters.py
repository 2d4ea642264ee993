"""Which letters a query means, as SQL with parameters.

Why it exists: what people type becomes values, never words of a statement; the words are
all here. It must not run a query.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from worker.runtime.lettering import STATES, Condition, LetterQuery, Value

COLUMNS: Final = {
    "id": "id",
    "kind": "kind",
    "channel": "app_key",
    "order_num": "order_num",
    "channel_order_num": "channel_order_num",
    "reason": "reason",
    "queue": "queue",
    "type": "type",
    "group": "fingerprint",
    "job": "job_id",
    "parent": "parent_id",
    "attempts": "attempt",
    "replays": "replays",
    "first_failed": "first_failed_at",
    "last_failed": "last_failed_at",
}
"""The column of each field of :data:`worker.runtime.lettering.FIELDS`."""

_OPERATORS: Final = {"=": "=", "!=": "<>", "<": "<", "<=": "<=", ">": ">", ">=": ">="}


@dataclass(frozen=True, slots=True)
class Dialect:
    """Where the databases' words differ."""

    any_of: str
    """That ``{0}`` is among the list in ``{1}``."""
    contains: str
    """That ``{0}`` has the text ``{1}`` in it, in either case."""
    listed: Callable[[Sequence[str]], object]
    """A list of texts as a value."""
    moment: Callable[[datetime | None], Any]


class Where:
    """A condition that grows, and its values; the first is parameter 1."""

    def __init__(self, dialect: Dialect, values: Sequence[object] = ()) -> None:
        """Begin after ``values``, which are other parameters of the statement."""
        self._dialect = dialect
        self._parts: list[str] = []
        self.values = list(values)

    @property
    def sql(self) -> str:
        """What stands behind WHERE."""
        return " AND ".join(self._parts) or "1 = 1"

    def add(self, sql: str) -> None:
        """Add a condition."""
        self._parts.append(sql)

    def mark(self, value: object) -> str:
        """Return the place of a further value."""
        if isinstance(value, datetime):
            value = self._dialect.moment(value)
        self.values.append(value)
        return f"?{len(self.values)}"

    def any_of(self, column: str, values: Sequence[str]) -> str:
        """Say that a column has one of these values."""
        if len(values) == 1:
            return f"{column} = {self.mark(values[0])}"
        return self._dialect.any_of.format(column, self.mark(self._dialect.listed(values)))

    def contains(self, column: str, text: str) -> str:
        """Say that a column has a text in it."""
        return self._dialect.contains.format(column, self.mark(text))


def where(
    query: LetterQuery, dialect: Dialect, *, like: Sequence[str] | None, paged: bool
) -> Where:
    """Return the condition of a query.

    ``like`` are the fingerprints whose reasons have the words that are searched for; None: it
    is a number.
    """
    made = Where(dialect)
    made.add(made.any_of("state", query.states or STATES))
    if query.ids:
        made.add(made.any_of("id", query.ids))
    for condition in query.conditions:
        made.add(_said(made, condition))
    if query.failed_again:
        made.add("replays > 0")
    if query.until:
        made.add(f"last_failed_at <= {made.mark(query.until)}")
    if query.search:
        made.add(numbered(made, query.search) if like is None else _like(made, like))
    if query.after and paged:
        at, name = query.after
        sign = ">" if query.oldest_first else "<"
        made.add(f"(last_failed_at, id) {sign} ({made.mark(at)}, {made.mark(name)})")
    return made


def numbered(made: Where, number: str) -> str:
    """Say that a letter, its order or the channel's order has this number."""
    mark = made.mark(number)
    return f"(id = {mark} OR order_num = {mark} OR channel_order_num = {mark})"


def _like(made: Where, fingerprints: Sequence[str]) -> str:
    return made.any_of("fingerprint", fingerprints) if fingerprints else "1 = 0"


def _said(made: Where, condition: Condition) -> str:
    column = COLUMNS[condition.field]
    if condition.operator == "~":
        return _either(made.contains(column, str(value)) for value in condition.values)
    if condition.operator == "!=":
        return " AND ".join(f"{column} <> {made.mark(value)}" for value in condition.values)
    sign = _OPERATORS[condition.operator]
    return _either(f"{column} {sign} {made.mark(value)}" for value in _each(condition.values))


def _each(values: Sequence[Value]) -> Sequence[Value]:
    return tuple(dict.fromkeys(values))


def _either(parts: Any) -> str:  # noqa: ANN401  (an iterable of texts)
    return f"({' OR '.join(parts)})"
