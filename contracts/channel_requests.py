"""What a channel asks of us: the signed envelope, createOrder and cancelOrder.

Why it exists: the one place that turns a channel's bytes into typed values or into the
refusal that the channel reads. It must not look at a clock, a secret or a product.
Sources: channel.txt 一 (envelope), 1.下单接口, 2.取消订单.
"""

import hashlib
from collections.abc import Mapping
from datetime import date
from typing import Annotated, Any, Final, Self, TypeVar

from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    PlainSerializer,
    ValidationError,
    WithJsonSchema,
    model_validator,
)
from pydantic_core import ErrorDetails, PydanticCustomError

from .channel_codes import Code, ProtocolError
from .channel_fields import (
    Count,
    Day,
    Money,
    Phone,
    Text,
    TimeOfDay,
    read_tourists,
    times,
    to_cents,
)
from .signatures import sign_channel
from .strict_json import JsonError, dumps, loads_object, quoted

_MAX_TIME_STAMP_DIGITS: Final = 19


class ChannelModel(BaseModel):
    """What all models of the channel protocol share: frozen, tolerant, silent on values."""

    model_config = ConfigDict(
        frozen=True,
        extra="ignore",
        hide_input_in_errors=True,
        coerce_numbers_to_str=True,
        defer_build=True,  # at its first use: no process uses all of them
    )


class ChannelRequest(ChannelModel):
    """The signed envelope around every call, both directions (一、接口说明)."""

    app_key: str = Field(
        description="开发key: names the channel. 一、接口说明. "
        "Example: e346aca67b1b11eab1d45404a6b35c1e"
    )
    params: str = Field(
        description="jsonStr, the business parameters as one JSON text, signed exactly as it "
        'travels. 一、接口说明, step 1. Example: {"order_num":"84d95bdc7ef911eaa2505404a6b35c1e"}'
    )
    sign: str = Field(
        description="参数签名: upper-case MD5 of app_secret + params + time_stamp. "
        "一、接口说明. Example: 3760DDB933BD79CD97FE832CB81535BB"
    )
    time_stamp: int = Field(
        description="时间戳: milliseconds since 1970; a number or a digit string. "
        "一、接口说明. Example: 1586936588379"
    )

    @classmethod
    def signed(cls, app_key: str, secret: str, params: str, time_stamp: int) -> Self:
        """Return the envelope around ``params``, signed with ``secret``."""
        sign = sign_channel(secret, params, time_stamp)
        return cls(app_key=app_key, params=params, sign=sign, time_stamp=time_stamp)

    def to_bytes(self) -> bytes:
        """Return the JSON that travels."""
        head = f'{{"app_key":{quoted(self.app_key)},"params":{quoted(self.params)},'
        return f'{head}"sign":{quoted(self.sign)},"time_stamp":{self.time_stamp}}}'.encode()


class Tourist(ChannelModel):
    """One entry of 身份证信息 (tourist_info)."""

    id_card: Text = Field(
        description="身份证: the visitor's id number, the key of the entry. 1.下单接口. "
        "Example: 410102195431547812 (the document's own; its check digit is wrong)"
    )
    name: Text = Field(
        description="姓名: the visitor's name, the value of the entry. 1.下单接口. Example: 张三"
    )


Model = TypeVar("Model", bound=ChannelModel)


def _as_object(tourists: tuple[Tourist, ...]) -> dict[str, str]:
    return {tourist.id_card: tourist.name for tourist in tourists}


Tourists = Annotated[
    tuple[Tourist, ...],
    BeforeValidator(read_tourists),
    PlainSerializer(_as_object, return_type=dict[str, str], when_used="json"),
    WithJsonSchema({"type": "object", "additionalProperties": {"type": "string"}}),
]


class CreateOrder(ChannelModel):
    """下单接口(支付后下单): an order that the channel's customer has paid. Source: 1.下单接口."""

    channel_order_num: Text = Field(
        description="渠道商的订单编号: the channel's own order number. 1.下单接口. "
        "Example: 265793fc7ef711eaa2505404a6b35c1e"
    )
    product_code: Text = Field(
        description="产品的分销代码: which product. 1.下单接口. Example: XXX"
    )
    take_phone: Phone = Field(
        description="取票人手机号: mobile of the person who takes the tickets. 1.下单接口. "
        "Example: 13456451211"
    )
    tourist_info: Tourists = Field(
        default=(),
        description="身份证信息 集合: id card to name, an object or its JSON text; optional. "
        '1.下单接口. Example: {"410102195431547812": "张三"}',
        json_schema_extra={"default": {}},
    )
    date: Day = Field(
        description="购票日期: the day of the visit, yyyy-MM-dd, Asia/Shanghai. 1.下单接口. "
        "Example: 2020-04-01"
    )
    price: Money = Field(
        description="本订单从渠道方卖出的单价: what the channel sold one for, in yuan. "
        "1.下单接口. Example: 6.0"
    )
    amount: Money = Field(
        description="交易总金额: price × count, each rounded half-up to 0.01. 1.下单接口. "
        "Example: 30.0"
    )
    count: Count = Field(description="数量: how many tickets. 1.下单接口. Example: 5")
    begin_play_time: TimeOfDay | None = Field(
        default=None,
        description="场次开始时间: start of the session, HH:mm; optional, an addition of ours "
        "(not in 1.下单接口; zzy.txt 1.1.4 wants it). Example: 09:00",
    )
    end_play_time: TimeOfDay | None = Field(
        default=None,
        description="场次结束时间: end of the session, HH:mm; optional, an addition of ours "
        "(not in 1.下单接口; zzy.txt 1.1.4 wants it). Example: 11:00",
    )

    @model_validator(mode="after")
    def _amount_is_price_times_count(self) -> Self:
        if to_cents(self.amount) != to_cents(times(self.price, self.count)):
            raise PydanticCustomError("amount", "amount is not price × count")
        return self

    def to_params(self) -> str:
        """Return the JSON text of ``params`` in the document's types: prices as numbers."""
        fields: dict[str, Any] = self.model_dump(mode="json", exclude_none=True)
        fields |= {"price": float(self.price), "amount": float(self.amount)}
        return dumps(fields)


