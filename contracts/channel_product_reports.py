"""What queryProduct and queryPrice answer in ``data``.

Why it exists: the channel sees what it may sell, when and under which rules. It must not
hold a price that is not the channel's business: ZZY's 分销价 (Price) is what we pay, and
stands nowhere here; the channel's own 结算价 does.
Source: docs/channel-guide.md; zzy.txt 1.1.1, 1.1.2.
"""

from decimal import Decimal
from typing import Annotated

from pydantic import Field, PlainSerializer, WithJsonSchema

from .channel_fields import to_cents
from .channel_reports import Report
from .channel_requests import ChannelModel

Yuan = Annotated[
    Decimal,
    PlainSerializer(lambda value: format(to_cents(value), "f"), return_type=str, when_used="json"),
    WithJsonSchema({"type": "string", "pattern": r"^[0-9]+\.[0-9]{2}$"}),
]
"""An amount of yuan, written as text with two decimals."""


class ProductReport(Report):
    """What a product is and under which rules it is sold (查询产品)."""

    product_code: str = Field(
        description="产品的分销代码: what createOrder takes. 1.下单接口. Example: P11063"
    )
    product_name: str = Field(description="产品名称. zzy.txt 1.1.1. Example: 龙游石窟景区联票")
    description: str = Field(default="", description="产品描叙. zzy.txt 1.1.1. Example: 含讲解")
    kind: str = Field(default="", description="票种. zzy.txt 1.1.1. Example: 成人票")
    scenic_spots: str = Field(default="", description="景点名称. zzy.txt 1.1.1. Example: 龙游石窟")
    on_sale: bool = Field(
        description="产品上下架状态: true 上架, false 下架. zzy.txt 1.1.1. Example: true"
    )
    one_code_each: bool = Field(
        description="入园方式: true 一人一码, false 多人一码. zzy.txt 1.1.1. Example: true"
    )
    real_name: bool = Field(
        description="是否需要游客信息: tourist_info is required. zzy.txt 1.1.1. Example: true"
    )
    refundable: bool = Field(
        description="退款规则: true 免费退款, false 不支持退款. zzy.txt 1.1.1. Example: true"
    )
    is_ticket: bool = Field(
        default=False, description="是否需要换票. zzy.txt 1.1.1. Example: false"
    )
    ticket_get_address: str = Field(
        default="", description="换票地址. zzy.txt 1.1.1. Example: 南门售票处"
    )
    adults: int | None = Field(default=None, description="成人票数. zzy.txt 1.1.1. Example: 1")
    children: int | None = Field(default=None, description="儿童数量. zzy.txt 1.1.1. Example: 0")
    max_by_order: int | None = Field(
        default=None, description="一单最大订购数量; null 不限制. zzy.txt 1.1.1. Example: 10"
    )
    max_by_phone: int | None = Field(
        default=None,
        description="每个手机最大购买数量 within days_by_phone; null 不限制. zzy.txt 1.1.1. "
        "Example: 5",
    )
    days_by_phone: int | None = Field(
        default=None, description="每个手机号码购买限制时间, days. zzy.txt 1.1.1. Example: 1"
    )
    max_by_id_card: int | None = Field(
        default=None,
        description="每个身份证最多购买数量 within days_by_id_card; null 不限制. zzy.txt 1.1.1. "
        "Example: 1",
    )
    days_by_id_card: int | None = Field(
        default=None, description="每个身份证购买时间限制, days. zzy.txt 1.1.1. Example: 1"
    )
    min_age: int | None = Field(
        default=None, description="最小年龄限制. zzy.txt 1.1.1. Example: 18"
    )
    max_age: int | None = Field(
        default=None, description="最大年龄限制. zzy.txt 1.1.1. Example: 60"
    )
    stock: int | None = Field(
        default=None, description="总库存; null 不限制. zzy.txt 1.1.1. Example: 500"
    )
    validity_mode: int | None = Field(
        default=None,
        description="有效时间: 1 游玩日期当天有效, 2 预订日期延后, 3 截止到指定日期, "
        "4 游玩日期延后, 5 游玩开始时间到结束时间. zzy.txt 1.1.1. Example: 1",
    )
    validity_days: int | None = Field(
        default=None, description="有效时间限制天数, days. zzy.txt 1.1.1. Example: 1"
    )
    valid_from: str = Field(
        default="", description="游玩的开始时间, of mode 5. zzy.txt 1.1.1. Example: 2025-07-01"
    )
    valid_to: str = Field(
        default="", description="游玩的结束时间, of mode 5. zzy.txt 1.1.1. Example: 2025-08-31"
    )
    booking_time: str = Field(
        default="",
        description="提前预定时间, HH:mm: until when it can be booked on the last bookable day. "
        "zzy.txt 1.1.1. Example: 17:00",
    )


class ProductsReport(Report):
    """What can be ordered (查询产品): the answer to queryProduct."""

    products: tuple[ProductReport, ...] = Field(
        default=(), description="产品: the one that was asked for, or all. Ours. Example: []"
    )


class ReportedSession(ChannelModel):
    """One session (场次) of a day."""

    begin_play_time: str = Field(
        description="场次开始时间, HH:mm, as createOrder takes it. zzy.txt 1.1.2. Example: 09:00"
    )
    end_play_time: str = Field(description="场次结束时间, HH:mm. zzy.txt 1.1.2. Example: 11:00")
    stock: int | None = Field(
        default=None, description="场次数量; null 不限制. zzy.txt 1.1.2. Example: 100"
    )


class ReportedDay(ChannelModel):
    """What a product costs on one day, and how many are left."""

    date: str = Field(description="日期, yyyy-MM-dd. zzy.txt 1.1.2. Example: 2025-07-29")
    market_price: Yuan | None = Field(
        default=None,
        description="市场价, yuan, two decimals. zzy.txt 1.1.2. Example: 80.00",
    )
    sale_price: Yuan | None = Field(
        default=None,
        description="销售价, yuan, two decimals. zzy.txt 1.1.2. Example: 70.00",
    )
    stock: int | None = Field(
        default=None, description="每日可售; null 不限制. zzy.txt 1.1.2. Example: 500"
    )
    booking_days: int = Field(
        default=0, description="提前预定天数: 0 为不限制. zzy.txt 1.1.2. Example: 0"
    )
    sessions: tuple[ReportedSession, ...] = Field(
        default=(), description="产品场次, where there are any. zzy.txt 1.1.2. Example: []"
    )


class PricesReport(Report):
    """Prices, stock and sessions of a product (查询价格): the answer to queryPrice."""

    product_code: str = Field(description="产品的分销代码. 1.下单接口. Example: P11063")
    settlement_price: Yuan | None = Field(
        default=None,
        description="结算价: what one costs the channel's own prepaid account, yuan, text with two "
        "decimals; null where it has none. Ours. Example: 60.00",
    )
    known_until: str = Field(
        default="",
        description="价格日历截止日期: the last day of which prices are known, yyyy-MM-dd; of "
        "later days nothing is said. Empty: of none. Ours. Example: 2025-09-27",
    )
    days: tuple[ReportedDay, ...] = Field(
        default=(), description="价格日历: the days on which it is sold. Ours. Example: []"
    )
