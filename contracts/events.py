"""What happened: notices taken, outcomes of commands, notifications on their way.

Why it exists: the typed facts on our queues, which others may subscribe to. It must not
decide anything.
"""

from typing import Any, ClassVar, Literal

from pydantic import Field

from .channel_codes import Code
from .channel_fields import Day, Money
from .channel_notifications import NotifiedVoucher, NotifyType
from .envelope import MessageModel, Moment


class NoticeReceived(MessageModel):
    """A notice (通知) of ZZY, signed and well-formed, as it came in."""

    TYPE: ClassVar[str] = "zzy.notice.v1"

    received_at: Moment = Field(
        description="When the ingress took it. Example: 2025-07-29T02:36:09+00:00"
    )
    signature_digest: str = Field(
        description="Hex SHA-256 of the Authorization value, never the value. Example: 9f86d0…"
    )
    timestamp_ms: int = Field(
        description="Timestamp 时间戳毫秒 of the header. 鉴权说明. Example: 1753756569000"
    )
    partner_id: str = Field(description="PartnerId 分销商 ID. 鉴权说明. Example: 9258")
    service_name: str = Field(
        description="NotifyServiceName as written. 2.1.1. Example: order_ticket_notify"
    )
    raw: str = Field(description="The raw body, decoded as UTF-8. 2.1.1. Example: {}")
    content_digest: str = Field(
        description="Hex SHA-256 of what is told, whatever its key order. Example: 9f86d0…"
    )


class ChannelNotification(MessageModel):
    """A notification on its way to a channel: the exact text that it must get."""

    TYPE: ClassVar[str] = "channel.notification.v1"

    webhook_id: str = Field(
        description="Webhook-Id: the same after a crash or a replay. Example: msg_2c26…"
    )
    notify_type: NotifyType = Field(
        description="check, voucher, refund, order_failed or product. Example: voucher"
    )
    app_key: str = Field(description="开发key: who gets it. Example: e346aca67b1b11eab1d4")
    order_num: str = Field(
        description="订单编号: our number; empty for a product. Example: a72cfce7dec54cf18cd4"
    )
    channel_order_num: str = Field(
        description="渠道商的订单编号; empty for a product. Example: 265793fc7ef711eaa250"
    )
    seq: int = Field(description="Which notification of this type and order, from 1. Example: 1")
    created_at: Moment = Field(description="When. Example: 2025-07-29T02:36:09+00:00")
    params: str = Field(description="The exact JSON text to sign and send. Example: {}")


class OrderUnanswered(MessageModel):
    """A channel read 1000 for its order while the outcome was not known.

    A refusal before ZZY was asked is only answered, so whoever missed the answer must be told.
    """

    TYPE: ClassVar[str] = "order.unanswered.v1"

    app_key: str = Field(description="开发key: whose order it is. Example: e346aca67b1b11eab1d4")
    order_num: str = Field(description="订单编号: our number. Example: a72cfce7dec54cf18cd4")
    command_id: str = Field(
        description="The id of the order.create that nothing was heard of. Example: 0c7e3b"
    )
    answered_at: Moment = Field(
        description="When the channel was answered. Example: 2025-07-29T02:36:14+00:00"
    )


OrderEventKind = Literal[
    "accepted",
    "created",
    "paid",
    "issued",
    "verified",
    "refund_requested",
    "refunded",
    "refund_rejected",
    "failed",
    "cancelled",
    "resent",
    "needs_human",
]


