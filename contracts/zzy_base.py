"""What all ZZY models share: any key casing is read, the document's casing is written.

Why it exists: ZZY's samples disagree with its tables and a real integrator disagrees with
both; the tolerance is built once, here. It must not know an endpoint.
Source: docs/protocols/zzy.txt.
"""

from enum import IntEnum, StrEnum
from typing import Annotated, Any, ClassVar, Generic, Self, TypeVar

from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    PlainSerializer,
    ValidationError,
    ValidationInfo,
    ValidatorFunctionWrapHandler,
    WithJsonSchema,
    field_validator,
    model_validator,
)
from pydantic.alias_generators import to_pascal
from pydantic_core import PydanticCustomError

from .strict_json import loads


class Endpoint(StrEnum):
    """The eight interfaces that ZZY offers (1.中智游提供接口), with the documented path."""

    PRODUCTS = "/product/getProductByDistributor"
    """1.1.1 获取分销商授权产品, GET."""
    PRICES = "/product/getProductPriceByDistributor"
    """1.1.2 获取分销商产品价格, GET."""
    VERIFY = "/order/Verify"
    """1.1.3 订单下单预校验, POST."""
    CREATE = "/order/Create"
    """1.1.4 订单新增, POST."""
    PAY = "/order/Pay"
    """1.1.5 订单支付, POST."""
    PERSON_QR_CODES = "/order/PersonQrCodes"
    """1.1.6 获取游客入园二维码, GET."""
    REFUND = "/order/Refund"
    """1.1.7 订单退改申请, POST."""
    CANCEL = "/order/CancelOrder"
    """1.1.8 订单取消, POST (a real integrator uses GET)."""


class OrderStatus(IntEnum):
    """订单状态 (1.1.5): where ZZY's order stands."""

    AWAITING_PAYMENT = 0
    """等待支付."""
    PAID = 1
    """支付成功."""
    PAY_FAILED = 2
    """支付失败."""
    AWAITING_TICKET = 3
    """等待出票."""
    TICKETED = 4
    """出票成功."""
    TICKET_FAILED = 5
    """出票失败."""


def _id(value: object) -> str:
    if isinstance(value, int) and not isinstance(value, bool):
        return str(value)
    if isinstance(value, str) and value.strip():
        return value.strip()
    raise PydanticCustomError("id", "neither a whole number nor text")


def _written_id(value: str) -> int | str:
    canonical = value.isascii() and value.isdigit() and (value == "0" or value[0] != "0")
    return int(value) if canonical else value


ZzyId = Annotated[
    str,
    BeforeValidator(_id),
    PlainSerializer(_written_id, return_type=int | str, when_used="json"),
    WithJsonSchema({"type": ["integer", "string"]}),
]
"""A number of ZZY's: read as int or text, held as text, written as the document's integer."""


def _flag(value: object) -> object:
    return value.strip().lower() if isinstance(value, str) else value


Flag = Annotated[bool, BeforeValidator(_flag)]


def _text(value: object) -> object:
    return "" if value is None else value


Text = Annotated[str, BeforeValidator(_text)]
"""Text; null is empty, a number is its digits."""


def _blank(value: object) -> object:
    return None if isinstance(value, str) and not value.strip() else value


LooseInt = Annotated[int | None, BeforeValidator(_blank)]
"""A whole number or nothing: null and empty text are nothing."""


def _int_or_none(value: object) -> int | None:
    try:
        return None if value is None else int(str(value))
    except ValueError:
        return None


ReturnCode = Annotated[int | None, BeforeValidator(_int_or_none)]
"""接口返回码; nothing is decided by it, so nothing is refused for it."""


def no_null(value: object) -> object:
    """Turn a null collection, or an empty text in its place, into an empty one."""
    return () if value is None or value == "" else value


def some_codes(value: object) -> object:
    """As :func:`no_null`; one bare code becomes a collection, blank ones are dropped."""
    value = no_null(value)
    if isinstance(value, str | int):
        value = (value,)
    if isinstance(value, list | tuple):
        return [code for code in value if code is not None and str(code).strip()]
    return value


Codes = Annotated[tuple[str, ...], BeforeValidator(some_codes)]
"""入园凭证, several; always text, whatever they look like."""


class ZzyModel(BaseModel):
    """Base of everything that ZZY sends or gets."""

    model_config = ConfigDict(
        frozen=True,
        extra="ignore",
        alias_generator=to_pascal,
        validate_by_name=True,
        validate_by_alias=True,
        serialize_by_alias=True,
        hide_input_in_errors=True,
        coerce_numbers_to_str=True,
        use_enum_values=False,
        defer_build=True,  # at its first use: no process uses all of them
    )

    _exact: ClassVar[frozenset[str]] = frozenset()
    _by_lower_case: ClassVar[dict[str, str]] = {}

    @classmethod
    def __pydantic_init_subclass__(cls, **_: Any) -> None:  # noqa: ANN401  (pydantic's signature)
        aliases = [field.alias or name for name, field in cls.model_fields.items()]
        cls._exact = frozenset(aliases) | frozenset(cls.model_fields)
        cls._by_lower_case = {alias.lower(): alias for alias in aliases}

    @model_validator(mode="before")
    @classmethod
    def _any_casing(cls, data: object) -> object:
        if not isinstance(data, dict) or data.keys() <= cls._exact:
            return data
        known = {key: value for key, value in data.items() if key in cls._exact}
        for key, value in data.items():
            known.setdefault(cls._by_lower_case.get(str(key).lower(), key), value)
        return known

    @classmethod
    def parse(cls, raw: bytes | str) -> Self:
        """Read JSON. Raises :class:`ValueError` (its text holds no value that was sent)."""
        return cls.model_validate(loads(raw))

    def to_json(self) -> str:
        """Return the JSON text in the document's casing, without what is null."""
        return self.to_bytes().decode()

    def to_bytes(self) -> bytes:
        """Return :meth:`to_json` as UTF-8."""
        return self.__pydantic_serializer__.to_json(self, by_alias=True, exclude_none=True)

    def to_query(self) -> dict[str, str]:
        """Return the query parameters of a GET, in the document's casing."""
        fields = self.model_dump(mode="json", exclude_none=True)
        return {name: str(value) for name, value in fields.items()}


Data = TypeVar("Data")


class ZzyAnswer(ZzyModel, Generic[Data]):
    """The head of every answer, and the answer's own Data.

    ``is_success`` decides; ``code`` alone does not (1000, 1 and 0 are all seen for success).
    """

    is_success: Flag = Field(
        description="IsSuccess: whether the call did what it should. 1.1.1. Example: true"
    )
    code: ReturnCode = Field(
        default=None,
        description="接口返回码: the return code; absent in 1.1.6. 1.1.1. Example: 1000",
    )
    log_id: Text = Field(
        default="",
        description="请求记录 ID: names the call when asking ZZY. 1.1.4. "
        "Example: 63775710736904140420211221191216904004",
    )
    message: Text = Field(default="", description="返回描述: for people. 1.1.1. Example: 下单成功")
    data: Data | None = Field(
        default=None, description="Data: the answer itself; absent when refused. 1.1.1. Example: {}"
    )

    @field_validator("data", mode="wrap")
    @classmethod
    def _no_data_in_a_refusal(
        cls, value: object, read: ValidatorFunctionWrapHandler, info: ValidationInfo
    ) -> object:
        """Drop the Data of a refusal where it cannot be read: it may be anything."""
        try:
            return read(None if value == "" else value)
        except ValidationError:
            if info.data.get("is_success") is False:
                return None
            raise
