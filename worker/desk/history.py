"""An order's history for people: what happened, in which order, and how long each took.

Why it exists: decisions, the calls that follow from them and notifications are kept apart, and read
together with what beside.py finds. A call is a line of its own: sent with one decision, answered
with another, and the time between is how long it took. It must not hold personal data.
"""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

from worker.desk.beside import Line, beside
from worker.errors import StoreUnavailableError
from worker.runtime import snapshot
from worker.runtime.ports import NotificationRow, OrderRow, Store, TimelineEntry
from worker.saga.policy import Policy
from worker.saga.states import CallKind, Order
from worker.saga.upcoming import CALLS, Upcoming, upcoming

DECISION: Final = "decision"
CALL: Final = "call"
NOTIFICATION: Final = "notification"

_SENT: Final = re.compile(r"(?:^|; )call (\w+)(?:;|$)")
_LOG_ID: Final = re.compile(r"(?:^|; )LogId (.+?)(?:;|$)")
_PUT_OFF: Final = "waits: ZZY is not called"
_ANSWERS: Final = {
    CallKind.CREATE: ("create_succeeded", "create_refused", "create_unknown"),
    CallKind.PAY: ("pay_succeeded", "pay_refused", "pay_unknown", "ticket_issued", "ticket_failed"),
    CallKind.CANCEL: ("cancel_accepted", "cancel_refused", "cancel_unknown"),
    CallKind.PROBE: ("codes_missing", "ticket_issued"),
    CallKind.REFUND: ("refund_accepted", "refund_refused", "refund_unknown"),
}


@dataclass(frozen=True, slots=True)
class History:
    """An order as an operator reads it."""

    row: OrderRow
    order: Order | None
    """None where its key is missing, or a newer version wrote it."""
    lines: tuple[Line, ...]
    """Oldest first."""
    next: Upcoming | None


async def history(store: Store, row: OrderRow, policy: Policy) -> History:
    """Return an order's history and what comes next. Raises StoreUnavailableError."""
    entries = await store.timeline(row.order_num)
    told = await store.notifications(row.order_num)
    try:
        order = snapshot.read(row)
    except (StoreUnavailableError, ValueError):
        order = None
    made = sorted(lines(entries, told) + await beside(store, row), key=lambda line: line.at)
    return History(row, order, tuple(made), upcoming(order, policy) if order else None)


def lines(entries: Sequence[TimelineEntry], told: Iterable[NotificationRow]) -> list[Line]:
    """Return decisions, their calls and the notifications."""
    made: list[Line] = []
    for place, entry in enumerate(entries):
        made.append(Line(entry.at, DECISION, entry.kind, entry.phase, entry.text))
        if (call := _call(entry, entries[place + 1 :])) is not None:
            made.append(call)
    return made + [_notification(row) for row in told]


def _call(entry: TimelineEntry, later: Sequence[TimelineEntry]) -> Line | None:
    """Return the call that a decision sends: the next answer to such a call is its own."""
    found = _SENT.search(entry.text)
    if found is None or _PUT_OFF in entry.text or found[1] not in CALLS:
        return None
    kind = CallKind(found[1])
    answer = next((e for e in later if e.kind in _ANSWERS[kind]), None)
    if answer is None:
        return Line(entry.at, CALL, CALLS[kind], "no answer yet", "")
    log = _LOG_ID.search(answer.text)
    outcome = answer.kind.removeprefix(f"{kind.value}_").replace("_", " ")
    took = answer.at - entry.at
    return Line(entry.at, CALL, CALLS[kind], outcome, "", took, log[1] if log else "")


def _notification(row: NotificationRow) -> Line:
    """Return a notification at the moment when it was made."""
    times = "once" if row.attempts == 1 else f"{row.attempts} times"
    text = f"#{row.seq} tried {times}: {row.last_answer}".removesuffix(": ")
    took = row.settled_at - row.created_at if row.settled_at else None
    return Line(row.created_at, NOTIFICATION, f"notification_{row.type}", row.status, text, took)
