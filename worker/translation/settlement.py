"""What an order costs a channel that has a prepaid account (预存账户).

Why it exists: the settlement price (结算价) is between us and the channel: it is neither
the channel's price nor ZZY's, so it comes from the configuration alone, and it is frozen
when the order is taken. It must not look at a balance.
Source: docs/decisions/0008-accounts.md.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from decimal import Decimal
from typing import Final

from contracts.channel import Code
from worker.saga.events import OrderCommanded
from worker.saga.states import Failure
from worker.translation.admission import today_in_shanghai

MISSING_ALARM: Final = "settlement_price_missing"
MISSING_TEXT: Final = f"{Code.CREATE_FAILED.text}：产品没有结算价"


@dataclass(frozen=True, slots=True)
class Price:
    """A price of one ticket, from a day in Asia/Shanghai on; None: always."""

    valid_from: date | None
    yuan: Decimal


@dataclass(frozen=True, slots=True)
class Tariff:
    """The settlement prices of every channel with a prepaid account, by product_code."""

    by_channel: Mapping[str, Mapping[str, tuple[Price, ...]]] = field(default_factory=dict)
    """A channel that is not in it has no account."""

    def settled(self, ordered: OrderCommanded) -> OrderCommanded:
        """Return the order with its price, or refused where there is none."""
        if ordered.app_key not in self.by_channel or ordered.refusal is not None:
            return ordered
        day = today_in_shanghai(ordered.received_at)
        price = self.price(ordered.app_key, ordered.demand.product_code, day)
        if price is None:
            refusal = Failure(Code.CREATE_FAILED, MISSING_TEXT)
            return replace(ordered, refusal=refusal, alarm=MISSING_ALARM)
        return replace(ordered, terms=replace(ordered.terms, settlement_price=price))

    def price(self, app_key: str, product_code: str, day: date) -> Decimal | None:
        """Return what one ticket that is ordered on ``day`` costs; None: no account or price."""
        prices = self.by_channel.get(app_key, {})
        return _price(prices.get(product_code, ()), day)


def _price(prices: tuple[Price, ...], day: date) -> Decimal | None:
    """Return the price that began last; a price for ever is older than any with a day."""
    begun = [price for price in prices if price.valid_from is None or price.valid_from <= day]
    last = max(begun, key=lambda price: price.valid_from or date.min, default=None)
    return None if last is None else last.yuan
