"""Calls again, when a worker starts, for the people who are still needed.

Why it exists: an alarm is raised once its order is committed; a worker that dies between the
two leaves an order in front of a human of whom nobody told. It must not change an order.
Source: PROTOCOL.md, "What must always hold", 3.
"""

from typing import Final

import structlog

from worker.errors import StoreUnavailableError
from worker.runtime.ports import Store
from worker.telemetry import alarm

MOST: Final = 1_000

_log = structlog.get_logger(__name__)


async def recall(store: Store) -> None:
    """Raise the alarm of every order in front of a human, at most ``MOST`` of them."""
    try:
        rows = await store.orders(human=True, limit=MOST)
    except StoreUnavailableError as error:
        _log.warning("recall_failed", error=str(error))
        return
    for row in rows:
        alarm("order_needs_human", order_num=row.order_num, text=row.human)
