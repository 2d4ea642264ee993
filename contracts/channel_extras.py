"""What a channel may ask beyond its document: refundOrder, queryOrder, resendVoucher, prices.

Why it exists: these interfaces are additions of ours in the document's envelope; the
document's own two stand in channel_requests.py. It must not look at a clock or a store.
Source: docs/channel-guide.md; zzy.txt 1.1.1, 1.1.2, 1.1.6, 1.1.7.
"""

from typing import Self

from pydantic import Field, model_validator
from pydantic_core import PydanticCustomError

from .channel_fields import Count, Day, Text
from .channel_requests import ChannelModel, order_num, read_business
from .commands import VouchersBy
from .strict_json import dumps


class ExtraRequest(ChannelModel):
    """What these requests share."""

    def to_params(self) -> str:
        """Return the JSON text of ``params``."""
        return dumps(self.model_dump(mode="json", exclude_none=True))


class RefundOrder(ExtraRequest):
    """退款: take back some tickets of an order, or all that are left."""

    order_num: Text = Field(
        description="订单编号: our number, as createOrder answered it. Ours. "
        "Example: 84d95bdc7ef911eaa2505404a6b35c1e"
    )
    refund_num: Text = Field(
        description="退款编号: the channel's own name of this refund; the same one again is the "
        "same refund. Ours. Example: R20250729-1"
    )
    count: Count | None = Field(
        default=None,
        description="退票数量: how many tickets; with neither count nor codes all that are left. "
        "zzy.txt 1.1.7. Example: 1",
    )
    codes: tuple[Text, ...] = Field(
        default=(), description="入园凭证: which vouchers. zzy.txt 1.1.7. Example: []"
    )

    @model_validator(mode="after")
    def _count_is_that_of_the_codes(self) -> Self:
        if len(set(self.codes)) != len(self.codes):
            raise PydanticCustomError("codes", "codes holds one twice")
        if self.codes and self.count not in (None, len(self.codes)):
            raise PydanticCustomError("refund_count", "count is not the number of codes")
        return self


class QueryOrder(ExtraRequest):
    """查询订单: how an order stands; by our number or by the channel's own."""

    order_num: Text | None = Field(
        default=None,
        description="订单编号: our number. Ours. Example: 84d95bdc7ef911eaa2505404a6b35c1e",
    )
    channel_order_num: Text | None = Field(
        default=None,
        description="渠道商的订单编号: the channel's own, where ours is not known. 1.下单接口. "
        "Example: 265793fc7ef711eaa2505404a6b35c1e",
    )

    def number(self, app_key: str) -> str:
        """Return our number of the order that is meant."""
        return self.order_num or order_num(app_key, self.channel_order_num or "")


class ResendVoucher(ExtraRequest):
    """重发凭证: send the vouchers again."""

    order_num: Text = Field(
        description="订单编号: our number. Ours. Example: 84d95bdc7ef911eaa2505404a6b35c1e"
    )
    by: VouchersBy | None = Field(
        default=None,
        description="notify: as a notification; sms: 短信 to take_phone; both; left out: as the "
        "channel is set up. Ours. Example: sms",
    )


class QueryProduct(ExtraRequest):
    """查询产品: what can be ordered, and under which rules."""

    product_code: Text | None = Field(
        default=None,
        description="产品的分销代码: one product; left out: all. 1.下单接口. Example: P11063",
    )


class QueryPrice(ExtraRequest):
    """查询价格: prices, stock and sessions (场次), day by day."""

    product_code: Text = Field(
        description="产品的分销代码: which product. 1.下单接口. Example: P11063"
    )
    begin_date: Day = Field(description="The first day, Asia/Shanghai. Ours. Example: 2025-07-29")
    end_date: Day = Field(description="The last day, included. Ours. Example: 2025-08-28")


def parse_refund_order(params: str) -> RefundOrder:
    """Read the fields of refundOrder. Raises :class:`ProtocolError`."""
    return read_business(RefundOrder, params)


def parse_query_order(params: str) -> QueryOrder:
    """Read the fields of queryOrder. Raises :class:`ProtocolError`."""
    return read_business(QueryOrder, params)


def parse_resend_voucher(params: str) -> ResendVoucher:
    """Read the fields of resendVoucher. Raises :class:`ProtocolError`."""
    return read_business(ResendVoucher, params)


def parse_query_product(params: str) -> QueryProduct:
    """Read the fields of queryProduct. Raises :class:`ProtocolError`."""
    return read_business(QueryProduct, params)


def parse_query_price(params: str) -> QueryPrice:
    """Read the fields of queryPrice. Raises :class:`ProtocolError`."""
    return read_business(QueryPrice, params)
