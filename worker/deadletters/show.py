"""Dead letters as text for people and for scripts, pure.

Why it exists: the command line and the console show the same thing in the same order.
It must not print, read the store or show personal data unless it was asked to.
"""

import json
from collections.abc import Mapping, Sequence
from typing import Any, Final

from worker.deadletters.masking import mask_body
from worker.runtime.lettering import LetterGroup, LetterNote
from worker.runtime.ports import DeadLetter

COLUMNS: Final = (
    "id",
    "kind",
    "channel",
    "order_num",
    "channel_order_num",
    "reason",
    "attempts",
)
"""What a listing shows of each letter, in this order."""


LONG: Final = (
    *COLUMNS,
    "state",
    "group",
    "replays",
    "failed_again",
    "first_failed",
    "last_failed",
    "queue",
    "type",
    "job",
    "parent",
)
"""What a long listing shows, in this order."""

GROUP_COLUMNS: Final = (
    "id",
    "count",
    "failed_again",
    "kind",
    "queue",
    "type",
    "first_failed",
    "last_failed",
    "reason",
)
"""What is shown of each group; its id is the letters' fingerprint."""


def listed(letter: DeadLetter, *, long: bool = False) -> dict[str, Any]:
    """Return what a listing shows of a letter; ``id`` is the first key."""
    if not long:
        return _listed(letter)
    more = (
        letter.state,
        letter.fingerprint,
        letter.replays,
        letter.failed_again,
        letter.first_failed_at.isoformat(),
        letter.last_failed_at.isoformat(),
        letter.message.queue,
        letter.message.type,
        letter.job_id,
        letter.parent_id,
    )
    return {**_listed(letter), **dict(zip(LONG[len(COLUMNS) :], more, strict=True))}


def group(one: LetterGroup) -> dict[str, Any]:
    """Return what is shown of a group."""
    values = (
        one.fingerprint,
        one.count,
        one.failed_again,
        one.kind,
        one.queue,
        one.type,
        one.first_failed_at.isoformat(),
        one.last_failed_at.isoformat(),
        one.reason,
    )
    return dict(zip(GROUP_COLUMNS, values, strict=True))


def as_document(
    letter: DeadLetter,
    *,
    personal: bool = False,
    evidence: Mapping[str, Any] | None = None,
    notes: Sequence[LetterNote] = (),
    copies: Sequence[str] = (),
) -> str:
    """Return everything about one letter as indented JSON; ``evidence`` stands last.

    Names, phones, id cards and vouchers are masked unless ``personal`` is true.
    """
    shown = document(letter, personal=personal)
    if notes:
        shown["notes"] = [{"at": n.at.isoformat(), "by": n.by, "text": n.text} for n in notes]
    if copies:
        shown["edited_as"] = list(copies)
    if evidence is not None:
        shown["evidence"] = evidence
    return json.dumps(shown, ensure_ascii=False, indent=2)


def document(letter: DeadLetter, *, personal: bool = False) -> dict[str, Any]:
    """Return everything about one letter as JSON values; masked unless ``personal``."""
    message = letter.message
    return {
        **_listed(letter),
        "state": letter.state,
        "replays": letter.replays,
        "failed_again": letter.failed_again,
        "group": letter.fingerprint,
        "job": letter.job_id,
        "edited_from": letter.parent_id,
        "replayed_at": letter.replayed_at and letter.replayed_at.isoformat(),
        "settled_at": letter.settled_at and letter.settled_at.isoformat(),
        "settled_by": letter.settled_by,
        "settled_reason": letter.settled_reason,
        "first_failed_at": letter.first_failed_at.isoformat(),
        "last_failed_at": letter.last_failed_at.isoformat(),
        "queue": message.queue,
        "type": message.type,
        "message_id": message.message_id,
        "correlation_id": message.correlation_id,
        "headers": dict(message.headers),
        "body": _opened(message.body) if personal else mask_body(message.body),
    }


def indented(value: object) -> str:
    """Return JSON values as text for people."""
    return json.dumps(value, ensure_ascii=False, indent=2)


def _listed(letter: DeadLetter) -> dict[str, Any]:
    values = (
        letter.id,
        letter.kind,
        letter.app_key,
        letter.order_num,
        letter.channel_order_num,
        letter.reason,
        letter.message.attempt,
    )
    return dict(zip(COLUMNS, values, strict=True))


def _opened(body: bytes) -> object:
    try:
        return json.loads(body)
    except (ValueError, RecursionError):
        return body.decode("utf-8", "backslashreplace")
