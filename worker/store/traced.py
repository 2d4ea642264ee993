"""A store whose commits are spans, and whose outbox carries the trace that it belongs to.

Why it exists: what a crash left in the outbox is published by a sweeper that knows nothing of
the step which wrote it; its headers do. It stands around the store only where tracing is on. It
must not change what a transition says of an order.
Source: docs/decisions/0026-traces.md.
"""

from typing import Any, cast

from worker.runtime.ports import Committed, Store, Transition
from worker.saga.replacing import replace
from worker.telemetry import traces


def traced(store: Store) -> Store:
    """Return the store with a span around each commit."""
    return cast(Store, TracedStore(store))


class TracedStore:
    """:class:`worker.runtime.ports.Store` over another; what is not here goes to it as it is."""

    def __init__(self, store: Store) -> None:
        """Commit to ``store``."""
        self._store = store

    def __getattr__(self, name: str) -> Any:  # noqa: ANN401  (whatever the port has)
        return getattr(self._store, name)

    async def commit(self, transition: Transition) -> Committed:
        """Write a transition durably; the first of an order begins what its spans gather under."""
        row, entries = transition.row, transition.entries
        event = entries[0].kind if entries else ""
        with traces.span("commit", order_num=row.order_num, phase=row.phase, event=event) as span:
            carried = traces.carried()
            outbox = [replace(one, headers={**one.headers, **carried}) for one in transition.outbox]
            committed = await self._store.commit(replace(transition, outbox=outbox))
            span.set(applied=committed.applied)
        if committed.applied and row.version == 1:
            traces.begin_order(row.order_num)
        return committed
