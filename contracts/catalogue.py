"""THE table: type name -> model -> queue.

Why it exists: which messages there are and where each waits is answered in one place. It
must not route anything itself.
"""

from dataclasses import dataclass
from types import MappingProxyType
from typing import Final, Literal

from . import queues
from .commands import CancelOrderCommand, CreateOrderCommand
from .envelope import MessageModel
from .events import ChannelNotification, NoticeReceived, OrderOutcome


@dataclass(frozen=True, slots=True)
class Entry:
    """One kind of message."""

    model: type[MessageModel]
    queue: str
    """Where it waits; ``{app_key}`` stands for the channel; empty for a direct reply."""
    kind: Literal["command", "event", "reply"]
    summary: str

    @property
    def type(self) -> str:
        """Return the versioned type name, also the routing key on the commands exchange."""
        return self.model.TYPE


_ENTRIES: Final = (
    Entry(
        CreateOrderCommand,
        queues.ORDERS,
        "command",
        "Create an order (下单); upstream may send it.",
    ),
    Entry(
        CancelOrderCommand,
        queues.ORDERS,
        "command",
        "Cancel an order (取消); upstream may send it.",
    ),
    Entry(NoticeReceived, queues.NOTICES, "event", "A notice (通知) of ZZY was taken."),
    Entry(
        ChannelNotification,
        queues.RELAY_PREFIX + "{app_key}",
        "event",
        "A notification is on its way to a channel.",
    ),
    Entry(OrderOutcome, "", "reply", "What a command led to (direct reply-to)."),
)

CATALOGUE: Final = MappingProxyType({entry.type: entry for entry in _ENTRIES})
"""Every message of ours by its type name."""
