"""Products, prices and stock of ZZY (1.1.1, 1.1.2).

Why it exists: the catalogue against which an order can be refused before ZZY is asked.
It must not decide anything about an order. Source: docs/protocols/zzy.txt.
"""

from datetime import date
from decimal import Decimal
from enum import IntEnum
from typing import Annotated, ClassVar, Self

from pydantic import (
    BeforeValidator,
    Field,
    ModelWrapValidatorHandler,
    PlainSerializer,
    PrivateAttr,
    ValidationError,
    model_validator,
)

from .zzy_base import LooseInt, Text, ZzyAnswer, ZzyId, ZzyModel, no_null


class EntranceMode(IntEnum):
    """入园方式 (1.1.1)."""

    ONE_CODE_FOR_ALL = 0
    """多人一码."""
    ONE_CODE_EACH = 1
    """一人一码: every visitor's id is needed."""


class CustomerSet(IntEnum):
    """是否需要游客信息 (1.1.1)."""

    NEEDED = 1
    """需要游客信息."""
    NOT_NEEDED = 2
    """不需要游客信息."""


def _blank(value: object) -> object:
    return None if isinstance(value, str) and not value.strip() else value


Mode = Annotated[
    EntranceMode | int | None, Field(union_mode="left_to_right"), BeforeValidator(_blank)
]
"""入园方式; a number that the document does not name is kept."""

Customers = Annotated[
    CustomerSet | int | None, Field(union_mode="left_to_right"), BeforeValidator(_blank)
]
"""是否需要游客信息; a number that the document does not name is kept."""

Price = Annotated[
    Decimal | None,
    BeforeValidator(lambda value: None if value == "" else value),
    PlainSerializer(float, return_type=float, when_used="json-unless-none"),
]
"""Yuan; written as the document's number."""


class Listing(ZzyModel):
    """Data that is a list: an entry that cannot be read does not spoil the others."""

    _entries: ClassVar[str] = ""
    """The list's name in the document."""
    _entry: ClassVar[type[ZzyModel]] = ZzyModel
    _unreadable: int = PrivateAttr(default=0)

    @property
    def unreadable(self) -> int:
        """Return how many entries were left out because they could not be read."""
        return self._unreadable

    @model_validator(mode="wrap")
    @classmethod
    def _one_by_one(cls, data: object, read: ModelWrapValidatorHandler[Self]) -> Self:
        given = data if isinstance(data, dict) else {}
        name = next((key for key in given if str(key).lower() == cls._entries.lower()), "")
        if not isinstance(given.get(name), list | tuple):
            return read(data)
        readable = [entry for item in given[name] if (entry := cls._read(item)) is not None]
        listing = read({**given, name: readable})
        listing._unreadable = len(given[name]) - len(readable)  # noqa: SLF001  (its own)
        return listing

    @classmethod
    def _read(cls, item: object) -> ZzyModel | None:
        try:
            return cls._entry.model_validate(item)
        except ValidationError:
            return None


class ProductsRequest(ZzyModel):
    """获取分销商授权产品, GET (1.1.1); the query."""

    page_index: int = Field(
        alias="pageIndex", description="当前页码: which page, from 1. 1.1.1. Example: 1"
    )
    page_size: int = Field(
        alias="pageSize", description="获取条数: products a page. 1.1.1. Example: 50"
    )
    product_id: ZzyId | None = Field(
        default=None,
        alias="productId",
        description="产品 ID：传值后只获取当前产品: only this product. 1.1.1. Example: 11063",
    )


class Product(ZzyModel):
    """A product that the distributor may sell. Source: 1.1.1."""

    product_id: ZzyId = Field(description="产品 ID. 1.1.1. Example: 11063")
    version: LooseInt = Field(
        default=0, description="产品版本号: 0 when new, changes with every edit. 1.1.1. Example: 0"
    )
    product_code: Text = Field(default="", description="产品编码. 1.1.1. Example: P11063")
    is_ticket: LooseInt = Field(
        default=None, description="是否需要换票: 1 需要, 0 不需要. 1.1.1. Example: 0"
    )
    ticket_get_address: Text = Field(default="", description="换票地址. 1.1.1. Example: 南门售票处")
    product_name: Text = Field(default="", description="产品名称. 1.1.1. Example: 龙游石窟景区联票")
    product_desc: Text = Field(default="", description="产品描叙. 1.1.1. Example: 含讲解")
    entrance_mode: Mode = Field(
        default=None, description="入园方式: 0 多人一码, 1 一人一码. 1.1.1. Example: 1"
    )
    product_kind: Text = Field(default="", description="票种. 1.1.1. Example: 成人票")
    adult_number: LooseInt = Field(default=None, description="成人票数. 1.1.1. Example: 1")
    child_number: LooseInt = Field(default=None, description="儿童数量. 1.1.1. Example: 0")
    max_number_by_order: LooseInt = Field(
        default=None, description="一单最大订购数量: 0 为不限制. 1.1.1. Example: 10"
    )
    max_number_by_mobile: LooseInt = Field(
        default=None, description="一单每个手机最大购买数量. 1.1.1. Example: 5"
    )
    limit_day_by_mobile: LooseInt = Field(
        default=None, description="一单每个手机号码购买限制时间, days. 1.1.1. Example: 1"
    )
    max_number_by_card_id: LooseInt = Field(
        default=None,
        alias="MaxNumberByCardID",
        description="一单每个身份证最多购买数量. 1.1.1. Example: 1",
    )
    limit_day_by_card_id: LooseInt = Field(
        default=None,
        alias="LimitDayByCardID",
        description="一单每个身份证购买时间限制, days. 1.1.1. Example: 1",
    )
    customer_set: Customers = Field(
        default=None, description="是否需要游客信息: 1 需要, 2 不需要. 1.1.1. Example: 1"
    )
    total_stock: LooseInt = Field(
        default=None,
        alias="TotoalStock",
        description="总库存: 0 为不限制; the document spells it TotoalStock. 1.1.1. Example: 0",
    )
    product_status: LooseInt = Field(
        default=None, description="产品上下架状态: 0 下架, 1 上架. 1.1.1. Example: 1"
    )
    refund_set: LooseInt = Field(
        default=None, description="退款规则: 0 不支持退款, 1 免费退款. 1.1.1. Example: 1"
    )
    scenic_spots: Text = Field(default="", description="景点名称. 1.1.1. Example: 龙游石窟")
    scenic_id: ZzyId | None = Field(default=None, description="景点编号. 1.1.1. Example: 215")
    out_id: Text = Field(default="", description="外部景点 ID. 1.1.1. Example: S215")
    min_age: LooseInt = Field(default=None, description="最小年龄限制. 1.1.1. Example: 18")
    max_age: LooseInt = Field(default=None, description="最大年龄限制. 1.1.1. Example: 60")
    effective_time_mode: LooseInt = Field(
        default=None,
        description="有效时间: 1 游客选定的游玩日期当天有效, 2 游客预订日期延后, 3 截止到指定日期, "
        "4 游客选定的游玩日期延后, 5 游玩开始时间到结束时间. 1.1.1. Example: 1",
    )
    effective_time: LooseInt = Field(
        default=None, description="有效时间限制天数, days. 1.1.1. Example: 1"
    )
    become_effective_time: LooseInt = Field(
        default=None, description="生效时间限制. 1.1.1. Example: 0"
    )
    begin_effective_time: Text = Field(
        default="",
        description="游玩的开始时间, when EffectiveTimeMode is 5. 1.1.1. Example: 2025-07-01",
    )
    end_effective_time: Text = Field(
        default="",
        description="游玩的结束时间, when EffectiveTimeMode is 5. 1.1.1. Example: 2025-08-31",
    )
    booking_time: Text = Field(default="", description="提前预定时间, HH:mm. 1.1.1. Example: 17:00")


