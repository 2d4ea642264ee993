"""An edited copy of a dead letter: what may be changed, and whether it fits its type.

Why it exists: a message that a small mistake has killed is mended and sent, instead of being
made anew by its sender. The copy must fit the schema of its type and be about the same order
of the same channel. What ZZY signed is never edited: its signature does not cover the body, so
nothing would tell an edit from a forgery. It must not keep or send anything.
"""

import json
import uuid
from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any, Final

from contracts.catalogue import CATALOGUE
from contracts.envelope import unwrap
from contracts.queues import NOTICES
from worker.deadletters.judgement import NOTICE
from worker.deadletters.subject import subject_of
from worker.runtime.door import complaint
from worker.runtime.erasable import ERASED_BODY
from worker.runtime.ports import DeadLetter
from worker.sealing import PLAIN, sealed_under

LARGEST: Final = 1_000_000


class EditError(ValueError):
    """The edit is refused; says why, without anything of the body."""


def may_be_edited(letter: DeadLetter) -> str:
    """Return why a letter's message may not be edited; empty where it may."""
    if letter.kind.startswith(NOTICE) or letter.message.queue == NOTICES:
        return "what ZZY signed is not edited: ask ZZY for a new notice"
    if letter.message.body == ERASED_BODY:
        return "what it held was erased"
    if sealed_under(letter.message.body) != PLAIN:
        return "it is sealed under a key that is not there"
    if letter.state != "open":
        return f"it is {letter.state}: only an open letter is edited"
    return ""


def edited(letter: DeadLetter, body: bytes, now: datetime) -> DeadLetter:
    """Return the copy that takes a letter's place. Raises EditError."""
    if why_not := may_be_edited(letter):
        raise EditError(why_not)
    if why_not := objection(letter, body):
        raise EditError(why_not)
    about = subject_of(body)
    return replace(
        letter,
        id=uuid.uuid4().hex[:16],
        message=replace(letter.message, body=body, message_id=uuid.uuid4().hex),
        app_key=about.app_key or letter.app_key,
        order_num=about.order_num or letter.order_num,
        channel_order_num=about.channel_order_num or letter.channel_order_num,
        last_failed_at=max(now, letter.last_failed_at),
        replays=0,
        replayed_at=None,
        job_id="",
        parent_id=letter.id,
    )


def objection(letter: DeadLetter, body: bytes) -> str:
    """Return why a body may not take a letter's place."""
    entry = CATALOGUE.get(letter.message.type)
    if entry is None:
        return f"no schema is known for its type {letter.message.type}"
    if len(body) > LARGEST:
        return f"it is longer than {LARGEST} bytes"
    try:
        unwrap(entry.model, body)
    except ValueError as error:
        return f"it does not fit the schema of {entry.type}: {complaint(error)}"
    before, after = subject_of(letter.message.body), subject_of(body)
    for name in ("app_key", "order_num", "channel_order_num"):
        was = getattr(before, name)
        if was and getattr(after, name) != was:
            return f"it is about another order: {name} may not change"
    return ""


def with_values(body: bytes, changes: Mapping[str, str]) -> bytes:
    """Return a body with values put at dotted paths. Raises EditError.

    A text stays a text; in place of anything else a value that is JSON is taken as such. A
    number in a path is a place in a list.
    """
    try:
        document = json.loads(body)
    except ValueError:
        raise EditError("the body is no JSON: give the whole of it") from None
    for path, value in changes.items():
        _put(document, path.split("."), value, path)
    return json.dumps(document, ensure_ascii=False, separators=(",", ":")).encode()


def _put(document: Any, steps: list[str], value: str, path: str) -> None:  # noqa: ANN401
    place = document
    for step in steps[:-1]:
        place = _at(place, step, path)
    last = steps[-1]
    if isinstance(place, dict):
        place[last] = _like(place.get(last), value)
    elif isinstance(place, list) and last.isdecimal() and int(last) < len(place):
        place[int(last)] = _like(place[int(last)], value)
    else:
        raise EditError(f"there is no {path}")


def _at(place: Any, step: str, path: str) -> Any:  # noqa: ANN401  (JSON)
    if isinstance(place, dict) and step in place:
        return place[step]
    if isinstance(place, list) and step.isdecimal() and int(step) < len(place):
        return place[int(step)]
    raise EditError(f"there is no {path}")


def _like(before: object, value: str) -> object:
    """Return a value of the kind that was there."""
    if isinstance(before, str):
        return value
    try:
        parsed: object = json.loads(value)
    except ValueError:
        return value
    return parsed
