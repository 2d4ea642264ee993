"""The channel protocol (分销渠道), whole: everything else of it is importable from here.

Why it exists: one name to import from, several files to read. It must not hold code.
Source: docs/protocols/channel.txt.
"""

from .channel_answers import Answer, ChannelReceipt, parse_receipt
from .channel_codes import Code, ProtocolError
from .channel_extras import (
    QueryOrder,
    QueryPrice,
    QueryProduct,
    RefundOrder,
    ResendVoucher,
    parse_query_order,
    parse_query_price,
    parse_query_product,
    parse_refund_order,
    parse_resend_voucher,
)
from .channel_notifications import (
    CheckNotification,
    Notification,
    NotifiedVoucher,
    NotifyType,
    OrderFailedNotification,
    ProductNotification,
    RefundNotification,
    VoucherNotification,
)
from .channel_product_reports import (
    PricesReport,
    ProductReport,
    ProductsReport,
    ReportedDay,
    ReportedSession,
)
from .channel_reports import OrderReport, ReportedRefund, ReportedVoucher
from .channel_requests import (
    CancelOrder,
    ChannelRequest,
    CreateOrder,
    Tourist,
    check_date,
    order_num,
    parse_cancel_order,
    parse_create_order,
    parse_envelope,
    refusal,
)

__all__ = [
    "Answer",
    "CancelOrder",
    "ChannelReceipt",
    "ChannelRequest",
    "CheckNotification",
    "Code",
    "CreateOrder",
    "Notification",
    "NotifiedVoucher",
    "NotifyType",
    "OrderFailedNotification",
    "OrderReport",
    "PricesReport",
    "ProductNotification",
    "ProductReport",
    "ProductsReport",
    "ProtocolError",
    "QueryOrder",
    "QueryPrice",
    "QueryProduct",
    "RefundNotification",
    "RefundOrder",
    "ReportedDay",
    "ReportedRefund",
    "ReportedSession",
    "ReportedVoucher",
    "ResendVoucher",
    "Tourist",
    "VoucherNotification",
    "check_date",
    "order_num",
    "parse_cancel_order",
    "parse_create_order",
    "parse_envelope",
    "parse_query_order",
    "parse_query_price",
    "parse_query_product",
    "parse_receipt",
    "parse_refund_order",
    "parse_resend_voucher",
    "refusal",
]
