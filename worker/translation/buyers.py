"""Who buys under a product's limits, without keeping who it is.

Why it exists: limits by phone and by id card look back over days, so something must be
remembered of both: a digest under a key, which tells the same number again and nothing
else. It must not keep or return a number.
"""

import hashlib
import hmac
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final

from worker.saga.states import FINAL, Demand, Order, Phase
from worker.translation.admission import SHANGHAI
from worker.translation.identity import normal_id_card
from worker.translation.rules import tickets_by_card

PHONE: Final = "phone"
CARD: Final = "card"


@dataclass(frozen=True, slots=True)
class Share:
    """What one phone or id card takes of an order."""

    kind: str
    number: str = field(repr=False)
    """As it stands in the order."""
    digest: str
    count: int


def shares(order: Demand, key: bytes) -> list[Share]:
    """Return what the phone and each id card take of an order."""
    phone = Share(PHONE, order.take_phone, digest(key, PHONE, order.take_phone), order.count)
    cards = tickets_by_card(order).items()
    return [phone, *(Share(CARD, card, _card(key, card), count) for card, count in cards)]


def _card(key: bytes, card: str) -> str:
    return digest(key, CARD, normal_id_card(card))


def digest(key: bytes, kind: str, number: str) -> str:
    """Return the digest of a number under ``key``; a phone and a card never meet."""
    return hmac.new(key, f"{kind}\n{number}".encode(), hashlib.sha256).hexdigest()


def kept(order: Order | None) -> int:
    """Return how many tickets of an order count: none once it ended unpaid or came back."""
    if order is None or order.phase in FINAL or order.phase is Phase.TICKET_FAILED:
        return 0
    return max(order.demand.count - order.refunded, 0)


def since(now: datetime, days: int) -> datetime:
    """Return the beginning of the last ``days`` calendar days in Asia/Shanghai, today's too."""
    today = now.astimezone(SHANGHAI).replace(hour=0, minute=0, second=0, microsecond=0)
    return today - timedelta(days=min(max(days, 1), 3_650) - 1)
