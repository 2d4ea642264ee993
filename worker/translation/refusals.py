"""What ZZY's refusals mean, told from their messages: it documents no codes.

Why it exists: the patterns are a table in the configuration, so that operators can add a
wording that they meet. It must not decide what follows from a refusal: that is the saga's.
Source: PROTOCOL.md, "3002, 3007, 3008, 3011".
"""

from collections.abc import Sequence
from dataclasses import dataclass

from contracts.channel import Code
from worker.saga.states import Failure


@dataclass(frozen=True, slots=True)
class RefusalPattern:
    """A piece of a message, the code it means to a channel, and an alarm's kind, if any."""

    text: str
    code: str
    alarm: str = ""


@dataclass(frozen=True, slots=True)
class RefusalPatterns:
    """The whole table."""

    codes: Sequence[RefusalPattern] = (
        RefusalPattern("库存不足", Code.STOCK_SHORT),
        RefusalPattern("余额不足", Code.BALANCE_SHORT, "zzy_refusal"),
        RefusalPattern("下架", Code.PRODUCT_UNAVAILABLE),
        RefusalPattern("不存在", Code.PRODUCT_UNAVAILABLE),
        RefusalPattern("身份证数量", Code.ID_COUNT_MISMATCH),
        RefusalPattern("身份证", Code.ID_INVALID),
    )
    already_paid: Sequence[str] = ("已支付", "重复支付")
    repeated_refund: Sequence[str] = ("批次号重复",)
    duplicate_order: Sequence[str] = ("订单号重复", "订单已存在", "重复下单")

    def failure(self, message: str, *, otherwise: str = "") -> tuple[Failure, str]:
        """Return what a channel is told of a refusal, and the kind of its alarm or "".

        ``otherwise`` replaces a message that fits no pattern.
        """
        for pattern in self.codes:
            if pattern.text in message:
                return Failure(pattern.code, _told(pattern.code, message)), pattern.alarm
        return Failure(Code.CREATE_FAILED, _told(Code.CREATE_FAILED, otherwise or message)), ""


def _told(code: str, message: str) -> str:
    """Return what the channel reads; never ZZY's words about our account there."""
    if code == Code.BALANCE_SHORT:
        return Code.BALANCE_SHORT.text
    text = Code(code).text
    return f"{text}：{message}" if message and message != text else text


def says(message: str, patterns: Sequence[str]) -> bool:
    """Tell whether a message holds one of the patterns."""
    return any(pattern in message for pattern in patterns)
