"""Asks ZZY's order/Verify (订单下单预校验) before an order is made, where that is wanted.

Why it exists: a refusal before Create leaves the channel's number free, so that it can
correct itself. Only a definite refusal counts; whatever else comes of the call, Create is
asked next. It must not ask about an order that is known already. Source: zzy.txt 1.1.3.
"""

from dataclasses import dataclass, replace

import structlog

from worker.clock import Clock
from worker.runtime.early_refusals import is_taken
from worker.runtime.outside import Supplier
from worker.runtime.perform import OnRefusal
from worker.runtime.storing import Store
from worker.saga.events import OrderCommanded
from worker.translation.outbound import Partner
from worker.translation.refusals import RefusalPatterns
from worker.translation.supplier import Refused
from worker.translation.verification import verify_request

_log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Wanted:
    """Whose orders, and orders of what, are verified first."""

    app_keys: frozenset[str] = frozenset()
    product_codes: frozenset[str] = frozenset()

    def covers(self, ordered: OrderCommanded) -> bool:
        """Tell whether this order is one of them."""
        return ordered.app_key in self.app_keys or (
            ordered.demand.product_code in self.product_codes
        )


class Precheck:
    """Asks ZZY whether an order would be taken."""

    def __init__(  # noqa: PLR0913  (whom it asks, as whom, and about what)
        self,
        supplier: Supplier,
        store: Store,
        clock: Clock,
        partner: Partner,
        *,
        patterns: RefusalPatterns,
        wanted: Wanted,
        on_refusal: OnRefusal | None = None,
    ) -> None:
        """Ask ``supplier`` as ``partner`` about what is ``wanted``."""
        self._on_refusal = on_refusal
        self._supplier = supplier
        self._store = store
        self._clock = clock
        self._partner = partner
        self._patterns = patterns
        self._wanted = wanted

    async def look_at(self, ordered: OrderCommanded) -> OrderCommanded:
        """Return the order, refused if ZZY surely refuses it. Raises StoreUnavailableError."""
        if ordered.refusal is not None or not self._wanted.covers(ordered):
            return ordered
        if await is_taken(self._store, ordered.order_num):
            return ordered
        request = verify_request(ordered, self._partner, self._clock.now())
        result = await self._supplier.verify(request)
        if not isinstance(result, Refused):
            return ordered
        failure, alarm = self._patterns.failure(result.message)
        _log.info("verify_refused", order_num=ordered.order_num, log_id=result.log_id)
        if self._on_refusal:
            self._on_refusal(failure.code, ordered.zzy_product_id)
        return replace(ordered, refusal=failure, alarm=alarm)
