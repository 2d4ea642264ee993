"""THE table: type name -> model -> queue.

Why it exists: which messages there are and where each waits is answered in one place. It
must not route anything itself.
"""

from dataclasses import dataclass
from types import MappingProxyType
from typing import Final, Literal

from . import queues
from .commands import (
    CancelOrderCommand,
    CreateOrderCommand,
    RefundOrderCommand,
    ResendVoucherCommand,
    ResolveOrderCommand,
)
from .envelope import MessageModel
from .events import (
    ChannelNotification,
    NoticeReceived,
    OrderEvent,
    OrderOutcome,
    OrderUnanswered,
    VoucherSms,
)
from .queries import OrderQuery, PriceQuery, ProductQuery


@dataclass(frozen=True, slots=True)
class Entry:
    """One kind of message."""

    model: type[MessageModel]
    queue: str
    """Where it waits; ``{app_key}`` stands for the channel; empty for a direct reply."""
    kind: Literal["command", "query", "event", "reply"]
    summary: str

    @property
    def type(self) -> str:
        """Return the versioned type name, also the routing key on the commands exchange."""
        return self.model.TYPE

    @property
    def public(self) -> bool:
        """Tell whether others than our own processes send or receive it."""
        return self.kind != "event" or not self.queue


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
    Entry(
        RefundOrderCommand,
        queues.ORDERS,
        "command",
        "Refund a part (部分退款); upstream may send it.",
    ),
    Entry(
        ResendVoucherCommand,
        queues.ORDERS,
        "command",
        "Send the vouchers again (重发凭证); upstream may send it.",
    ),
    Entry(
        ResolveOrderCommand,
        queues.ORDERS,
        "event",
        "An operator helps an order on that is in front of a human; nobody else may send it.",
    ),
    Entry(OrderQuery, queues.QUERIES, "query", "How does an order stand?"),
    Entry(ProductQuery, queues.QUERIES, "query", "What can be ordered?"),
    Entry(PriceQuery, queues.QUERIES, "query", "What does it cost, and how many are left?"),
    Entry(
        OrderUnanswered, queues.ORDERS, "event", "A channel read 1000, and no outcome was known."
    ),
    Entry(NoticeReceived, queues.NOTICES, "event", "A notice (通知) of ZZY was taken."),
    Entry(
        ChannelNotification,
        queues.RELAY_PREFIX + "{app_key}",
        "event",
        "A notification is on its way to a channel.",
    ),
    Entry(VoucherSms, queues.SMS, "event", "Vouchers are on their way to a phone (短信)."),
    Entry(OrderEvent, "", "event", "Something happened to an order (events exchange)."),
    Entry(OrderOutcome, "", "reply", "What a command led to (direct reply-to)."),
)

CATALOGUE: Final = MappingProxyType({entry.type: entry for entry in _ENTRIES})
"""Every message of ours by its type name."""
