"""``--where``: a few words in which people say which letters they mean, read into a query.

Why it exists: a shell, a page and a job's row speak of letters in the same words. What is
read becomes values of a query; a store makes parameters of them. It must not know SQL.

    kind=delivery_failed channel=k reason~"HTTP 5" last_failed>=2026-05-01T12:00

Conditions stand one after the other (``and`` between them is allowed) and must all hold.
``=`` and ``!=`` take several values with commas, of which one (none) must be there; ``~`` is
"has this in it". A value with a space or a comma stands in double quotes.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Final

from worker.runtime.lettering import FIELDS, STATES, Condition, LetterQuery, Operator, Value
from worker.translation.admission import SHANGHAI

LONGEST: Final = 2_000
_VALUE: Final = r'"(?:[^"\\]|\\.)*"|[^\s,"]+'
_TERM: Final = re.compile(
    rf"\s*(?P<field>[a-z_]+)\s*(?P<operator>!=|<=|>=|=|~|<|>)\s*"
    rf"(?P<values>(?:{_VALUE})(?:,(?:{_VALUE}))*)(?=\s|$)"
)
_AND: Final = re.compile(r"\s+and(?=\s)", re.IGNORECASE)
_ONE: Final = re.compile(_VALUE)
_ESCAPED: Final = re.compile(r"\\(.)")
_AGO: Final = re.compile(r"(\d+)([mhd])")
_UNITS: Final = {"m": "minutes", "h": "hours", "d": "days"}
_SIGNS: Final[dict[str, Operator]] = {
    "=": "=",
    "!=": "!=",
    "~": "~",
    "<": "<",
    "<=": "<=",
    ">": ">",
    ">=": ">=",
}
_MOST_DIGITS: Final = 9


class WhereError(ValueError):
    """What was written cannot be read; says where and why."""


@dataclass(frozen=True, slots=True)
class _Term:
    field: str
    operator: Operator
    values: tuple[str, ...]


def read(text: str, now: datetime, query: LetterQuery | None = None) -> LetterQuery:
    """Return the query that a text means, on top of ``query``. Raises WhereError."""
    made = query or LetterQuery()
    for term in _terms(text):
        if term.field == "state":
            made = replace(made, states=_states(term))
        elif term.field == "failed_again":
            made = replace(made, failed_again=_yes(term))
        else:
            made = replace(made, conditions=(*made.conditions, _condition(term, now)))
    return made


def _terms(text: str) -> Iterator[_Term]:
    if len(text) > LONGEST:
        raise WhereError(f"longer than {LONGEST} characters")
    at = 0
    while text[at:].strip():
        found = _TERM.match(text, at)
        if found is None:
            raise WhereError(f"not field=value at: {text[at : at + 40].strip()}")
        values = tuple(_plain(one[0]) for one in _ONE.finditer(found["values"]))
        yield _Term(found["field"], _SIGNS[found["operator"]], values)
        at = found.end()
        if joined := _AND.match(text, at):
            at = joined.end()
            if not text[at:].strip():
                raise WhereError("nothing stands behind the last `and`")


def _plain(value: str) -> str:
    return _ESCAPED.sub(r"\1", value[1:-1]) if value.startswith('"') else value


def _condition(term: _Term, now: datetime) -> Condition:
    kind = FIELDS.get(term.field)
    if kind is None:
        known = ", ".join([*FIELDS, "state", "failed_again"])
        raise WhereError(f"no field is named {term.field}; there are {known}")
    if kind is str and term.operator not in {"=", "!=", "~"}:
        raise WhereError(f"{term.field} is a text: only =, != and ~ suit it")
    if kind is not str and term.operator == "~":
        raise WhereError(f"{term.field} is no text: ~ does not suit it")
    if kind is not str and len(term.values) > 1:
        raise WhereError(f"{term.field} takes one value")
    return Condition(term.field, term.operator, tuple(_value(term, kind, now)))


def _value(term: _Term, kind: type, now: datetime) -> Iterator[Value]:
    for text in term.values:
        if kind is datetime:
            yield _moment(term.field, text, now)
        elif kind is int:
            if not (text.isascii() and text.isdigit() and len(text) <= _MOST_DIGITS):
                raise WhereError(f"{term.field} is a whole number, not {text}")
            yield int(text)
        else:
            yield text


def _moment(field: str, text: str, now: datetime) -> datetime:
    """Read a moment (in Asia/Shanghai unless it says otherwise), or how long ago it was."""
    if ago := _AGO.fullmatch(text):
        try:
            return now - timedelta(**{_UNITS[ago[2]]: int(ago[1])})
        except OverflowError:
            raise WhereError(f"{field}: {text} is too long ago") from None
    try:
        at = datetime.fromisoformat(text)
        return (at if at.tzinfo else at.replace(tzinfo=SHANGHAI)).astimezone(UTC)
    except (ValueError, OverflowError):
        message = f"{field} is a moment such as 2026-05-01T12:00, or 30m, 2h, 1d ago: not {text}"
        raise WhereError(message) from None


def _states(term: _Term) -> tuple[str, ...]:
    if term.values == ("any",) and term.operator == "=":
        return STATES
    wrong = sorted(set(term.values) - set(STATES))
    if wrong or term.operator not in {"=", "!="}:
        known = ", ".join([*STATES[:-1], "any"])
        raise WhereError(f"state is one of {known}")
    if term.operator == "!=":
        return tuple(state for state in STATES if state not in term.values)
    return tuple(dict.fromkeys(term.values))


def _yes(term: _Term) -> bool:
    if term.operator != "=" or term.values not in {("yes",), ("no",)}:
        raise WhereError("failed_again=yes, or failed_again=no")
    return term.values == ("yes",)
