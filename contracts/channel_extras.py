"""What a channel may ask beyond its document: refundOrder, queryOrder, resendVoucher, prices.

Why it exists: these interfaces are additions of ours in the document's envelope; the
document's own two stand in channel_requests.py. It must not look at a clock or a store.
Source: docs/channel-guide.md; zzy.txt 1.1.1, 1.1.2, 1.1.6, 1.1.7.
"""

from datetime import timedelta
from typing import Annotated, Any, Final, Self, TypeVar

from pydantic import BeforeValidator, Field, ModelWrapValidatorHandler, model_validator
from pydantic_core import PydanticCustomError

from .channel_codes import Code, ProtocolError
from .channel_fields import Count, Day, Text
from .channel_requests import ChannelModel, order_num, read_business
from .commands import VouchersBy
from .queries import MAX_PRICE_DAYS
from .strict_json import dumps


def _absent(value: object) -> object:
    return None if isinstance(value, str) and not value.strip() else value


def _none_at_all(value: object) -> object:
    return () if _absent(value) is None else value


Kind = TypeVar("Kind")
Optional = Annotated[Kind | None, BeforeValidator(_absent)]
"""A field that may be left out; a blank one was left out."""


class ExtraRequest(ChannelModel):
    """What these requests share."""

    def to_params(self) -> str:
        """Return the JSON text of ``params``."""
        fields: dict[str, Any] = self.model_dump(mode="json", exclude_none=True)
        return dumps({name: value for name, value in fields.items() if value != []})


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
    count: Optional[Count] = Field(
        default=None,
        description="退票数量: how many tickets; with neither count nor codes all that are left. "
        "zzy.txt 1.1.7. Example: 1",
    )
    codes: Annotated[tuple[Text, ...], BeforeValidator(_none_at_all)] = Field(
        default=(),
        description="入园凭证: which vouchers, where each visitor has one; count may then be left "
        "out. An empty list without a count is refused: it does not mean all. "
        'zzy.txt 1.1.7. Example: ["2020522556333222221-2"]',
    )

    @model_validator(mode="wrap")
    @classmethod
    def _all_is_never_meant_by_a_blank(
        cls, given: object, read: ModelWrapValidatorHandler[Self]
    ) -> Self:
        """Refuse a count or codes that are there and empty: a slip would cost the whole order."""
        asked = read(given)
        if asked.count is None and not asked.codes and isinstance(given, dict):
            for field in ("count", "codes"):
                if given.get(field) is not None:
                    raise PydanticCustomError("missing", "missing", {"field": field})
        return asked

    @model_validator(mode="after")
    def _count_is_that_of_the_codes(self) -> Self:
        if len(set(self.codes)) != len(self.codes):
            raise PydanticCustomError("codes", "one stands twice", {"field": "codes"})
        if self.codes and self.count not in {None, len(self.codes)}:
            raise PydanticCustomError("count", "not the number of codes", {"field": "count"})
        return self


class QueryOrder(ExtraRequest):
    """查询订单: how an order stands; by our number or by the channel's own."""

    order_num: Optional[Text] = Field(
        default=None,
        description="订单编号: our number; this or channel_order_num is required. Ours. "
        "Example: 84d95bdc7ef911eaa2505404a6b35c1e",
    )
    channel_order_num: Optional[Text] = Field(
        default=None,
        description="渠道商的订单编号: the channel's own, where ours is not known. 1.下单接口. "
        "Example: 265793fc7ef711eaa2505404a6b35c1e",
    )

    @model_validator(mode="after")
    def _some_number(self) -> Self:
        if self.order_num is None and self.channel_order_num is None:
            raise PydanticCustomError("missing", "missing", {"field": "order_num"})
        return self

    def number(self, app_key: str) -> str:
        """Return our number of the order that is meant.

        Raises :class:`ProtocolError` 4001 when the two numbers name two orders.
        """
        derived = order_num(app_key, self.channel_order_num) if self.channel_order_num else None
        if self.order_num and derived and self.order_num != derived:
            detail = "order_num 与 channel_order_num 不符 (two different orders)"
            raise ProtocolError(Code.ORDER_UNKNOWN, detail, "channel_order_num")
        return self.order_num or derived or ""


class ResendVoucher(ExtraRequest):
    """重发凭证: send the vouchers again."""

    order_num: Text = Field(
        description="订单编号: our number. Ours. Example: 84d95bdc7ef911eaa2505404a6b35c1e"
    )
    by: Optional[VouchersBy] = Field(
        default=None,
        description="notify: as a notification; sms: 短信 to take_phone; both; left out: as the "
        "channel is set up. Ours. Example: sms",
    )


class QueryProduct(ExtraRequest):
    """查询产品: what can be ordered, and under which rules."""

    product_code: Optional[Text] = Field(
        default=None,
        description="产品的分销代码: one product; left out: all. 1.下单接口. Example: P11063",
    )


class QueryPrice(ExtraRequest):
    """查询价格: prices, stock and sessions (场次), day by day."""

    product_code: Text = Field(
        description="产品的分销代码: which product. 1.下单接口. Example: P11063"
    )
    begin_date: Day = Field(
        description="起始日期: the first day, yyyy-MM-dd, Asia/Shanghai. Ours. Example: 2025-07-29"
    )
    end_date: Day = Field(
        description="结束日期: the last day, included; at most 366 days in all. Ours. "
        "Example: 2025-08-28"
    )

    @model_validator(mode="after")
    def _some_days(self) -> Self:
        if self.end_date < self.begin_date:
            raise PydanticCustomError("end_date", "before begin_date", {"field": "end_date"})
        if self.end_date - self.begin_date >= timedelta(days=MAX_PRICE_DAYS):
            raise PydanticCustomError("end_date", "too many days", {"field": "end_date"})
        return self


_REFUND_CODES: Final = {"count": Code.CANCEL_FAILED, "codes": Code.CANCEL_FAILED}
_PRICE_CODES: Final = {"begin_date": Code.DATE_INVALID, "end_date": Code.DATE_INVALID}


def parse_refund_order(params: str) -> RefundOrder:
    """Read the fields of refundOrder. Raises :class:`ProtocolError`."""
    return read_business(RefundOrder, params, _REFUND_CODES)


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
    return read_business(QueryPrice, params, _PRICE_CODES)
