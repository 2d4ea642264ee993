"""What we tell a channel unasked: checks, vouchers, refunds, late failures, product changes.

Why it exists: the check notification is the document's and has exactly its six fields;
the other four are ours (docs/channel-guide.md) and name themselves in ``notify_type``.
It must not know how, or how often, they are delivered.
Source: channel.txt 3.状态变更通知接口.
"""

from enum import StrEnum
from typing import Literal

from pydantic import Field

from .channel_requests import ChannelModel


class NotifyType(StrEnum):
    """The kinds of notification."""

    CHECK = "check"
    VOUCHER = "voucher"
    REFUND = "refund"
    ORDER_FAILED = "order_failed"
    PRODUCT = "product"


class Notification(ChannelModel):
    """What all notifications share."""

    def to_params(self) -> str:
        """Return the exact JSON text that is signed and sent."""
        return self.__pydantic_serializer__.to_json(self).decode()


class CheckNotification(Notification):
    """状态变更通知: tickets were checked (检票) at the gate. Exactly the document's fields."""

    order_num: str = Field(
        description="订单编号: the channel's own number, not ours. 3.状态变更通知接口. "
        "Example: 84d95bdc7ef911eaa2505404a6b35c1e"
    )
    check_time: str = Field(
        description="检票时间: yyyy-MM-dd HH:mm:ss, Asia/Shanghai. 3.状态变更通知接口. "
        "Example: 2020-04-15 16:07:41"
    )
    check_result: Literal["0", "1", "2"] = Field(
        description="订单状态: 0 未检 none, 1 已检未检完 some left, 2 已检完 none left. "
        "3.状态变更通知接口. Example: 1"
    )
    total_count: str = Field(
        description="订单子订单总数量: how many were bought. 3.状态变更通知接口. Example: 5"
    )
    no_check_count: str = Field(
        description="订单子订单未检数量: total less checked less refunded. 3.状态变更通知接口. "
        "Example: 1"
    )
    check_count: str = Field(
        description="订单子订单已检数量: the highest count seen. 3.状态变更通知接口. Example: 1"
    )


class OrderNotification(Notification):
    """The two order numbers that every notification of ours carries."""

    channel_order_num: str = Field(
        description="渠道商的订单编号: the channel's own number. 1.下单接口. "
        "Example: 265793fc7ef711eaa2505404a6b35c1e"
    )
    order_num: str = Field(
        description="订单编号: our number, as createOrder answered it. 1.下单接口. "
        "Example: a72cfce7dec54cf18cd4ac610f221ecf"
    )


class NotifiedVoucher(ChannelModel):
    """One voucher (入园凭证) of a voucher notification."""

    code: str = Field(
        description="入园凭证: what the gate reads. zzy.txt 2.1.3. Example: 2020522556333222221-2"
    )
    id_card: str = Field(
        default="", description="身份证: whose it is; may be empty. zzy.txt 2.1.3. Example: 3622…"
    )
    name: str = Field(
        default="", description="姓名: whose it is; may be empty. 1.下单接口. Example: 张三"
    )
    product_name: str = Field(
        default="",
        description="产品名称: tells the part of a bundle (打包票). zzy.txt 2.1.3. "
        "Example: 良渚杭州市民免费票",
    )
    memo: str = Field(
        default="", description="备注. zzy.txt 2.1.3. Example: 杭州良渚古城旅游发展有限公司"
    )


class VoucherNotification(OrderNotification):
    """Vouchers were issued (出票); an addition of ours."""

    notify_type: Literal["voucher"] = Field(
        default="voucher", description="通知类型, always voucher. Ours. Example: voucher"
    )
    vouchers: tuple[NotifiedVoucher, ...] = Field(
        default=(),
        description="入园凭证, one per visitor; empty where the gate reads order_code or an SMS "
        "was sent. zzy.txt 2.1.3. Example: []",
    )
    order_code: str = Field(
        default="",
        description="订单入园凭证 (多人一码): one for all; empty where there is none. "
        "zzy.txt 2.1.3. Example: 202052255633322222124",
    )
    is_ticket: bool = Field(
        default=False,
        description="是否需要换票: must be exchanged for a paper ticket. zzy.txt 1.1.1. "
        "Example: false",
    )
    ticket_get_address: str = Field(
        default="", description="换票地址: where. zzy.txt 1.1.1. Example: 南门售票处"
    )


class RefundNotification(OrderNotification):
    """What became of a refund (退款); an addition of ours."""

    notify_type: Literal["refund"] = Field(
        default="refund", description="通知类型, always refund. Ours. Example: refund"
    )
    refund_id: str = Field(
        description="退款申请批次号: names the refund; empty when the supplier forced it. "
        "zzy.txt 1.1.7. Example: 1522870740750303232"
    )
    count: int = Field(description="退票数量: how many tickets. zzy.txt 1.1.7. Example: 2")
    codes: tuple[str, ...] = Field(
        default=(), description="退款码: the vouchers taken back. zzy.txt 2.1.1. Example: []"
    )
    status: Literal["approved", "rejected", "forced"] = Field(
        description="审核状态: approved 通过, rejected 不通过, forced 供应商强制退款. "
        "zzy.txt 2.1.1. Example: approved"
    )
    reason: str = Field(default="", description="拒绝原因. zzy.txt 2.1.1. Example: 已过期")


class OrderFailedNotification(OrderNotification):
    """An order failed after it was taken; an addition of ours."""

    notify_type: Literal["order_failed"] = Field(
        default="order_failed",
        description="通知类型, always order_failed. Ours. Example: order_failed",
    )
    code: str = Field(description="状态代码, of 三、错误代码. Example: 3008")
    message: str = Field(description="状态描述, for people. 三、错误代码. Example: 库存不足")


class ProductNotification(Notification):
    """A product changed (产品变更); an addition of ours, to channels that want it."""

    notify_type: Literal["product"] = Field(
        default="product", description="通知类型, always product. Ours. Example: product"
    )
    product_code: str = Field(description="产品的分销代码. 1.下单接口. Example: XXX")
    change: Literal["off", "on", "changed", "prices"] = Field(
        description="off 下架, on 上架, changed 产品信息修改, prices 价格库存修改. "
        "zzy.txt 2.1.4. Example: off"
    )
