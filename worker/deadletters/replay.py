"""Replays the letters that a person names, one after the other.

Why it exists: a few letters need no job; the command line and the console do it here. It
must not judge: judgement.py does.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from worker.deadletters.judgement import objection
from worker.deadletters.sending import Sent, channel_of, send
from worker.runtime.lettering import Replayed
from worker.runtime.ports import Broker, DeadLetter, Store

_SAID: Final = {
    Sent.SENT: "",
    Sent.NOT_SENT: "the broker did not take it",
    Sent.NEVER: "no queue takes it any more",
    Sent.UNKNOWN: (
        "the broker did not confirm it: it may have been replayed; once more does no harm"
    ),
}


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

    A letter that dies again opens under the same id. A channel to which nothing is sent
    because it did not answer is tried at once. Raises StoreUnavailableError.
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
        reason = objection(letter, alone=len(wanted) == 1) or await _send(broker, letter, now)
        if reason:
            refused.append(Refusal(letter_id, reason))
            continue
        await store.mark_replayed(Replayed([letter_id], letter.last_failed_at, now))
        replayed.append(letter_id)
        asked.add(channel_of(letter))
    held = await try_at_once(store, asked, now)
    return ReplayReport(tuple(replayed), tuple(unknown), tuple(refused), held)


async def try_at_once(store: Store, app_keys: Collection[str], now: datetime) -> tuple[str, ...]:
    """Have channels tried whether they answer again; return those that are paused by hand."""
    channels = sorted(set(app_keys) - {""})
    if not channels:
        return ()
    for app_key in channels:
        await store.want_probe(app_key, now)
    controls = await store.channel_controls()
    return tuple(one.app_key for one in controls if one.app_key in channels and one.paused_at)


async def _send(broker: Broker, letter: DeadLetter, now: datetime) -> str:
    """Send it home; return what went wrong, or nothing."""
    [sending] = await send(broker, [letter], now)
    return _SAID[sending.sent]
