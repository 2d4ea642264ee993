"""Under which terms an order is found: the tail of a phone, a voucher's code, a refund's numbers.

Why it exists: personal data lies sealed, and is searched for all the same. What names a person
or a voucher becomes a term by a keyed digest (HMAC-SHA256) whose key follows from the key that
seals, so that the database alone tells nothing; numbers are no secret and stand as they are.
A phone is found by its last four digits alone, which ten thousand people share: not even that
two orders are one person's can be read from the table. It must not open a state.
Source: docs/decisions/0025-the-desk.md.
"""

import hashlib
import hmac
from collections.abc import Iterable
from typing import Final

from worker.saga.states import Order
from worker.sealing import key_id

PERSONAL: Final = "#"
"""How a term begins that goes when the order's people are forgotten."""
NUMBER: Final = "="
TAIL_DIGITS: Final = 4
"""Of a phone; whoever knows more of them has the rest compared with the order itself."""

_PHONE: Final = "phone"
_VOUCHER: Final = "voucher"
_REFUND: Final = "refund"
_DIGEST_DIGITS: Final = 16
UNKEYED: Final = "plain"
"""Stands for the key where nothing is sealed: then the state itself lies plain beside it."""


def digits_of(text: str) -> str:
    """Return the digits of a phone number, however it is written."""
    return "".join(filter(str.isdecimal, text))


class SearchKeys:
    """Makes the terms of orders, and those to look under."""

    def __init__(self, keys: Iterable[bytes] = ()) -> None:
        """Take the keys that seal, newest first; without any the terms hide nothing."""
        named = [(key_id(key).hex(), _derived(key)) for key in keys]
        self._known = [*named, (UNKEYED, _derived(b""))]

    @property
    def head(self) -> str:
        """How every personal term begins that is made now."""
        return _head(self._known[0][0])

    def terms(self, order: Order) -> list[str]:
        """Return every term of an order; of one whose people are forgotten, its numbers."""
        return self._made(_facts(order))

    def new_terms(self, before: Order | None, after: Order) -> list[str]:
        """Return the terms that a step of an order adds; mostly there are none."""
        if before is not None and _named(before) == _named(after):
            return []
        was = _facts(before) if before else frozenset()
        return self._made(_facts(after) - was)

    def lookups(self, text: str) -> list[str]:
        """Return the terms under which an order may lie that somebody looks for by ``text``."""
        text = text.strip()
        found = [NUMBER + text]
        tail = digits_of(text)[-TAIL_DIGITS:]
        for name, key in self._known:
            found.append(_term(name, key, _VOUCHER, text))
            if len(tail) == TAIL_DIGITS:
                found.append(_term(name, key, _PHONE, tail))
        return found

    def _made(self, facts: frozenset[tuple[str, str]]) -> list[str]:
        name, key = self._known[0]
        return [
            NUMBER + value if kind == _REFUND else _term(name, key, kind, value)
            for kind, value in sorted(facts)
        ]


def key_of(term: str) -> str:
    """Return the name of the key of a personal term, as :attr:`SearchKeys.head` begins."""
    return term.partition(".")[0] + "."


def _facts(order: Order) -> frozenset[tuple[str, str]]:
    intents = [past.intent for past in order.refunds] + ([order.refund] if order.refund else [])
    names = {name for one in intents for name in (one.apply_id, one.refund_num) if name}
    numbers = {(_REFUND, name) for name in names}
    if order.erased_at is not None:
        return frozenset(numbers)
    codes = {voucher.code for voucher in order.vouchers} | {order.order_code}
    people = {(_VOUCHER, code) for code in codes - {""}}
    people.add((_PHONE, digits_of(order.demand.take_phone)[-TAIL_DIGITS:]))
    return frozenset(numbers | people)


def _named(order: Order) -> tuple[object, ...]:
    """Return the parts of an order of which its facts are made."""
    phone = order.demand.take_phone
    return order.vouchers, order.order_code, order.refunds, order.refund, order.erased_at, phone


def _derived(key: bytes) -> hmac.HMAC:
    """Return what every term's digest begins as; a copy of it costs a third of a new one."""
    derived = hmac.digest(key, b"ticketbridge order search\0", hashlib.sha256)
    return hmac.new(derived, digestmod=hashlib.sha256)


def _term(name: str, key: hmac.HMAC, kind: str, value: str) -> str:
    digest = key.copy()
    digest.update(f"{kind}\0{value}".encode("utf-8", "surrogatepass"))
    return _head(name) + digest.hexdigest()[:_DIGEST_DIGITS]


def _head(name: str) -> str:
    return f"{PERSONAL}{name}."
