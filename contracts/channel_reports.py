"""What queryOrder answers in ``data``.

Why it exists: the answer is an addition of ours, and channels read it for years: each
field has one meaning and a word once given stays. It must not know the saga.
Source: docs/channel-guide.md.
"""

from typing import Any, Literal

from pydantic import Field

from .channel_notifications import NotifiedVoucher
from .channel_requests import ChannelModel

OrderState = Literal[
    "creating",
    "paying",
    "closing",
    "awaiting_ticket",
    "issued",
    "ticket_failed",
    "refused",
    "cancelled",
    "refunded",
]
VoucherState = Literal["unused", "used", "refunded"]
RefundState = Literal["pending", "approved", "rejected", "forced"]
NextStep = Literal["nothing", "create", "pay", "close", "ticket", "visit", "refund", "person"]


class Report(ChannelModel):
    """What all reports share."""

    def to_data(self) -> dict[str, Any]:
        """Return the ``data`` of an answer: plain JSON values."""
        return self.model_dump(mode="json")


class ReportedVoucher(NotifiedVoucher):
    """One voucher (入园凭证) of an order, and whether it can be used."""

    state: VoucherState = Field(
        description="unused 未使用, used 已核销, refunded 已退款. Where ZZY told how many, not "
        "which, none is marked before all are. Ours. Example: unused"
    )


class ReportedRefund(ChannelModel):
    """One refund (退款) of an order."""

    refund_id: str = Field(
        description="退款申请批次号: our name of it, as the refund notification carries it; empty "
        "when the supplier forced it. zzy.txt 1.1.7. Example: 84d95bdc7ef911eaa2505404a6b35c1eR1"
    )
    refund_num: str = Field(
        default="",
        description="退款编号: the channel's own name of it; empty for a cancelOrder and for a "
        "forced one. Ours. Example: R20250729-1",
    )
    count: int = Field(description="退票数量: how many tickets. zzy.txt 1.1.7. Example: 2")
    codes: tuple[str, ...] = Field(
        default=(), description="退款码: the vouchers it takes back. zzy.txt 2.1.1. Example: []"
    )
    status: RefundState = Field(
        description="审核状态: pending 处理中, approved 通过, rejected 不通过, forced 强制退款. "
        "zzy.txt 2.1.1. Example: approved"
    )
    reason: str = Field(default="", description="拒绝原因. zzy.txt 2.1.1. Example: 已过期")


class OrderReport(Report):
    """How an order stands (查询订单): the answer to queryOrder."""

    channel_order_num: str = Field(
        description="渠道商的订单编号: the channel's own number. 1.下单接口. "
        "Example: 265793fc7ef711eaa2505404a6b35c1e"
    )
    order_num: str = Field(
        description="订单编号: our number. 1.下单接口. Example: a72cfce7dec54cf18cd4ac610f221ecf"
    )
    product_code: str = Field(description="产品的分销代码. 1.下单接口. Example: P11063")
    date: str = Field(description="购票日期, yyyy-MM-dd. 1.下单接口. Example: 2020-04-01")
    state: OrderState = Field(
        description="订单状态: creating 下单中, paying 支付中, closing 关闭中, "
        "awaiting_ticket 待出票, issued 已出票, ticket_failed 出票失败, refused 已拒绝, "
        "cancelled 已取消, refunded 已退款. "
        "Ours. Example: issued"
    )
    count: int = Field(description="数量: how many were bought. 1.下单接口. Example: 5")
    checked: int = Field(description="已检数量: how many were used. Ours. Example: 1")
    refunded: int = Field(description="已退数量: how many came back. Ours. Example: 1")
    refund_pending: int = Field(
        description="退款中数量: how many a refund is open for. Ours. Example: 0"
    )
    check_time: str = Field(
        default="",
        description="检票时间: of the last check, yyyy-MM-dd HH:mm:ss, Asia/Shanghai; empty where "
        "none was told. 3.状态变更通知接口. Example: 2020-04-15 16:07:41",
    )
    vouchers: tuple[ReportedVoucher, ...] = Field(
        default=(),
        description="入园凭证, those that the voucher notification told. zzy.txt 2.1.3. "
        "Example: []",
    )
    order_code: str = Field(
        default="",
        description="订单入园凭证 (多人一码): one for all. zzy.txt 2.1.3. "
        "Example: 202052255633322222124",
    )
    is_ticket: bool = Field(
        default=False,
        description="是否需要换票: must be exchanged for a paper ticket. zzy.txt 1.1.1. "
        "Example: false",
    )
    ticket_get_address: str = Field(
        default="", description="换票地址: where. zzy.txt 1.1.1. Example: 南门售票处"
    )
    refunds: tuple[ReportedRefund, ...] = Field(
        default=(), description="退款: all there were, oldest first. Ours. Example: []"
    )
    code: str = Field(
        default="",
        description="状态代码 of a failed order, of 三、错误代码; else empty. Example: 3008",
    )
    message: str = Field(
        default="", description="状态描述 of a failed order. 三、错误代码. Example: 库存不足"
    )
    next: NextStep = Field(
        description="下一步: nothing 已结束, create 等待下单结果, pay 等待支付结果, "
        "close 等待关闭结果, ticket 等待出票, visit 等待入园, refund 等待退款结果, "
        "person 等待人工处理. Ours. "
        "Example: ticket"
    )
    next_text: str = Field(
        description="下一步说明: the same for people, Chinese and English. Ours. "
        "Example: 等待出票 (waiting for the tickets)"
    )
    next_at: str = Field(
        default="",
        description="下次处理时间: when we next look after it unasked, yyyy-MM-dd HH:mm:ss, "
        "Asia/Shanghai; empty where nothing is due. Ours. Example: 2020-04-15 16:07:41",
    )
