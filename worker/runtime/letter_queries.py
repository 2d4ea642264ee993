"""A query for dead letters as text that a job's row keeps.

Why it exists: a job goes on in another process, long after whoever asked for it has left.
It must not accept what the port does not know.
"""

import json
from datetime import datetime
from typing import Any

from worker.runtime.lettering import FIELDS, Condition, LetterQuery, Value


def to_text(query: LetterQuery) -> str:
    """Return which letters a query asks for; neither its page nor its order."""
    conditions = [
        [one.field, one.operator, [_plain(value) for value in one.values]]
        for one in query.conditions
    ]
    kept = {
        "conditions": conditions,
        "states": query.states,
        "ids": query.ids,
        "search": query.search,
        "failed_again": query.failed_again,
        "until": query.until and query.until.isoformat(),
    }
    return json.dumps(kept, ensure_ascii=False)


def from_text(text: str) -> LetterQuery:
    """Read what :func:`to_text` wrote."""
    kept = json.loads(text)
    conditions = tuple(
        Condition(name, operator, tuple(_value(name, value) for value in values))
        for name, operator, values in kept["conditions"]
    )
    until = kept["until"]
    return LetterQuery(
        conditions,
        states=tuple(kept["states"]),
        ids=tuple(kept["ids"]),
        search=kept["search"],
        failed_again=kept["failed_again"],
        until=until and datetime.fromisoformat(until),
    )


def _plain(value: Value) -> str | int:
    return value.isoformat() if isinstance(value, datetime) else value


def _value(name: str, value: Any) -> Value:  # noqa: ANN401  (as JSON has it)
    found: Value = datetime.fromisoformat(value) if FIELDS[name] is datetime else value
    return found
