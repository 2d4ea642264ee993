"""Between the port's values and rows of the tables, the same for both databases.

Why it exists: what a column holds is written once. It must not run a query. Every tuple
is in the order of its table's columns; ``t`` turns a moment (or None) into what the
database keeps, and back.
"""

import json
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from worker.runtime.ports import (
    DeadLetter,
    Figures,
    HeldNotice,
    Message,
    NotificationRow,
    OrderRow,
    TimelineEntry,
    Transition,
)

Time = Callable[[Any], Any]
Row = Sequence[Any]


def clean(text: str) -> str:
    """Return free text as both databases can keep it: no NUL, no half a surrogate pair."""
    if text.isascii() and "\0" not in text:
        return text
    return text.replace("\0", "\ufffd").encode("utf-8", "replace").decode("utf-8")


def headers_text(headers: Mapping[str, str]) -> str:
    """Return a message's headers as JSON text."""
    return json.dumps(dict(headers), separators=(",", ":")) if headers else "{}"


def order_values(row: OrderRow, t: Time) -> Row:
    """Return a row of ``orders``."""
    return (
        row.order_num,
        row.version,
        row.app_key,
        row.channel_order_num,
        row.zzy_order_id,
        row.phase,
        row.human and clean(row.human),
        t(row.wake_at),
        row.state,
        t(row.created_at),
        t(row.updated_at),
        t(row.erased_at),
    )


def order(record: Row, t: Time) -> OrderRow:
    """Read a row of ``orders``."""
    return OrderRow(*_read(record, t, 7, 9, 10, 11))


def figures(record: Row, t: Time) -> Figures:
    """Read what ``FIGURES`` asks, in its order."""
    return Figures(record[0], record[1], t(record[2]), record[3], t(record[4]), t(record[5]))


def event_values(transition: Transition, t: Time) -> list[Row]:
    """Return rows of ``order_events``."""
    num, version = transition.row.order_num, transition.row.version
    return [
        (num, version, position, t(entry.at), entry.kind, clean(entry.text), entry.phase)
        for position, entry in enumerate(transition.entries)
    ]


def entry(record: Row, t: Time) -> TimelineEntry:
    """Read ``at, kind, text, phase`` of ``order_events``."""
    return TimelineEntry(t(record[0]), *record[1:4])


def inbox_values(transition: Transition, t: Time) -> list[Row]:
    """Return rows of ``inbox``."""
    row = transition.row
    at = t(row.updated_at)
    return [(one.id, one.digest, row.order_num, at) for one in transition.inbox]


def search_values(transition: Transition, _t: Time) -> list[Row]:
    """Return rows of ``order_search``."""
    num = transition.row.order_num
    return [(num, clean(term)) for term in transition.search]


def _message_values(message: Message) -> Row:
    return (
        message.queue,
        message.type,
        message.body,
        headers_text(message.headers),
        message.correlation_id,
        message.reply_to,
        message.attempt,
    )


def outbox_values(transition: Transition, t: Time) -> list[Row]:
    """Return rows of ``outbox``."""
    num, at = transition.row.order_num, t(transition.row.updated_at)
    return [(one.message_id, *_message_values(one), num, at, None) for one in transition.outbox]


def message(message_id: str, record: Row) -> Message:
    """Read the seven message columns of ``outbox`` or ``dead_letters``."""
    queue, kind, body, headers, correlation_id, reply_to, attempt = record
    return Message(
        queue=queue,
        type=kind,
        body=body,
        message_id=message_id,
        headers=json.loads(headers),
        correlation_id=correlation_id,
        reply_to=reply_to,
        attempt=attempt,
    )


def notification_values(transition: Transition, t: Time) -> list[Row]:
    """Return rows of ``notifications``."""
    return [
        (
            one.webhook_id,
            transition.row.order_num,
            one.app_key,
            one.type,
            one.seq,
            t(one.created_at),
            one.status,
            one.attempts,
            clean(one.last_answer),
            t(one.settled_at),
            None,
        )
        for one in transition.notifications
    ]


def notification(record: Row, t: Time) -> NotificationRow:
    """Read a row of ``notifications``."""
    return NotificationRow(*_read(record, t, 5, 9)[:10])


def held_values(notice: HeldNotice, t: Time) -> Row:
    """Return a row of ``held_notices``."""
    return (
        notice.id,
        notice.order_num,
        notice.zzy_order_id,
        notice.message_type,
        notice.body,
        t(notice.received_at),
    )


def held(record: Row, t: Time) -> HeldNotice:
    """Read a row of ``held_notices``."""
    return HeldNotice(*_read(record, t, 5))


def dead_letter_values(letter: DeadLetter, t: Time) -> Row:
    """Return a row of ``dead_letters``; whatever a stranger put into it, it must be kept."""
    texts = (
        letter.id,
        letter.kind,
        letter.reason,
        letter.message.message_id,
        *_message_values(letter.message),
        letter.app_key,
        letter.order_num,
        letter.channel_order_num,
    )
    return (
        *(clean(value) if isinstance(value, str) else value for value in texts),
        t(letter.first_failed_at),
        t(letter.last_failed_at),
        letter.state,
        letter.replays,
        letter.fingerprint,
        t(letter.replayed_at),
        t(letter.settled_at),
        clean(letter.settled_by),
        clean(letter.settled_reason),
        letter.job_id,
        letter.parent_id,
    )


def dead_letter(record: Row, t: Time) -> DeadLetter:
    """Read a row of ``dead_letters``."""
    values = _read(record, t, 14, 15, 19, 20)
    values[3:11] = [message(record[3], record[4:11])]
    return DeadLetter(*values)


def _read(record: Row, t: Time, *moments: int) -> list[Any]:
    """Return a record's values with the moments at these places converted."""
    values = list(record)
    for place in moments:
        values[place] = t(values[place])
    return values