class OrderEvent(MessageModel):
    """What happened to an order, for whoever listens: no personal data, no voucher."""

    TYPE: ClassVar[str] = "order.event.v1"

    kind: OrderEventKind = Field(
        description="What happened; where several things did, the furthest. Example: issued"
    )
    also: tuple[OrderEventKind, ...] = Field(
        default=(),
        description="What else happened in the same instant: the event comes to those who "
        'listen to any of it, once. Example: ["paid"]',
    )
    app_key: str = Field(description="开发key: whose order it is. Example: e346aca67b1b11eab1d4")
    order_num: str = Field(description="订单编号: our number. Example: a72cfce7dec54cf18cd4")
    channel_order_num: str = Field(description="渠道商的订单编号. Example: 265793fc7ef711eaa250")
    zzy_order_id: str = Field(default="", description="ZZY's OrderId. 1.1.4. Example: 4623122")
    state: str = Field(description="Where the order stands now. Example: issued")
    version: int = Field(description="Counts the order's changes; gaps are normal. Example: 3")
    product_code: str = Field(default="", description="产品的分销代码. 1.下单接口. Example: P11063")
    visit_date: Day | None = Field(
        default=None, description="购票日期, Asia/Shanghai. 1.下单接口. Example: 2025-07-29"
    )
    count: int = Field(description="数量: how many tickets were bought. Example: 5")
    amount: Money | None = Field(
        default=None, description="交易总金额 of the channel, in yuan. 1.下单接口. Example: 30.00"
    )
    vouchers: int = Field(default=0, description="How many vouchers are known. Example: 5")
    checked: int = Field(default=0, description="How many were used at the gate. Example: 0")
    refunded: int = Field(default=0, description="How many were refunded. Example: 0")
    pending: int = Field(default=0, description="How many a refund is open for. Example: 0")
    refund_id: str = Field(default="", description="The refund it is about. Example: ")
    code: str = Field(default="", description="状态代码 of a failure. Example: 3008")
    reason: str = Field(default="", description="What the code says. Example: 库存不足")


class VoucherSms(MessageModel):
    """Vouchers on their way to the guest's phone (短信)."""

    TYPE: ClassVar[str] = "voucher.sms.v1"

    sms_id: str = Field(description="Names it: the same after a crash or a replay. Example: sms_2c")
    app_key: str = Field(description="开发key: whose order it is. Example: e346aca67b1b11eab1d4")
    order_num: str = Field(description="订单编号: our number. Example: a72cfce7dec54cf18cd4")
    channel_order_num: str = Field(description="渠道商的订单编号. Example: 265793fc7ef711eaa250")
    seq: int = Field(description="Which message to this order's guest. Example: 1")
    created_at: Moment = Field(description="When. Example: 2025-07-29T02:36:09+00:00")
    take_phone: str = Field(description="取票人手机号. 1.下单接口. Example: 13456451211")
    product_code: str = Field(description="产品的分销代码. 1.下单接口. Example: P11063")
    visit_date: str = Field(description="购票日期. 1.下单接口. Example: 2025-07-29")
    count: int = Field(description="数量: how many tickets are usable. Example: 2")
    vouchers: tuple[NotifiedVoucher, ...] = Field(
        default=(), description="入园凭证, the usable ones. zzy.txt 2.1.3. Example: []"
    )
    order_code: str = Field(default="", description="订单入园凭证 (多人一码). Example: 2020522")
    reply_to: str = Field(default="", description="Who waits for the result. Example: ")
    reply_correlation_id: str = Field(default="", description="Their question's id. Example: ")


class OrderOutcome(MessageModel):
    """What a command led to: the body of a reply, passed on as the answer."""

    TYPE: ClassVar[str] = "order.outcome.v1"

    code: Code = Field(description="状态代码. 三、错误代码. Example: 1000")
    message: str = Field(description="状态描述. 1.下单接口. Example: 成功")
    data: dict[str, Any] | Literal[""] = Field(
        default="", description='渠道商需要的参数. 1.下单接口. Example: {"order_num": "a72c…"}'
    )

    final: bool = Field(
        default=True,
        description="false: how it stands so far; another reply follows if it comes in time. "
        "Example: true",
    )

    def to_bytes(self) -> bytes:
        """Return the JSON that travels: a reply goes to one asker and needs no envelope."""
        return self.__pydantic_serializer__.to_json(self)

    @classmethod
    def parse(cls, raw: bytes) -> "OrderOutcome":
        """Read a reply. Raises :class:`ValueError` holding nothing of it."""
        return cls.model_validate_json(raw)
