"""The saga's state as JSON bytes, and back.

Why it exists: the store keeps an order's state without knowing it. It must not lose a
field: an older state reads with today's defaults.
"""

from typing import Final

from pydantic import TypeAdapter

from worker.runtime.ports import OrderRow
from worker.saga.states import Order

_ORDER: Final = TypeAdapter(Order)


def write(order: Order) -> bytes:
    """Return the order as JSON."""
    return _ORDER.dump_json(order)


def read(row: OrderRow | None) -> Order | None:
    """Return the order that a row holds."""
    return None if row is None else _ORDER.validate_json(row.state)
