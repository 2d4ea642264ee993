"""The four notices (通知) that ZZY sends us (2.分销商提供回调接口).

Why it exists: reads a notice however its body is wrapped, and keeps the body's text. It
must not decide whether a notice is true, new or ours. Source: docs/protocols/zzy.txt.
"""

import hashlib
import json
from enum import IntEnum, StrEnum
from functools import cached_property, lru_cache
from typing import Any, Final, Self, TypeAlias

from pydantic import Field, model_validator

from .strict_json import JsonError, dumps, loads_object
from .zzy_base import Codes, Flag, LooseInt, ReturnCode, Text, ZzyId, ZzyModel
from .zzy_orders import RefundStatus, UserVouchers


class NoticeService(StrEnum):
    """NotifyServiceName: which notice it is (2.1.1 to 2.1.4)."""

    REFUND = "order_refund_notify"
    """退款通知 (2.1.1)."""
    VERIFY = "order_verify_notify"
    """核销通知 (2.1.2)."""
    TICKET = "order_ticket_notify"
    """出票通知 (2.1.3)."""
    PRODUCT = "order_product_notify"
    """产品变更通知 (2.1.4)."""


class TicketStatus(IntEnum):
    """出票状态 of the ticket notice (2.1.3)."""

    ISSUED = 1
    """出票成功."""
    FAILED = 2
    """出票失败."""


class ProductChange(IntEnum):
    """Status of the product notice (2.1.4)."""

    OFF = 0
    """下架."""
    ON = 1
    """上架."""
    CHANGED = 2
    """产品信息修改: fetch the product again (1.1.1)."""
    PRICES = 3
    """价格库存修改: fetch prices and stock again (1.1.2)."""


class RefundNotice(ZzyModel):
    """订单退款通知 (包含供应商强制退款) (2.1.1)."""

    order_id: ZzyId = Field(description="开放平台订单 ID. 2.1.1. Example: 4553010")
    refund_apply_no: Text = Field(
        default="",
        description="退款申请批次号， 为空供应商强制退款: blank when forced. 2.1.1. "
        "Example: 1522870740750303232",
    )
    refund_status: RefundStatus = Field(
        description="审核状态：1；通过；2：不通过. 2.1.1. Example: 2"
    )
    refund_reason: Text = Field(default="", description="拒绝原因. 2.1.1. Example: 已过期")
    voucher_code: Codes = Field(default=(), description="退款码. 2.1.1. Example: []")


class VerifyNotice(ZzyModel):
    """订单核销通知: tickets were checked at the gate (2.1.2)."""

    ticket_status: LooseInt = Field(
        default=None,
        description="出票状态: 1= 出票成功； 2=出票成功; means nothing here. 2.1.2. Example: 1",
    )
    origin_order_id: Text = Field(
        default="", description="分销商订单 ID: our order_num. 2.1.2. Example: 1522870633233514497"
    )
    order_id: ZzyId = Field(description="开放平台订单 ID. 2.1.2. Example: 4553010")
    voucher_code: Codes = Field(default=(), description="核销入园码. 2.1.2. Example: []")
    order_total: int = Field(
        ge=0, description="订单可用数量: usable, that is after refunds. 2.1.2. Example: 2"
    )
    checked_number: int = Field(ge=0, description="核销总数量: a running total. 2.1.2. Example: 2")
    voucher_type: LooseInt = Field(
        default=None, description="入园凭证类型: 1= 二维码, 2= 短信. 2.1.2. Example: 1"
    )
    check_time: Text = Field(
        default="",
        description="核销时间, yyyy-MM-dd HH:mm:ss, Asia/Shanghai. 2.1.2. "
        "Example: 2025-07-29 10:36:09",
    )


class TicketVouchers(ZzyModel):
    """VoucherCode of the ticket notice (2.1.3)."""

    order_voucher_code: Text = Field(
        default="", description="订单入园凭证， 多人一码. 2.1.3. Example: 202052255633322222124"
    )
    order_user_vouchers: UserVouchers = Field(
        default=(), description="实名制入园凭证，一人一码. 2.1.3. Example: []"
    )

    @model_validator(mode="before")
    @classmethod
    def _nothing_is_none(cls, data: object) -> object:
        """Take null, empty text or an empty list, as in a failed ticket, for no codes."""
        return {} if data in (None, "", []) else data


class TicketNotice(ZzyModel):
    """订单出票通知: tickets were issued, or not (2.1.3)."""

    origin_order_id: Text = Field(
        default="", description="分销商订单 ID: our order_num. 2.1.3. Example: 1522870633233514497"
    )
    order_id: ZzyId = Field(description="开放平台订单 ID. 2.1.3. Example: 4553010")
    voucher_code: TicketVouchers = Field(
        default=TicketVouchers(), description="入园凭证: both kinds. 2.1.3. Example: {}"
    )
    ticket_status: TicketStatus = Field(
        description="出票状态： 1 出票成功， 2 出票失败. 2.1.3. Example: 1"
    )
    product_name: Text = Field(
        default="",
        description="产品名称: tells the part of a bundle. 2.1.3. Example: 良渚杭州市民免费票",
    )
    memo: Text = Field(default="", description="备注. 2.1.3. Example: 杭州良渚古城旅游发展有限公司")


