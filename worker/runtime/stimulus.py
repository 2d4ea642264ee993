"""What is taken through the saga: an event, and what came with it.

Why it exists: an event of the saga is a fact and no more; that it must not be taken twice, how it
came and who waits to hear of it is the shell's. It must not know what an event means.
"""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass

from worker.runtime.ports import InboxEntry
from worker.saga.effects import CallZzy
from worker.saga.events import Event


@dataclass(frozen=True, slots=True)
class Stimulus:
    """An event on its way into the saga, and what came with it."""

    event: Event
    inbox: Sequence[InboxEntry] = ()
    """Ids under which it must not be taken twice."""
    inbox_if_applied: Sequence[InboxEntry] = ()
    """Likewise, but recorded only when the event had an effect."""
    answers: CallZzy | None = None
    """The call that the event answers, if it does."""
    log_id: str = ""
    came: str = ""
    """What the history says of how it came, where that is worth a word."""
    judged: Callable[[bool], Awaitable[None]] | None = None
    """Told whether it was taken, once that is durable, and before any call that follows."""

    @property
    def ids(self) -> list[str]:
        """Return all ids under which it may have been taken before."""
        return [entry.id for entry in (*self.inbox, *self.inbox_if_applied)]

    def was_taken(self, seen: Mapping[str, str]) -> bool:
        """Tell whether it had its effect before; ``seen`` is what the inbox holds of the ids."""
        return any(entry.id in seen for entry in self.inbox_if_applied or self.inbox)

    def is_forged(self, seen: Mapping[str, str]) -> bool:
        """Tell whether one of its ids was used before for something else."""
        return any(seen.get(entry.id, entry.digest) != entry.digest for entry in self.inbox)