class ProductsData(Listing):
    """Data of the product list (1.1.1)."""

    _entries = "Products"
    _entry = Product

    products: Annotated[tuple[Product, ...], BeforeValidator(no_null)] = Field(
        default=(), description="Products: one page of the products. 1.1.1. Example: []"
    )
    total_count: LooseInt = Field(
        default=None, description="产品总数量: of all pages. 1.1.1. Example: 1"
    )


class ProductsAnswer(ZzyAnswer[ProductsData]):
    """返回 of 获取分销商授权产品 (1.1.1)."""

    total_count: LooseInt = Field(
        default=None,
        description="产品总数量, beside Data: the document's table does not say which of the two "
        "places it means. 1.1.1. Example: 1",
    )

    @property
    def total(self) -> int | None:
        """Return the number of all products, from wherever it stood."""
        inside = self.data.total_count if self.data else None
        return self.total_count if inside is None else inside


class PricesRequest(ZzyModel):
    """获取分销商产品价格, GET (1.1.2); the query."""

    start_time: date = Field(description="起始时间: the first day. 1.1.2. Example: 2025-07-01")
    end_time: date = Field(description="结束时间: the last day. 1.1.2. Example: 2025-07-31")
    product_id: ZzyId = Field(alias="productId", description="产品 ID. 1.1.2. Example: 11063")


class ProductSeat(ZzyModel):
    """产品场次: one session of a product (1.1.2)."""

    time: Text = Field(default="", description="场次日期. 1.1.2. Example: 2025-07-01")
    seats_start_time: Text = Field(default="", description="场次开始时间. 1.1.2. Example: 09:00")
    seats_end_time: Text = Field(default="", description="场次结束时间. 1.1.2. Example: 11:00")
    seats_code: Text = Field(default="", description="场次编码. 1.1.2. Example: A1")
    seats_num: LooseInt = Field(default=None, description="场次数量. 1.1.2. Example: 100")


class DailyPriceStock(ZzyModel):
    """价格日历: price and stock of a stretch of days (1.1.2)."""

    daily_stock: LooseInt = Field(
        default=None, description="每日可售: 0 为不限制. 1.1.2. Example: 500"
    )
    market_price: Price = Field(default=None, description="市场价, yuan. 1.1.2. Example: 80.0")
    price: Price = Field(default=None, description="分销价, yuan. 1.1.2. Example: 60.0")
    sale_price: Price = Field(default=None, description="销售价, yuan. 1.1.2. Example: 70.0")
    booking_day: LooseInt = Field(
        default=None, description="提前预定天数: 0 为不限制. 1.1.2. Example: 0"
    )
    begin_time: Text = Field(default="", description="可售日期开始时间. 1.1.2. Example: 2025-07-01")
    end_time: Text = Field(default="", description="可售日期结束时间. 1.1.2. Example: 2025-08-31")
    price_type: LooseInt = Field(
        default=None, description="价格类型: 1 时间段, 2 特定日期, 3 到永久. 1.1.2. Example: 1"
    )
    product_seats: Annotated[tuple[ProductSeat, ...], BeforeValidator(no_null)] = Field(
        default=(), description="产品场次: the sessions, where there are any. 1.1.2. Example: []"
    )


class PricesData(Listing):
    """Data of the prices (1.1.2)."""

    _entries = "DailyPriceStock"
    _entry = DailyPriceStock

    daily_price_stock: Annotated[tuple[DailyPriceStock, ...], BeforeValidator(no_null)] = Field(
        default=(), description="价格日历，数组返回. 1.1.2. Example: []"
    )


class PricesAnswer(ZzyAnswer[PricesData]):
    """返回 of 获取分销商产品价格 (1.1.2)."""
