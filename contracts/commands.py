"""What upstream systems, our ingress among them, ask of the order saga.

Why it exists: the typed commands on the queue of orders. It must not decide anything.
"""

from typing import ClassVar, Literal

from pydantic import Field

from .channel_requests import CreateOrder
from .envelope import MessageModel, Moment

ReplyOn = Literal["accepted", "created", "paid"]
AuditReply = Literal["wait", "accepted"]


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
