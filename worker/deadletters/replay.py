"""Sends dead letters home again.

Why it exists: the one way from the table back to a queue, used by the command line and
the console alike. It must not judge whether a replay is wise, except for supplier's
notices that may be forged: those go one by one, with a person looking at each.
"""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final

from contracts.headers import REPLAY_OF, REPLAYED_AT
from contracts.queues import DEAD, relay_queue
from worker.errors import BrokerUnavailableError, PublishUnknownError
from worker.runtime.erasable import ERASED_BODY
from worker.runtime.ports import Broker, DeadLetter, Message, Store

FREELY: Final = frozenset({"notice_unknown_order"})
"""Kinds of notices in which nothing but the order was strange."""

ANONYMOUS: Final = "user_unknown"
"""The kind whose publisher nobody vouches for, and nobody can any more."""


@dataclass(frozen=True, slots=True)
class Refusal:
    """A letter that was not replayed, and why."""

    id: str
    reason: str


@dataclass(frozen=True, slots=True)
class ReplayReport:
    """What became of each id that was asked for."""

    replayed: tuple[str, ...] = ()
    unknown: tuple[str, ...] = ()
    refused: tuple[Refusal, ...] = ()
    held: tuple[str, ...] = ()
    """Channels that are paused by hand: what was replayed to them waits."""

    @property
    def complete(self) -> bool:
        """Whether every id was replayed."""
        return not self.unknown and not self.refused


async def replay(store: Store, broker: Broker, ids: Sequence[str], now: datetime) -> ReplayReport:
    """Publish each letter to its home queue once more, then mark it replayed.

    A crash between the two replays it twice, which does no harm. A letter that dies
    again opens under the same id. A channel to which nothing is sent because it did not
    answer is tried at once. Raises StoreUnavailableError.
    """
    wanted = tuple(dict.fromkeys(ids))
    replayed: list[str] = []
    unknown: list[str] = []
    refused: list[Refusal] = []
    asked: set[str] = set()
    for letter_id in wanted:
        letter = await store.dead_letter(letter_id)
        if letter is None:
            unknown.append(letter_id)
            continue
        reason = _objection(letter, alone=len(wanted) == 1) or await _publish(broker, letter, now)
        if reason:
            refused.append(Refusal(letter_id, reason))
            continue
        await store.mark_replayed(letter_id, failed_at=letter.last_failed_at)
        replayed.append(letter_id)
        if letter.app_key and letter.message.queue == relay_queue(letter.app_key):
            asked.add(letter.app_key)
    held = await _try_at_once(store, asked, now)
    return ReplayReport(tuple(replayed), tuple(unknown), tuple(refused), held)


async def _try_at_once(store: Store, app_keys: set[str], now: datetime) -> tuple[str, ...]:
    """Have channels tried whether they answer again; return those that are paused by hand."""
    if not app_keys:
        return ()
    for app_key in sorted(app_keys):
        await store.want_probe(app_key, now)
    controls = await store.channel_controls()
    return tuple(one.app_key for one in controls if one.app_key in app_keys and one.paused_at)


def _objection(letter: DeadLetter, *, alone: bool) -> str:
    if letter.message.queue in {"", DEAD}:
        return "its home queue is unknown"
    if letter.message.body == ERASED_BODY:
        return "what it held was erased: its time was over"
    if letter.kind == ANONYMOUS:
        return "nobody is known to have published it: it would be refused again"
    if _doubtful(letter) and not alone:
        return f"a letter of kind {letter.kind} is replayed only one by one, after a look at it"
    return ""


def _doubtful(letter: DeadLetter) -> bool:
    """Say whether it is a notice that may be forged, stale or for somebody else.

    ZZY's signature does not cover the body, so a person looks at each of these.
    """
    return letter.kind.startswith("notice_") and letter.kind not in FREELY


async def _publish(broker: Broker, letter: DeadLetter, now: datetime) -> str:
    """Send it home; return what went wrong, or nothing."""
    try:
        await broker.publish(_again(letter, now))
    except BrokerUnavailableError:
        return "the broker did not take it"
    except PublishUnknownError:
        return "the broker did not confirm it: it may have been replayed; once more does no harm"
    return ""


def _again(letter: DeadLetter, now: datetime) -> Message:
    """Return the message with attempts from zero; nobody waits for its reply any more.

    Its headers keep who published it first, so that no replay raises anybody's rights.
    """
    return replace(
        letter.message,
        message_id=uuid.uuid4().hex,
        headers={
            **letter.message.headers,
            REPLAY_OF: letter.id,
            REPLAYED_AT: now.isoformat(),
        },
        reply_to="",
        attempt=0,
    )
