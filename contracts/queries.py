"""What may be asked without changing anything.

Why it exists: the typed questions on the queue of queries; each is answered with an
OrderOutcome whose data is a report (channel_reports.py). It must not change anything.
"""

from typing import ClassVar, Final, Self

from pydantic import Field, model_validator

from .channel_fields import Day, Text
from .envelope import MessageModel, Moment

MAX_PRICE_DAYS: Final = 366
"""So many days may be asked for at once."""


class Query(MessageModel):
    """What all questions share."""

    app_key: str = Field(description="开发key: who asks. Example: e346aca67b1b11eab1d4")
    received_at: Moment = Field(description="When it was taken. Example: 2025-07-29T02:36:09+00:00")


class OrderQuery(Query):
    """How does an order stand (查询订单)."""

    TYPE: ClassVar[str] = "query.order.v1"

    order_num: Text = Field(
        description="订单编号: our number. Ours. Example: a72cfce7dec54cf18cd4ac610f221ecf"
    )


class ProductQuery(Query):
    """What can be ordered (查询产品)."""

    TYPE: ClassVar[str] = "query.product.v1"

    product_code: Text | None = Field(
        default=None,
        description="产品的分销代码: which product; without it all. 1.下单接口. Example: P11063",
    )


class PriceQuery(Query):
    """What does a product cost, and how many are left, on which day (查询价格)."""

    TYPE: ClassVar[str] = "query.price.v1"

    product_code: Text = Field(
        description="产品的分销代码: which product. 1.下单接口. Example: P11063"
    )
    begin_date: Day = Field(description="The first day, Asia/Shanghai. Ours. Example: 2025-07-29")
    end_date: Day = Field(description="The last day, included. Ours. Example: 2025-08-28")

    @model_validator(mode="after")
    def _some_days(self) -> Self:
        if not 0 <= (self.end_date - self.begin_date).days < MAX_PRICE_DAYS:
            raise ValueError("end_date is before begin_date, or too many days after it")
        return self
