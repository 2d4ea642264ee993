"""Keeps the catalogue (产品目录) true: at start, on a schedule, and when ZZY says so.

Why it exists: products change at ZZY without our asking. Of several workers one fetches
and the others read what it kept. A fetch that fails is tried again later and changes
nothing. It must not refuse an order.
Source: PROTOCOL.md, "Product notice", "Catalogue"; zzy.txt 2.1.4.
"""

import asyncio
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

import structlog

from contracts.zzy import ProductChange, ProductNotice
from worker.clock import Clock
from worker.errors import CatalogueUnknownError, StoreUnavailableError
from worker.runtime.catalogue import Catalogue
from worker.runtime.cataloguing import CatalogueStore
from worker.telemetry import alarm
from worker.translation.buyers import since

START_SECONDS: Final = 1.0
"""How long the first orders wait for the first fetch."""
START_INTERVAL: Final = 60.0
"""A worker that starts so soon after another's fetch reads what that one kept."""
RETRY_SECONDS: Final = 60.0
"""After a fetch that failed."""
SCHEDULE: Final = "products"

_log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Rhythm:
    """How often what is done."""

    sync_interval: float = 3_600.0
    refresh: float = 30.0
    """How long another process's fetch may stay unseen."""


class CatalogueSync:
    """Fetches what the catalogue holds."""

    def __init__(
        self,
        catalogue: Catalogue,
        store: CatalogueStore,
        clock: Clock,
        rhythm: Rhythm | None = None,
    ) -> None:
        """Keep ``catalogue`` true in this ``rhythm``."""
        self._catalogue = catalogue
        self._store = store
        self._clock = clock
        self._rhythm = rhythm or Rhythm()
        self._retry_at: datetime | None = None

    async def start(self) -> None:
        """Read what is kept and fetch anew, for a moment at most: orders need not wait.

        Where nothing is kept, whoever began to fetch may have been killed at it.
        """
        await self._catalogue.refresh()
        recent = min(START_INTERVAL, self._rhythm.sync_interval)
        try:
            async with asyncio.timeout(START_SECONDS):
                await self.sync_if_due(recent if self._catalogue.all_known() else 0)
        except TimeoutError:
            self._retry_at = self._clock.now()

    async def run(self) -> None:
        """Refresh and fetch for ever."""
        while True:
            try:
                await self._catalogue.refresh()
                await self.sync_if_due(self._rhythm.sync_interval)
            except StoreUnavailableError as error:
                _log.warning("catalogue_not_refreshed", error=str(error))
            await self._clock.sleep(self._rhythm.refresh)

    async def sync_if_due(self, interval: float) -> None:
        """Fetch everything unless another worker did so within ``interval`` seconds."""
        now = self._clock.now()
        again = self._retry_at is not None and self._retry_at <= now
        if not again and not await self._store.claim_sync(SCHEDULE, now, interval=interval):
            return
        try:
            await self.sync()
            self._retry_at = None
        except CatalogueUnknownError:
            self._retry_at = now + timedelta(seconds=RETRY_SECONDS)
            _log.warning("catalogue_not_fetched", retry_seconds=RETRY_SECONDS)

    async def sync(self) -> int:
        """Fetch everything; return how many products changed.

        Raises CatalogueUnknownError when the list cannot be had; prices that cannot be had
        are left as they are. Raises StoreUnavailableError.
        """
        changed = await self._catalogue.sync()
        for known in self._catalogue.all_known():
            if known.standing == "on":
                await self._fetch_prices(known.product_id)
        await self._store.forget_purchases(since(self._clock.now(), self._longest_limit() + 1))
        return changed

    async def _fetch_prices(self, product_id: str) -> None:
        try:
            await self._catalogue.fetch_prices(product_id)
        except CatalogueUnknownError:
            _log.warning("prices_not_fetched", product_id=product_id)

    def _longest_limit(self) -> int:
        limits = [
            days or 0
            for known in self._catalogue.all_known()
            for days in (known.product.limit_day_by_mobile, known.product.limit_day_by_card_id)
        ]
        return max(limits, default=0)

    async def apply(self, notice: ProductNotice, *, last: bool) -> None:
        """Do what a product notice (产品变更通知) asks for.

        Raises CatalogueUnknownError where ZZY does not answer; with ``last`` an alarm
        instead: the schedule will find it. Raises StoreUnavailableError.
        """
        try:
            await self._apply(notice)
        except CatalogueUnknownError:
            if not last:
                raise
            alarm("product_not_fetched", product_id=notice.product_id)

    async def _apply(self, notice: ProductNotice) -> None:
        product_id = notice.product_id
        if notice.status is ProductChange.OFF:
            await self._catalogue.mark(product_id, "off")
            return
        await self._catalogue.fetch_product(product_id)
        if notice.status in {ProductChange.ON, ProductChange.PRICES}:
            known = self._catalogue.known(product_id)
            if known is not None and known.standing == "on":
                await self._catalogue.fetch_prices(product_id)
