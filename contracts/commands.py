"""What upstream systems, our ingress among them, ask of the order saga.

Why it exists: the typed commands on the queue of orders. It must not decide anything.
"""

from typing import ClassVar, Literal, Self

from pydantic import Field, model_validator

from .channel_fields import Count, Text
from .channel_requests import CreateOrder
from .envelope import MessageModel, Moment

ReplyOn = Literal["accepted", "created", "paid"]
AuditReply = Literal["wait", "accepted"]
ResolveAction = Literal["probe", "retry", "refund", "settle"]
SettledAs = Literal["unpaid", "paid", "issued", "refunded", "kept", "done"]
VouchersBy = Literal["notify", "sms", "both"]


class CreateOrderCommand(MessageModel):
    """Create an order (下单) for a channel."""

    TYPE: ClassVar[str] = "order.create.v1"

    app_key: str = Field(description="开发key: whose order it is. Example: e346aca67b1b11eab1d4")
    received_at: Moment = Field(
        description="When it was taken; the pay deadline counts from here. "
        "Example: 2025-07-29T02:36:09+00:00"
    )
    reply_on: ReplyOn = Field(
        default="paid", description="When to reply: accepted, created or paid. Example: paid"
    )
    order: CreateOrder = Field(description="The order (1.下单接口), prices as text. Example: {}")


class CancelOrderCommand(MessageModel):
    """Cancel an order (取消订单) for a channel."""

    TYPE: ClassVar[str] = "order.cancel.v1"

    app_key: str = Field(description="开发key: who asks. Example: e346aca67b1b11eab1d4")
    received_at: Moment = Field(description="When it was taken. Example: 2025-07-29T02:36:09+00:00")
    order_num: str = Field(
        description="订单编号: our number. 2.取消订单. Example: a72cfce7dec54cf18cd4ac610f221ecf"
    )
    audit_reply: AuditReply = Field(
        default="wait",
        description="What to answer while a refund is audited: wait is 4000 退款审核中, accepted "
        "is 1000. Example: wait",
    )


class RefundOrderCommand(MessageModel):
    """Refund a part of an order (部分退款), or all that is left, for a channel."""

    TYPE: ClassVar[str] = "order.refund.v1"

    app_key: str = Field(description="开发key: who asks. Example: e346aca67b1b11eab1d4")
    received_at: Moment = Field(description="When it was taken. Example: 2025-07-29T02:36:09+00:00")
    order_num: str = Field(
        description="订单编号: our number. Ours. Example: a72cfce7dec54cf18cd4ac610f221ecf"
    )
    refund_num: Text = Field(
        description="退款编号: names this refund, the asker's own; the same one again is the same "
        "refund. Ours. Example: R20250729-1"
    )
    count: Count | None = Field(
        default=None,
        description="退票数量: how many tickets; with codes it may be left out; with neither all "
        "that is left. zzy.txt 1.1.7. Example: 1",
    )
    codes: tuple[Text, ...] = Field(
        default=(), description="入园凭证: which vouchers. zzy.txt 1.1.7. Example: []"
    )
    audit_reply: AuditReply = Field(
        default="wait",
        description="What to answer while the refund is audited: wait is 4000 退款审核中, accepted "
        "is 1000. Example: wait",
    )

    @model_validator(mode="after")
    def _count_is_that_of_the_codes(self) -> Self:
        # Ours says both, with null for no count; a list that came out empty says nothing else.
        if not self.codes and self.model_fields_set & {"codes", "count"} == {"codes"}:
            raise ValueError("codes is empty: leave it out for all that is left")
        if self.codes and len(set(self.codes)) != len(self.codes):
            raise ValueError("codes holds one twice")
        if self.codes and self.count not in (None, len(self.codes)):
            raise ValueError("count is not the number of codes")
        return self


class ResolveOrderCommand(MessageModel):
    """Help an order on that is in front of a human; from our own operators alone."""

    TYPE: ClassVar[str] = "order.resolve.v1"

    received_at: Moment = Field(description="When it was taken. Example: 2025-07-29T02:36:09+00:00")
    order_num: str = Field(
        description="订单编号: our number. Ours. Example: a72cfce7dec54cf18cd4ac610f221ecf"
    )
    action: ResolveAction = Field(
        description="probe: ask PersonQrCodes; retry: try the last thing again; refund: ask all "
        "that is left back; settle: say how it stands. Ours. Example: settle"
    )
    settled: SettledAs | None = Field(
        default=None,
        description="With settle: unpaid, paid, issued, refunded, kept (not refunded) or done, as "
        "ZZY told on another way. Ours. Example: refunded",
    )
    by: str = Field(description="Who decided it. Ours. Example: cli:wang")
    why: str = Field(
        min_length=1, max_length=500, description="Why; for the history. Ours. Example: 电话确认"
    )

    @model_validator(mode="after")
    def _settle_says_how(self) -> Self:
        if (self.action == "settle") != (self.settled is not None):
            raise ValueError("settled goes with action settle, and with no other")
        return self


class ResendVoucherCommand(MessageModel):
    """Send an order's vouchers again (重发凭证)."""

    TYPE: ClassVar[str] = "voucher.resend.v1"

    app_key: str = Field(description="开发key: who asks. Example: e346aca67b1b11eab1d4")
    received_at: Moment = Field(description="When it was taken. Example: 2025-07-29T02:36:09+00:00")
    order_num: str = Field(
        description="订单编号: our number. Ours. Example: a72cfce7dec54cf18cd4ac610f221ecf"
    )
    by: VouchersBy | None = Field(
        default=None,
        description="notify: to the channel; sms: 短信 to take_phone; both; null: as the channel "
        "is set up. Ours. Example: sms",
    )