class CancelOrder(ChannelModel):
    """取消订单: take an order back. Source: 2.取消订单."""

    order_num: Text = Field(
        description="订单编号: our number of the order, as createOrder answered it. 2.取消订单. "
        "Example: 84d95bdc7ef911eaa2505404a6b35c1e"
    )

    def to_params(self) -> str:
        """Return the JSON text of ``params``."""
        return dumps(dict(self))


def order_num(app_key: str, channel_order_num: str) -> str:
    """Return our number of a channel's order: the same on every retry, without a look-up."""
    pair = dumps([app_key, channel_order_num])
    return hashlib.sha256(pair.encode()).hexdigest()[:32]


def parse_envelope(raw: bytes) -> ChannelRequest:
    """Read the signed envelope. Raises :class:`ProtocolError` 9001 naming what is wrong."""
    try:
        fields = loads_object(raw)
    except JsonError as error:
        raise ProtocolError(Code.PARAMETER_MISSING, f"请求体 (request body): {error}") from None
    for name in ("app_key", "params", "sign", "time_stamp"):
        if fields.get(name) in (None, ""):
            raise ProtocolError(Code.PARAMETER_MISSING, name, name)
    for name in ("app_key", "params", "sign"):
        if not isinstance(fields[name], str):
            raise ProtocolError(Code.PARAMETER_MISSING, f"{name} 须为字符串 (not a string)", name)
    return ChannelRequest(
        app_key=fields["app_key"],
        params=fields["params"],
        sign=fields["sign"],
        time_stamp=_milliseconds(fields["time_stamp"]),
    )


def _milliseconds(value: object) -> int:
    if isinstance(value, int) and not isinstance(value, bool):
        return value
    digits = isinstance(value, str) and value.isascii() and value.isdigit()
    if isinstance(value, str) and digits and len(value) <= _MAX_TIME_STAMP_DIGITS:
        return int(value)
    raise ProtocolError(
        Code.PARAMETER_MISSING, "time_stamp 须为毫秒数 (milliseconds, a whole number)", "time_stamp"
    )


def parse_create_order(params: str) -> CreateOrder:
    """Read the business fields of createOrder. Raises :class:`ProtocolError`."""
    return read_business(CreateOrder, params)


def parse_cancel_order(params: str) -> CancelOrder:
    """Read the business fields of cancelOrder. Raises :class:`ProtocolError`."""
    return read_business(CancelOrder, params)


def read_business(
    model: type[Model], params: str, codes: Mapping[str, Code] | None = None
) -> Model:
    """Read ``params`` as ``model``. Raises :class:`ProtocolError` naming the field.

    ``codes`` says what a wrong field is answered with where createOrder's answer does not fit.
    """
    try:
        return model.model_validate(_business_fields(params))
    except ValidationError as error:
        raise refusal(error, codes) from None


def check_date(day: date, today: date) -> None:
    """Raise :class:`ProtocolError` 3003 when ``day`` is past; ``today`` is Asia/Shanghai's."""
    if day < today:
        raise ProtocolError(Code.DATE_INVALID, "date 已过 (in the past)", "date")


def _business_fields(params: str) -> dict[str, Any]:
    try:
        return loads_object(params)
    except JsonError as error:
        raise ProtocolError(Code.PARAMETER_MISSING, f"params: {error}", "params") from None


_CODES: Final[Mapping[str, Code]] = {
    "take_phone": Code.PHONE_INVALID,
    "date": Code.DATE_INVALID,
    "begin_play_time": Code.DATE_INVALID,
    "end_play_time": Code.DATE_INVALID,
    "price": Code.PRICE_INVALID,
    "amount": Code.PRICE_INVALID,
    "count": Code.COUNT_INVALID,
}


def refusal(error: ValidationError, codes: Mapping[str, Code] | None = None) -> ProtocolError:
    """Turn what pydantic found into the answer: blank fields first, then the first wrong one."""
    found = error.errors(include_url=False)
    blank = next(filter(None, map(_blank, found)), None)
    return blank or _wrong(found[0], {**_CODES, **(codes or {})})


def _field_name(detail: ErrorDetails) -> str:
    # Of a tourist only the part is named: its key is an id number.
    names = [part for part in detail["loc"] if isinstance(part, str)]
    return ".".join(names) or str(detail.get("ctx", {}).get("field", ""))


def _blank(detail: ErrorDetails) -> ProtocolError | None:
    value = detail["input"]
    blank = value is None or (isinstance(value, str) and not value.strip())
    if detail["type"] == "missing" or blank:
        name = _field_name(detail)
        return ProtocolError(Code.REQUIRED_FIELD_BLANK, name, name)
    return None


def _wrong(detail: ErrorDetails, codes: Mapping[str, Code]) -> ProtocolError:
    if detail["type"] == "amount":
        return ProtocolError(
            Code.PRICE_INVALID,
            "amount 不等于 price × count (amount is not price × count)",
            "amount",
        )
    name = _field_name(detail)
    code = codes.get(name, Code.PARAMETER_MISSING)
    return ProtocolError(code, f"{name} 无效 ({detail['msg']})", name)
