"""Prints an order's history, and what comes next.

Why it exists: what happened, how long it took and what will happen are shown as a table for
people and as JSON for scripts. It must not find out anything.
"""

import sys
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Final

from worker.commands.tables import print_table
from worker.desk.beside import Line
from worker.desk.history import History
from worker.desk.waiting import waits
from worker.saga.upcoming import Upcoming

COLUMNS: Final = ("at", "took", "what", "state", "details")


def print_history(told: History, fields: Mapping[str, str]) -> None:
    """Print an order: its fields, every line, what comes next, and what is safe to do."""
    print_table(("field", "value"), [(name, str(value)) for name, value in fields.items()])
    print_table(COLUMNS, [_row(line) for line in told.lines])
    if told.next is not None:
        sys.stdout.write(f"next, at {_time(told.next.at)}: {sentence(told.next)}\n")
    desk = waits(told.row)
    if desk.row.human:
        offers = ", ".join(desk.offers) or "nothing, while a call is out"
        sys.stdout.write(f"in front of a human since {_time(desk.since)}: {desk.row.human}\n")
        sys.stdout.write(f"at stake: {desk.at_stake} yuan; safe: {offers}\n")


def sentence(coming: Upcoming) -> str:
    """Return what comes next in words."""
    does = ", ".join(coming.does) or "nothing more"
    if coming.waits_for:
        return f"unless {coming.waits_for} is answered before: {does} ({coming.phase})"
    return f"{does} ({coming.phase})"


def as_object(told: History) -> dict[str, object]:
    """Return the history and what comes next as a script reads them."""
    coming = told.next
    then = None
    if coming is not None:
        then = {
            "at": coming.at.isoformat(),
            "waits_for": coming.waits_for,
            "does": list(coming.does),
            "state": coming.phase.value,
        }
    desk = waits(told.row)
    return {
        "history": [_object(line) for line in told.lines],
        "then": then,
        "since": desk.since.isoformat() if desk.row.human else None,
        "at_stake": str(desk.at_stake),
        "safe": list(desk.offers),
    }


def _object(line: Line) -> dict[str, object]:
    return {
        "at": line.at.isoformat(),
        "sort": line.sort,
        "what": line.what,
        "state": line.state,
        "details": line.text,
        "took_ms": None if line.took is None else round(line.took / timedelta(milliseconds=1)),
        "log_id": line.log_id,
        "letter_id": line.letter_id,
    }


def _row(line: Line) -> tuple[str, ...]:
    number = f"LogId {line.log_id}" if line.log_id else line.letter_id
    details = " ".join(filter(None, (line.text, number)))
    return (_time(line.at), took(line.took), line.what, line.state, details)


def took(span: timedelta | None) -> str:
    """Return how long something took, for people: 183 ms, 4.2 s, 3 min, 5 h, 2 d."""
    if span is None:
        return ""
    seconds = span.total_seconds()
    if seconds < 1:
        return f"{seconds * 1000:.0f} ms"
    for size, name in ((86_400, "d"), (3_600, "h"), (60, "min")):
        if seconds >= size:
            return f"{seconds / size:.1f} {name}"
    return f"{seconds:.1f} s"


def _time(at: datetime) -> str:
    return at.astimezone().isoformat(" ", "milliseconds")
