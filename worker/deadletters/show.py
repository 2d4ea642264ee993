"""Dead letters as text for people and for scripts, pure.

Why it exists: the command line and the console show the same thing in the same order.
It must not print, read the store or show personal data unless it was asked to.
"""

import json
from collections.abc import Mapping, Sequence
from typing import Any, Final

from worker.deadletters.masking import mask_body
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


def as_row(letter: DeadLetter) -> tuple[str, ...]:
    """Return a table row; the columns are :data:`COLUMNS`."""
    return tuple(str(value) for value in _listed(letter).values())


def as_json_line(letter: DeadLetter) -> str:
    """Return one JSON object without a line break; ``id`` is its first key."""
    return json.dumps(_listed(letter), ensure_ascii=False)


def as_json_lines(letters: Sequence[DeadLetter]) -> list[str]:
    """Return the open letters, one JSON object a line."""
    return [as_json_line(letter) for letter in letters if letter.state == "open"]


def as_document(
    letter: DeadLetter, *, personal: bool = False, evidence: Mapping[str, Any] | None = None
) -> str:
    """Return everything about one letter as indented JSON; ``evidence`` stands last.

    Names, phones, id cards and vouchers are masked unless ``personal`` is true.
    """
    message = letter.message
    document = {
        **_listed(letter),
        "state": letter.state,
        "replays": letter.replays,
        "first_failed_at": letter.first_failed_at.isoformat(),
        "last_failed_at": letter.last_failed_at.isoformat(),
        "queue": message.queue,
        "type": message.type,
        "message_id": message.message_id,
        "correlation_id": message.correlation_id,
        "headers": dict(message.headers),
        "body": _opened(message.body) if personal else mask_body(message.body),
    }
    if evidence is not None:
        document["evidence"] = evidence
    return json.dumps(document, ensure_ascii=False, indent=2)


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
