"""queryOrder, queryProduct, queryPrice: validate, ask one question, pass the answer on.

Why it exists: what a channel wants to know is known where the database is, and the ingress
holds none: it asks over the broker. A question changes nothing, so it may always be asked
again. Interfaces of ours; source: docs/channel-guide.md.
"""

from http import HTTPStatus
from typing import Final

from contracts import queues
from contracts.channel import (
    Answer,
    Code,
    parse_query_order,
    parse_query_price,
    parse_query_product,
)
from contracts.queries import OrderQuery, PriceQuery, ProductQuery, Query
from worker.clock import Clock
from worker.ingress.asking import Answered, Otherwise, answered, message_of
from worker.ingress.config import ChannelAccess, IngressConfig
from worker.ingress.sending import Sender

NO_ANSWER: Final = (
    "查询未得到结果，未作任何更改，请重试 (no answer, nothing was changed: ask again)"
)
NOT_ASKED: Final = "查询失败，未作任何更改，请稍后重试 (not asked, nothing was changed: try later)"

_OTHERWISE: Final = Otherwise(
    not_sent=Answer.refused(Code.CREATE_FAILED, NOT_ASKED),
    unsettled=Answer.refused(Code.UNKNOWN_OUTCOME, NO_ANSWER),
    unknown=Answer.refused(Code.UNKNOWN_OUTCOME, NO_ANSWER),
    unsettled_status=HTTPStatus.GATEWAY_TIMEOUT,
)


class ChannelQueries:
    """The interfaces that change nothing."""

    def __init__(self, config: IngressConfig, sender: Sender, clock: Clock) -> None:
        """Ask through ``sender`` and wait for the answer as configured."""
        self._config = config
        self._sender = sender
        self._clock = clock

    async def query_order(self, channel: ChannelAccess, params: str) -> Answered:
        """查询订单."""
        number = parse_query_order(params).number(channel.app_key)
        query = OrderQuery(app_key=channel.app_key, received_at=self._clock.now(), order_num=number)
        return await self._ask(query, number)

    async def query_product(self, channel: ChannelAccess, params: str) -> Answered:
        """查询产品."""
        asked = parse_query_product(params)
        query = ProductQuery(
            app_key=channel.app_key,
            received_at=self._clock.now(),
            product_code=asked.product_code,
        )
        return await self._ask(query)

    async def query_price(self, channel: ChannelAccess, params: str) -> Answered:
        """查询价格."""
        asked = parse_query_price(params)
        query = PriceQuery(
            app_key=channel.app_key,
            received_at=self._clock.now(),
            product_code=asked.product_code,
            begin_date=asked.begin_date,
            end_date=asked.end_date,
        )
        return await self._ask(query)

    async def _ask(self, query: Query, number: str = "") -> Answered:
        message = message_of(query, queues.QUERIES, number)
        sent = await self._sender.send(message, wait=self._config.reply_wait_seconds)
        return answered(sent, _OTHERWISE, number)
