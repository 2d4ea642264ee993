"""Relays ZZY's product notices (产品变更通知) to the channels that want them.

Why it exists: a product notice belongs to no order, so it needs no saga: what changed is
fetched, and then told to every channel that named a URL for it. It must not be
de-duplicated: fetching a product again does no harm.
Source: PROTOCOL.md, "Product notice"; ZZY document, 2.1.4.
"""

from collections.abc import Sequence
from hashlib import sha256
from typing import Final

from contracts import queues
from contracts.channel import NotifyType, ProductNotification
from contracts.envelope import wrap
from contracts.events import ChannelNotification
from contracts.zzy import ProductChange, ProductNotice
from worker.clock import Clock
from worker.errors import BrokerUnavailableError, CatalogueUnknownError, PublishUnknownError
from worker.runtime.catalogue import Catalogue
from worker.runtime.catalogue_sync import CatalogueSync
from worker.runtime.outcome import Ack, Outcome, Retry
from worker.runtime.ports import Broker, Message

CHANGES: Final = {
    ProductChange.OFF: "off",
    ProductChange.ON: "on",
    ProductChange.CHANGED: "changed",
    ProductChange.PRICES: "prices",
}
RETRY_SECONDS: Final = 5.0
FETCH_RETRIES: Final = (5.0, 30.0, 120.0)
"""Seconds until ZZY is asked again; then the channels are told all the same."""


class ProductNews:
    """Tells channels of product changes."""

    def __init__(
        self,
        broker: Broker,
        clock: Clock,
        catalogue: Catalogue,
        catalogue_sync: CatalogueSync,
        app_keys: Sequence[str],
    ) -> None:
        """Have ``catalogue_sync`` fetch; tell ``app_keys`` in the codes of ``catalogue``."""
        self._broker = broker
        self._clock = clock
        self._catalogue = catalogue
        self._catalogue_sync = catalogue_sync
        self._app_keys = tuple(app_keys)

    async def relay(self, message: Message, notice: ProductNotice) -> Outcome:
        """Fetch what changed, then publish one notification for each channel and code.

        Ack once all are confirmed. Raises StoreUnavailableError.
        """
        last = message.attempt >= len(FETCH_RETRIES)
        try:
            await self._catalogue_sync.apply(notice, last=last)
        except CatalogueUnknownError:
            return Retry(FETCH_RETRIES[message.attempt], "ZZY does not tell what changed")
        try:
            for app_key in self._app_keys:
                for code in self._catalogue.codes(notice.product_id):
                    await self._broker.publish(self._news(message, notice, app_key, code))
        except (BrokerUnavailableError, PublishUnknownError):
            return Retry(RETRY_SECONDS, "the broker did not take a product notification")
        return Ack()

    def _news(self, message: Message, notice: ProductNotice, app_key: str, code: str) -> Message:
        now = self._clock.now()
        digest = sha256(f"{message.message_id}\n{app_key}\n{code}".encode()).hexdigest()
        webhook_id = f"msg_{digest[:32]}"
        news = ProductNotification(product_code=code, change=CHANGES[notice.status])
        data = ChannelNotification(
            webhook_id=webhook_id,
            notify_type=NotifyType.PRODUCT,
            app_key=app_key,
            order_num="",
            channel_order_num="",
            seq=0,
            created_at=now,
            params=news.to_params(),
        )
        body = wrap(data, id=webhook_id, time=now, causation_id=message.message_id)
        return Message(queues.relay_queue(app_key), data.TYPE, body, webhook_id)
