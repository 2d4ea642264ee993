"""What a dead letter is like: the same word for all that died of the same cause.

Why it exists: five hundred letters of one outage are one thing to decide. Kind, place (the
queue in which it died), type of message and the reason without what is one order's own:
numbers, ids, times. It must not depend on a body, which may be sealed, nor on a clock.
"""

import hashlib
import re
from typing import Final

from worker.runtime.ports import DeadLetter

LENGTH: Final = 12
_SAID: Final = re.compile(r"HTTP \d{3}\b|status \w+")
"""What an answer said: that tells one fault from another."""
_OWN: Final = re.compile(
    rf"{_SAID.pattern}|\border \S+|\d+ (?:day|hour|minute|second)s?\b"
    r"|[0-9a-fA-F]{8,}|\d+(?:\.\d+)?"
)
_ID: Final = re.compile(r"(?<=\border )\S+|\b[0-9a-fA-F]{16,}\b")


def fingerprint(letter: DeadLetter) -> str:
    """Return the fingerprint of a letter."""
    message = letter.message
    parts = (letter.kind, message.queue, message.type, likeness(letter.reason))
    return hashlib.sha256("\0".join(parts).encode("utf-8", "replace")).hexdigest()[:LENGTH]


def cause(reason: str) -> str:
    """Return a reason as it stands for its whole group: without one order's or message's id."""
    return _ID.sub("…", reason)


def likeness(reason: str) -> str:
    """Return a reason without ids and numbers; the status of an HTTP answer stays."""
    return _OWN.sub(lambda found: found[0] if _SAID.match(found[0]) else "#", reason)
