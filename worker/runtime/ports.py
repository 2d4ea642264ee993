"""The ports of the imperative shell, all in one place to import from.

Why it exists: runtime, ingress and relay speak to these; the adapters in broker/, store/
and clients/ implement them; app.py joins the two. It must not hold code.
"""

from worker.runtime.banking import Account, AccountEntry, Booked, Booking
from worker.runtime.messaging import Backlog, Broker, Handler, Message
from worker.runtime.outside import ChannelPort, Supplier
from worker.runtime.records import (
    Committed,
    DeadLetter,
    Figures,
    HeldNotice,
    InboxEntry,
    Loaded,
    NotificationResult,
    NotificationRow,
    OrderRow,
    TimelineEntry,
    Transition,
    Turn,
    TurnAsked,
)
from worker.runtime.storing import Store
from worker.saga.accounting import Movement
from worker.translation.delivery import Answered, DeliveryResult, NoAnswer

__all__ = [
    "Account",
    "AccountEntry",
    "Answered",
    "Backlog",
    "Booked",
    "Booking",
    "Broker",
    "ChannelPort",
    "Committed",
    "DeadLetter",
    "DeliveryResult",
    "Figures",
    "Handler",
    "HeldNotice",
    "InboxEntry",
    "Loaded",
    "Message",
    "Movement",
    "NoAnswer",
    "NotificationResult",
    "NotificationRow",
    "OrderRow",
    "Store",
    "Supplier",
    "TimelineEntry",
    "Transition",
    "Turn",
    "TurnAsked",
]
