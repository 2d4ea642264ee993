"""Which dead letters may be replayed, and together with others.

Why it exists: one rule for a single replay, a job and a dry run. ZZY's signature does not
cover the body, so a notice that may be forged, stale or for somebody else goes alone, with a
person looking at it. It must not read a store nor send anything.
Source: PROTOCOL.md, "The signature does not cover the body".
"""

from typing import Final

from contracts.queues import DEAD
from worker.runtime.erasable import ERASED_BODY
from worker.runtime.lettering import DISCARDED, SUPERSEDED
from worker.runtime.ports import DeadLetter
from worker.sealing import PLAIN, sealed_under

FREELY: Final = frozenset({"notice_unknown_order"})
"""Kinds of notices in which nothing but the order was strange."""

ANONYMOUS: Final = "user_unknown"
"""The kind whose publisher nobody vouches for, and nobody can any more."""

NOTICE: Final = "notice_"
"""How the kinds of ZZY's notices begin."""


def objection(letter: DeadLetter, *, alone: bool) -> str:
    """Return why a letter is not replayed; empty where nothing is against it."""
    if letter.message.queue in {"", DEAD}:
        return "its home queue is unknown"
    if letter.message.body == ERASED_BODY:
        return "what it held was erased: its time was over"
    if sealed_under(letter.message.body) != PLAIN:
        return "it is sealed under a key that is not there"
    if letter.state == SUPERSEDED:
        return "an edited copy took its place"
    if letter.state == DISCARDED:
        return "it was discarded: restore it first"
    return objection_to_kind(letter.kind, alone=alone)


def objection_to_kind(kind: str, *, alone: bool) -> str:
    """Return why letters of a kind are not replayed."""
    if kind == ANONYMOUS:
        return "nobody is known to have published it: it would be refused again"
    if doubtful(kind) and not alone:
        return f"a letter of kind {kind} is replayed only one by one, after a look at it"
    return ""


def doubtful(kind: str) -> bool:
    """Tell whether it is a notice that may be forged, stale or for somebody else."""
    return kind.startswith(NOTICE) and kind not in FREELY