class ProductNotice(ZzyModel):
    """产品变更通知 (2.1.4)."""

    product_id: ZzyId = Field(description="开放平台产品编号. 2.1.4. Example: 11063")
    status: ProductChange = Field(
        description="0 下架, 1 上架, 2 产品信息修改, 3 价格库存修改. 2.1.4. Example: 1"
    )


Notice: TypeAlias = RefundNotice | VerifyNotice | TicketNotice | ProductNotice

NOTICE_MODELS: Final[dict[NoticeService, type[Notice]]] = {
    NoticeService.REFUND: RefundNotice,
    NoticeService.VERIFY: VerifyNotice,
    NoticeService.TICKET: TicketNotice,
    NoticeService.PRODUCT: ProductNotice,
}


_SORTED: Final = json.JSONEncoder(sort_keys=True, default=str)
_SERVICES: Final = {service.value: service for service in NoticeService}


class NoticeHeader(ZzyModel):
    """OrderNotifyHeader, 通知头 (2.1.1)."""

    partner_id: ZzyId = Field(description="合作方 ID. 2.1.1. Example: 9258")
    notify_service_name: Text = Field(
        description="NotifyServiceName: which notice. 2.1.1. Example: order_refund_notify"
    )


class NoticeEnvelope(ZzyModel):
    """What stands around every notice (2.1.1): the header, and the body as JSON text."""

    order_notify_header: NoticeHeader = Field(description="通知头. 2.1.1. Example: {}")
    order_notify_body: str = Field(
        description="通知内容，Json 格式: JSON text (documented) or an object (tolerated). 2.1.1. "
        'Example: {"ProductId":11063,"Status":1}'
    )

    @model_validator(mode="before")
    @classmethod
    def _body_is_text(cls, data: object) -> object:
        if not isinstance(data, dict):
            return data
        return {key: dumps_exact(v) if _is_body(key, v) else v for key, v in data.items()}

    @classmethod
    def of(cls, partner_id: str, notice: Notice) -> Self:
        """Return the envelope around ``notice``, as ZZY would send it."""
        service = next(name for name, model in NOTICE_MODELS.items() if type(notice) is model)
        header = NoticeHeader(partner_id=partner_id, notify_service_name=service)
        return cls(order_notify_header=header, order_notify_body=notice.to_json())

    @property
    def partner_id(self) -> str:
        """Return PartnerId of the header, as text."""
        return self.order_notify_header.partner_id

    @property
    def service_name(self) -> str:
        """Return NotifyServiceName as it was written."""
        return self.order_notify_header.notify_service_name

    @property
    def service(self) -> NoticeService | None:
        """Return which notice it is, ``None`` for an unknown name; casing does not matter."""
        return _SERVICES.get(self.service_name.strip().lower())

    @cached_property
    def _fields(self) -> dict[str, Any]:
        return loads_object(self.order_notify_body)

    @cached_property
    def _notice(self) -> Notice:
        if self.service is None:
            raise JsonError("unknown NotifyServiceName")
        return NOTICE_MODELS[self.service].model_validate(self._fields)

    def notice(self) -> Notice:
        """Read the body. Raises :class:`ValueError` when it is none of the four notices."""
        return self._notice

    def content_digest(self) -> str:
        """Return hex SHA-256 of what is told, whatever its key order and white space."""
        told = _SORTED.encode(self._fields)
        return hashlib.sha256(f"{self.service_name}\n{told}".encode()).hexdigest()


class NoticeAnswer(ZzyModel):
    """返回示例: what we answer to a notice (2.1.1). Code 1000 only once it is durable."""

    code: ReturnCode = Field(description="接口返回码: 1000 收到. 2.1.1. Example: 1000")
    is_success: Flag = Field(description="IsSuccess: whether it was taken. 2.1.1. Example: true")
    log_id: Text = Field(default="", description="请求记录 ID: ours. 2.1.1. Example: 6f1c…")
    message: Text = Field(default="", description="返回描述. 2.1.1. Example: 收到通知")

    @classmethod
    def taken(cls, log_id: str = "") -> Self:
        """Return the answer that makes ZZY stop sending it."""
        return cls(code=1000, is_success=True, log_id=log_id, message="收到通知")

    @classmethod
    def not_taken(cls, code: int, message: str, log_id: str = "") -> Self:
        """Return an answer that makes ZZY send it again; ``code`` is not 1000."""
        return cls(code=code, is_success=False, log_id=log_id, message=message)


@lru_cache(maxsize=256)
def parse_notice(raw: bytes) -> NoticeEnvelope:
    """Read a notice's envelope. Raises :class:`ValueError` holding nothing that was sent.

    Where one process both takes a notice in and applies it, it reads it once.
    """
    return NoticeEnvelope.model_validate(loads_object(raw))


def _is_body(key: object, value: object) -> bool:
    return isinstance(value, dict) and str(key).lower() in ("ordernotifybody", "order_notify_body")


def dumps_exact(value: dict[str, Any]) -> str:
    """Return compact JSON of a parsed object; a number with a fraction keeps its value."""
    return dumps(json.loads(json.dumps(value, default=float)))
