"""What channels may call, as a table: path, request, codes, data.

Why it exists: the OpenAPI document and whoever tests against it read one table. It must not
hold what a model says already. Sources: channel.txt 1, 2 and 三; docs/channel-guide.md.
"""

from dataclasses import dataclass, field
from typing import Any, Final

from .channel import (
    CancelOrder,
    Code,
    CreateOrder,
    OrderReport,
    PricesReport,
    ProductsReport,
    QueryOrder,
    QueryPrice,
    QueryProduct,
    RefundOrder,
    ResendVoucher,
)
from .channel_requests import ChannelModel
from .openapi_schemas import NOTHING, ref

ENVELOPE: Final = frozenset({Code.PARAMETER_MISSING, Code.APP_KEY_INVALID, Code.SIGNATURE_INVALID})
"""What any call may be refused with: the envelope is not good."""
_ORDERING: Final = frozenset(code for code in Code if code.value.startswith("3"))
_CANCELLING: Final = frozenset(code for code in Code if code.value.startswith("4"))
_ORDER_NUM: Final = {
    "type": "object",
    "required": ["order_num"],
    "properties": {
        "order_num": {"type": "string", "description": "订单编号: our number of the order."}
    },
}


@dataclass(frozen=True, slots=True)
class Interface:
    """One interface of the channel protocol, or one of ours in its envelope."""

    name: str
    """The last part of its path, and its operation id."""
    summary: str
    request: type[ChannelModel]
    data: dict[str, Any]
    """The shape of ``data`` in a success."""
    refusals: frozenset[Code]
    """Besides those of the envelope."""
    example: dict[str, Any]
    """Business parameters that are well-formed."""
    failed: Code = Code.CREATE_FAILED
    """The code of an answer 503: surely nothing was done."""
    ours: bool = field(default=True)
    """An addition of ours, not in the channel's document."""

    @property
    def codes(self) -> frozenset[Code]:
        """Return every code that refuses in an answer 200."""
        return ENVELOPE | self.refusals


_NUMBER: Final = {"order_num": "84d95bdc7ef911eaa2505404a6b35c1e"}
_REFUND_STATUS: Final = {"type": "string", "enum": ["approved", "pending"]}

INTERFACES: Final = (
    Interface(
        "createOrder",
        "下单接口: place an order that the customer has paid",
        CreateOrder,
        _ORDER_NUM,
        _ORDERING,
        {
            "channel_order_num": "265793fc7ef711eaa2505404a6b35c1e",
            "product_code": "P11063",
            "take_phone": "13456451211",
            "tourist_info": {"11010519491231002X": "张三"},
            "date": "2030-04-01",
            "price": 6.0,
            "amount": 30.0,
            "count": 5,
        },
        ours=False,
    ),
    Interface(
        "cancelOrder",
        "取消订单: take an order back, whole",
        CancelOrder,
        NOTHING,
        _CANCELLING | {Code.REQUIRED_FIELD_BLANK},
        _NUMBER,
        failed=Code.CANCEL_FAILED,
        ours=False,
    ),
    Interface(
        "refundOrder",
        "退款: take back some tickets of an order, or all that are left",
        RefundOrder,
        {
            "type": "object",
            "required": ["refund_id", "count", "status"],
            "properties": {
                "refund_id": {"type": "string", "description": "退款申请批次号: our name of it."},
                "count": {"type": "integer", "description": "退票数量: how many tickets."},
                "status": _REFUND_STATUS | {"description": "approved 通过, pending 审核中."},
            },
        },
        _CANCELLING | {Code.REQUIRED_FIELD_BLANK},
        {**_NUMBER, "refund_num": "R20250729-1", "count": 1},
        failed=Code.CANCEL_FAILED,
    ),
    Interface(
        "queryOrder",
        "查询订单: how an order stands, with vouchers, refunds, checks and the next step",
        QueryOrder,
        ref("OrderReport"),
        frozenset({Code.REQUIRED_FIELD_BLANK, Code.ORDER_UNKNOWN}),
        _NUMBER,
    ),
    Interface(
        "resendVoucher",
        "重发凭证: send the vouchers again, as a notification or by SMS (短信)",
        ResendVoucher,
        NOTHING,
        _CANCELLING | {Code.REQUIRED_FIELD_BLANK, Code.CREATE_FAILED, Code.SMS_FAILED},
        {**_NUMBER, "by": "notify"},
    ),
    Interface(
        "queryProduct",
        "查询产品: what can be ordered, and under which rules",
        QueryProduct,
        ref("ProductsReport"),
        frozenset({Code.REQUIRED_FIELD_BLANK, Code.PRODUCT_UNAVAILABLE}),
        {"product_code": "P11063"},
    ),
    Interface(
        "queryPrice",
        "查询价格: prices, stock and sessions (场次), day by day",
        QueryPrice,
        ref("PricesReport"),
        frozenset({Code.REQUIRED_FIELD_BLANK, Code.PRODUCT_UNAVAILABLE, Code.DATE_INVALID}),
        {"product_code": "P11063", "begin_date": "2030-04-01", "end_date": "2030-04-30"},
    ),
)
"""Every interface of POST /public/*."""

REPORTS: Final = (OrderReport, ProductsReport, PricesReport)
"""What the queries answer in ``data``."""
