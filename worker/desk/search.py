"""Finds orders by whatever an operator has at hand.

Why it exists: a number of ours, of the channel's or of ZZY's, a refund's, the end of a phone
number or a voucher's code: one field takes them all, and says by what an order was found. The
index knows of a phone its last digits alone and of all else a digest, so each order that it
names is opened and looked at. It must not show a person.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from worker.errors import StoreUnavailableError
from worker.runtime import snapshot
from worker.runtime.ports import OrderRow, Store
from worker.runtime.searching import TAIL_DIGITS, SearchKeys, digits_of
from worker.saga.states import Order

CANDIDATES: Final = 5_000
"""Orders that are opened for one search at most, the last changed first: a four-digit end of a
phone number is shared by one order in ten thousand."""

_REFUND_ID: Final = re.compile(r"([0-9a-f]{32})R\d+")
_PHONE_LIKE: Final = re.compile(r"[+()\d\s-]{4,20}")

NUMBERS: Final = ("order_num", "channel_order_num", "zzy_order_id")
SEALED: Final = "sealed"
"""By what a row was found that cannot be opened: its key is missing."""


@dataclass(frozen=True, slots=True)
class Found:
    """An order, and by what of it it was found."""

    row: OrderRow
    by: str
    """order_num, channel_order_num, zzy_order_id, refund_id, apply_id, refund_num, voucher,
    phone, or sealed."""


async def find(store: Store, keys: SearchKeys, text: str, *, limit: int = 100) -> list[Found]:
    """Return the orders that ``text`` names, those with such a number first.

    Raises StoreUnavailableError.
    """
    text = text.strip()
    if not text:
        return []
    found = {
        row.order_num: Found(row, _number_of(row, text)) for row in await _by_number(store, text)
    }
    for row in await store.searched(keys.lookups(text), limit=CANDIDATES):
        if row.order_num not in found and (by := found_by(row, text)):
            found[row.order_num] = Found(row, by)
    return list(found.values())[:limit]


async def _by_number(store: Store, text: str) -> list[OrderRow]:
    rows = await store.find_orders(text)
    if match := _REFUND_ID.fullmatch(text):
        rows += [row for row in await store.find_orders(match[1]) if found_by(row, text)]
    return rows


def _number_of(row: OrderRow, text: str) -> str:
    return next((name for name in NUMBERS if getattr(row, name) == text), "refund_id")


def found_by(row: OrderRow, text: str) -> str:
    """Return by what of an order ``text`` names it; empty where it does not."""
    try:
        order = snapshot.read(row)
    except (StoreUnavailableError, ValueError):
        return SEALED
    return next(_matches(order, text), "") if order else ""


def _matches(order: Order, text: str) -> Iterator[str]:
    intents = [past.intent for past in order.refunds] + ([order.refund] if order.refund else [])
    for name in ("refund_id", "apply_id", "refund_num"):
        if text in {getattr(intent, name) for intent in intents}:
            yield name
    if text in {order.order_code, *(voucher.code for voucher in order.vouchers)}:
        yield "voucher"
    if _PHONE_LIKE.fullmatch(text) and _is_end_of(order.demand.take_phone, digits_of(text)):
        yield "phone"


def _is_end_of(phone: str, digits: str) -> bool:
    """Tell whether these are a phone's last digits, or the phone with its country before it."""
    whole = digits_of(phone)
    if len(digits) < TAIL_DIGITS or len(whole) < TAIL_DIGITS:
        return False
    return whole.endswith(digits) or (len(whole) > TAIL_DIGITS * 2 and digits.endswith(whole))
