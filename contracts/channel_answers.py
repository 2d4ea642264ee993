"""What we answer to a channel, and what a channel answers to our notifications.

Why it exists: every answer has one shape, whatever happened. It must not decide a code.
Sources: channel.txt 1.下单接口 and 2.取消订单 (响应结果), 3.状态变更通知接口 (渠道商响应结果).
"""

from typing import Any, Final, Literal, Self

from pydantic import Field

from .channel_codes import Code, ProtocolError
from .channel_requests import ChannelModel
from .strict_json import JsonError, dumps, loads_object

_DELIVERED: Final = ("200", 200)
_MAX_MESSAGE: Final = 200


class Answer(ChannelModel):
    """响应结果: our answer to createOrder and cancelOrder."""

    code: Code = Field(
        description="状态代码: one of the codes of 三、错误代码, text. 1.下单接口. Example: 1000"
    )
    message: str = Field(description="状态描述: for people. 1.下单接口. Example: 成功")
    data: dict[str, Any] | Literal[""] = Field(
        default="",
        description="渠道商需要的参数: createOrder's success holds order_num; empty text "
        "(失败为空) otherwise. 1.下单接口. "
        'Example: {"order_num": "a72cfce7dec54cf18cd4ac610f221ecf"}',
    )

    @classmethod
    def ok(cls, data: dict[str, Any] | None = None) -> Self:
        """Return 1000 成功, with ``data`` if there is any."""
        return cls(code=Code.SUCCESS, message=Code.SUCCESS.text, data=data or "")

    @classmethod
    def refused(cls, code: Code, message: str = "") -> Self:
        """Return a refusal; without ``message`` the code's own text."""
        return cls(code=code, message=message or code.text)

    @classmethod
    def of(cls, error: ProtocolError) -> Self:
        """Return the refusal that ``error`` carries."""
        return cls(code=error.code, message=error.message)

    def to_bytes(self) -> bytes:
        """Return the JSON that travels."""
        return self.__pydantic_serializer__.to_json(self)


class ChannelReceipt(ChannelModel):
    """渠道商响应结果: what a channel answers to a notification of ours."""

    status: int | str | None = Field(
        default=None,
        description="200:成功, a number or text; anything else is retried. 3.状态变更通知接口. "
        "Example: 200",
    )
    message: str = Field(default="", description="描述. 3.状态变更通知接口. Example: 成功")
    code: str = Field(
        default="",
        description="Stands in the document's failed sample instead of status. "
        "3.状态变更通知接口. Example: 401",
    )

    @property
    def delivered(self) -> bool:
        """Tell whether the channel has taken it (the HTTP status must be 200 besides)."""
        return self.status in _DELIVERED

    def to_bytes(self) -> bytes:
        """Return the JSON that travels, without what is empty."""
        return dumps({name: value for name, value in self if value not in (None, "")}).encode()


def parse_receipt(raw: bytes) -> ChannelReceipt | None:
    """Read a channel's answer; ``None`` when it is none (not delivered, then)."""
    try:
        fields = loads_object(raw)
    except JsonError:
        return None
    status = fields.get("status")
    message, code = (str(fields.get(name) or "")[:_MAX_MESSAGE] for name in ("message", "code"))
    known = isinstance(status, int | str) and not isinstance(status, bool)
    return ChannelReceipt(status=status if known else None, message=message, code=code)
