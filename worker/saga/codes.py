"""The few codes and words of the channel protocol that the saga itself decides.

Why it exists: the saga may not import the contracts; a test holds these equal to
``contracts.channel.Code``. It must not grow codes that a mapping outside can decide.
Source: channel document, section three (错误代码); PROTOCOL.md, "Channel side".
"""

from typing import Final

SUCCESS: Final = "1000"
CREATE_FAILED: Final = "3000"
CANCEL_FAILED: Final = "4000"
ORDER_UNKNOWN: Final = "4001"
ALREADY_CANCELLED: Final = "4002"
ALREADY_CHECKED: Final = "4003"

OK_TEXT: Final = "成功"
CONFLICT_TEXT: Final = "创建订单失败：channel_order_num 已用于内容不同的订单"
LATE_TEXT: Final = "创建订单失败：超过支付时限"
UNKNOWN_TEXT: Final = "创建订单失败：供应商结果未知，未支付"
TICKET_FAILED_TEXT: Final = "创建订单失败：出票失败，已申请退款"
CANCELLED_TEXT: Final = "创建订单失败：订单已取消"
REFUNDED_TEXT: Final = "创建订单失败：订单已退款"
ORDER_UNKNOWN_TEXT: Final = "此订单不存在"
ALREADY_CANCELLED_TEXT: Final = "此订单已取消"
ALREADY_CHECKED_TEXT: Final = "此订单已检票"
REFUND_OPEN_TEXT: Final = "此订单取消失败：退款处理中"
CANCEL_FAILED_TEXT: Final = "此订单取消失败"
AUDIT_TEXT: Final = "退款审核中"
NOT_REFUNDABLE_TEXT: Final = "此订单取消失败：产品不支持退款"
NOT_PAID_TEXT: Final = "此订单取消失败：订单未支付，请用 cancelOrder"
REFUND_REJECTED_TEXT: Final = "此订单取消失败：退款未通过"
REFUND_CONFLICT_TEXT: Final = "此订单取消失败：refund_num 已用于内容不同的退款"
COUNT_TEXT: Final = "此订单取消失败：count 超过可退数量"
CODES_UNKNOWN_TEXT: Final = "此订单取消失败：codes 中有不属于此订单的凭证"
CODES_REFUNDED_TEXT: Final = "此订单取消失败：codes 中有已退款的凭证"
REFUNDS_EXHAUSTED_TEXT: Final = "此订单取消失败：退款次数过多，请联系运营方 (contact the operator)"
RESEND_UNISSUED_TEXT: Final = "重发凭证失败：订单未出票"
RESEND_CODELESS_TEXT: Final = "重发凭证失败：订单没有凭证码，由供应商发送短信"
RESEND_REFUNDING_TEXT: Final = "重发凭证失败：退款处理中"
RESEND_FORGOTTEN_TEXT: Final = "重发凭证失败：凭证已按保存期限删除 (erased)"
CODES_FORGOTTEN_TEXT: Final = "此订单取消失败：凭证已按保存期限删除，请用 count (erased)"
FORGOTTEN_TEXT: Final = "创建订单失败：原因已按保存期限删除 (erased)"
RESEND_TOO_SOON_TEXT: Final = "重发凭证失败：短信刚刚发送过，请稍后再试 (wait, then ask again)"
