"""Seals anew what lies plain or under an old key, a little at a time, beside running workers.

Why it exists: a key can only be let go once nothing is sealed under it. A body is replaced
only while it is still the one that was read, so whatever a worker writes meanwhile stays;
what was sealed anew is passed over the next time, so a run that was cut short is begun
again. It must not look into a body.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Protocol

from worker.errors import SealedError
from worker.sealing import Sealer, sealed_under


@dataclass(frozen=True, slots=True)
class KeptBody:
    """A body as it is kept. ``body`` is None where its beginning said that nothing is to do."""

    key: str
    """Of its row; the next portion begins after it."""
    row: str
    """What its place knows it by when it is sealed."""
    body: bytes | None


@dataclass(frozen=True, slots=True)
class Replacement:
    """A body for the place of another, if that is still there."""

    key: str
    before: bytes
    after: bytes


class BodyStore(Protocol):
    """What keeps bodies as they are, sealed or not. Raises StoreUnavailableError."""

    async def kept_bodies(
        self, place: str, after: str, *, limit: int, passing: bytes
    ) -> list[KeptBody]:
        """Return the rows that come after a key, in order, without bodies that begin so."""
        ...

    async def replace_bodies(self, place: str, changes: Sequence[Replacement]) -> int:
        """Replace what nobody has changed or holds locked; return how much that was."""
        ...


@dataclass(slots=True)
class Tally:
    """What a run has come across in one place."""

    looked_at: int = 0
    sealed_anew: int = 0
    left: int = 0
    """Somebody else was writing it: another run finds it done, or does it."""
    unopened: int = 0
    """Its key is missing, or it was damaged: an alarm has said which."""
    keys: Counter[str] = field(default_factory=Counter)
    """How much lay under which key before; the empty name: plain."""


class Resealing:
    """Seals the bodies of one place under the newest key."""

    def __init__(self, store: BodyStore, sealer: Sealer, place: str, *, dry_run: bool) -> None:
        """Work on ``place`` of ``store``; with ``dry_run`` count what would be done."""
        self._store = store
        self._sealer = sealer
        self._place = place
        self._dry_run = dry_run
        self._after = ""
        self.tally = Tally()

    async def portion(self, size: int) -> bool:
        """Look at the next ``size`` rows; return False when there are no more."""
        found = await self._store.kept_bodies(
            self._place, self._after, limit=size, passing=self._sealer.head
        )
        changes = [change for one in found if (change := self._change(one)) is not None]
        done = len(changes)
        if changes and not self._dry_run:
            done = await self._store.replace_bodies(self._place, changes)
        self._count(found, len(changes), done)
        if found:
            self._after = found[-1].key
        return len(found) == size

    def _count(self, found: Sequence[KeptBody], wanted: int, done: int) -> None:
        tally = self.tally
        tally.looked_at += len(found)
        tally.sealed_anew += done
        tally.left += wanted - done
        old = [sealed_under(one.body) for one in found if one.body is not None]
        tally.unopened += len(old) - wanted
        tally.keys.update(old)
        tally.keys[self._sealer.current] += len(found) - len(old)

    def _change(self, kept: KeptBody) -> Replacement | None:
        """Return what is to replace a body; None where nothing is, or where it cannot be opened."""
        if kept.body is None:
            return None
        try:
            body = self._sealer.open(kept.body, self._place, kept.row)
        except SealedError:
            return None
        return Replacement(kept.key, kept.body, self._sealer.seal(body, self._place, kept.row))
