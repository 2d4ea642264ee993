"""The answer codes of the channel protocol (三、错误代码), and the error that carries one.

Why it exists: 22 numbers that two companies have agreed on are named once. It must not
decide when a code is used.
"""

from enum import StrEnum
from types import MappingProxyType
from typing import Final


class Code(StrEnum):
    """状态代码, the ``code`` of an answer: the document's 22, and 9999 which is ours.

    Each member's ``text`` is the document's message. Source: channel.txt, 三、错误代码.
    """

    SUCCESS = "1000"
    """成功. Done, or accepted and going on."""
    CREATE_FAILED = "3000"
    """创建订单失败. The order was not created; the message tells why."""
    REQUIRED_FIELD_BLANK = "3001"
    """必要参数验证为空. A business field is missing or blank."""
    PRODUCT_UNAVAILABLE = "3002"
    """产品不存在或已下架. No such product, or it is off the shelf."""
    DATE_INVALID = "3003"
    """购买日期无效. Not a date, or a past one."""
    PHONE_INVALID = "3004"
    """取票人手机格式错误. Not a mobile number."""
    PRICE_INVALID = "3005"
    """价格格式错误. Not a price, or the amount is not price times count."""
    COUNT_INVALID = "3006"
    """产品购票数量无效. Not a number of tickets."""
    COUNT_AGAINST_RULE = "3007"
    """单次购买数量不符合规则. More than one order may hold."""
    STOCK_SHORT = "3008"
    """库存不足. Sold out."""
    BALANCE_SHORT = "3009"
    """账户余额不足，请联系管理员. The account at the supplier is empty."""
    REAL_NAME_NOT_WANTED = "3010"
    """此票不需要实名制. Ids were sent for a ticket that takes none."""
    ID_COUNT_MISMATCH = "3011"
    """身份证数量与购票数量不匹配. Number of ids against number of tickets."""
    ID_INVALID = "3012"
    """身份证号无效. Not an id number."""
    CANCEL_FAILED = "4000"
    """此订单取消失败. Not cancelled, or not yet; the message tells which."""
    ORDER_UNKNOWN = "4001"
    """此订单不存在. No such order of this channel."""
    ORDER_ALREADY_CANCELLED = "4002"
    """此订单已取消. Cancelled, refunded or failed before."""
    ORDER_ALREADY_CHECKED = "4003"
    """此订单已检票. A ticket was used at the gate."""
    PARAMETER_MISSING = "9001"
    """缺少参数. A field of the envelope is missing or cannot be read."""
    APP_KEY_INVALID = "9002"
    """分销渠道app_key无效. Not a channel of ours."""
    SIGNATURE_INVALID = "9003"
    """签名错误. Wrong signature or stale time stamp."""
    SMS_FAILED = "9004"
    """发送短信失败. Vouchers were to go to the guest by SMS (短信), and the first try failed."""
    UNKNOWN_OUTCOME = "9999"
    """结果未知，请用原订单号重试. Ours: sent on, not confirmed; ask again with the same number."""

    @property
    def text(self) -> str:
        """Return the message that the document gives to this code."""
        return _TEXTS[self]


_TEXTS: Final = MappingProxyType(
    {
        Code.SUCCESS: "成功",
        Code.CREATE_FAILED: "创建订单失败",
        Code.REQUIRED_FIELD_BLANK: "必要参数验证为空",
        Code.PRODUCT_UNAVAILABLE: "产品不存在或已下架",
        Code.DATE_INVALID: "购买日期无效",
        Code.PHONE_INVALID: "取票人手机格式错误",
        Code.PRICE_INVALID: "价格格式错误",
        Code.COUNT_INVALID: "产品购票数量无效",
        Code.COUNT_AGAINST_RULE: "单次购买数量不符合规则",
        Code.STOCK_SHORT: "库存不足",
        Code.BALANCE_SHORT: "账户余额不足，请联系管理员",
        Code.REAL_NAME_NOT_WANTED: "此票不需要实名制",
        Code.ID_COUNT_MISMATCH: "身份证数量与购票数量不匹配",
        Code.ID_INVALID: "身份证号无效",
        Code.CANCEL_FAILED: "此订单取消失败",
        Code.ORDER_UNKNOWN: "此订单不存在",
        Code.ORDER_ALREADY_CANCELLED: "此订单已取消",
        Code.ORDER_ALREADY_CHECKED: "此订单已检票",
        Code.PARAMETER_MISSING: "缺少参数",
        Code.APP_KEY_INVALID: "分销渠道app_key无效",
        Code.SIGNATURE_INVALID: "签名错误",
        Code.SMS_FAILED: "发送短信失败",
        Code.UNKNOWN_OUTCOME: "结果未知，请用原订单号重试",
    }
)


class ProtocolError(Exception):
    """A refusal as a channel reads it: a code, a message that names the field, the field.

    The message goes to the channel alone; it never repeats a value that was sent.
    """

    def __init__(self, code: Code, detail: str = "", field: str = "") -> None:
        """Build the message from the code's own text and ``detail``."""
        self.code = code
        self.field = field
        self.message = f"{code.text}：{detail}" if detail else code.text
        super().__init__(self.message)
