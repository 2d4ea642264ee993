"""The saga's state as JSON bytes, and back.

Why it exists: the store keeps an order's state without knowing it. It must not lose a
field: an older state reads with today's defaults, and a newer one is not read at all. A
program that does not know a field would write the order back without it; so what it must
not touch stands in an envelope with a number, and whoever does not know the number leaves
the order to a newer worker. 0.1.0 knew no envelope, and cannot read one.
"""

import re
from collections import OrderedDict
from datetime import datetime
from typing import Final

from pydantic import TypeAdapter

from worker.errors import StoreUnavailableError
from worker.runtime.ports import OrderRow
from worker.saga.states import Order

FORMAT: Final = 2
"""Raise it when :class:`~worker.saga.states.Order` changes after a release: CONTRIBUTING.md."""

_ORDER: Final = TypeAdapter(Order)
_BEGIN: Final = b'{"format":%d,"order":' % FORMAT
_END: Final = b"}"
_HEAD: Final = re.compile(rb'\{"format":(\d+),"order":')


REMEMBERED: Final = 256
"""So many states a process knows without reading them: those it wrote or read last."""

_known: Final[OrderedDict[bytes, Order]] = OrderedDict()
"""The orders of those states, the oldest first; nobody can change an order."""


def write(order: Order) -> bytes:
    """Return the order as JSON."""
    state = _BEGIN + _ORDER.dump_json(order) + _END
    _remember(state, order)
    return state


def read(row: OrderRow | None) -> Order | None:
    """Return the order that a row holds; raises StoreUnavailableError for one of a newer format.

    A state that this process wrote a moment ago is not parsed: a notice comes while its order's
    last commit is fresh.
    """
    if row is None:
        return None
    return _known.get(row.state) or _remember(row.state, parsed(row.state))


def parsed(state: bytes) -> Order:
    """Return the order that a state tells of, whoever wrote it."""
    return _ORDER.validate_json(opened(state))


def _remember(state: bytes, order: Order) -> Order:
    _known[state] = order
    if len(_known) > REMEMBERED:
        _known.popitem(last=False)
    return order


def opened(state: bytes) -> bytes:
    """Return the JSON of the order itself; raises StoreUnavailableError if its format is newer."""
    head = _HEAD.match(state)
    if head is None:
        return state  # of 0.1.0
    if int(head[1]) > FORMAT:
        raise StoreUnavailableError("a newer version wrote this order: this worker leaves it alone")
    return state[head.end() : -len(_END)]


def row(order: Order, version: int, now: datetime) -> OrderRow:
    """Return the order as the store keeps it: its state, and what is searched for."""
    return OrderRow(
        order_num=order.order_num,
        version=version,
        app_key=order.app_key,
        channel_order_num=order.channel_order_num,
        zzy_order_id=order.zzy_order_id or None,
        phase=order.phase,
        human=order.human or None,
        wake_at=order.wake_at,
        state=write(order),
        created_at=order.accepted_at,
        updated_at=now,
        erased_at=order.erased_at,
    )
