"""The exact shape of every request that ZZY takes: names, types, what is required.

Why it exists: the simulated supplier must be stricter than our tolerant models, or an
error in what we write would never show. Written from the document, not from our models.
Source: zzy.txt 1.1.1 to 1.1.8.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Final

from worker.simulators.records import RefusalError


@dataclass(frozen=True, slots=True)
class Fields:
    """The fields of one object: required and optional ones, with their types."""

    required: Mapping[str, object]
    optional: Mapping[str, object]


INTEGER: Final = int
STRING: Final = str
NUMBER: Final = (int, float)
TEXTS: Final = [STRING]

PERSON: Final = Fields(
    {"Name": STRING, "Mobile": STRING, "IdCard": STRING},
    {"IDCardType": INTEGER, "Memo": STRING, "Gender": INTEGER},  # Gender: in the example only
)
PASSENGER: Final = Fields(
    {"UserName": STRING, "Mobile": STRING, "CardID": STRING}, {"CardType": INTEGER}
)
BODIES: Final[Mapping[str, Fields]] = {
    "verify": Fields(
        {
            "PartnerId": INTEGER,
            "ProductId": INTEGER,
            "VisitDate": STRING,
            "OrderUsers": [PASSENGER],
        },
        {"ProductItemName": STRING, "BeginPlayTime": STRING, "EndPlayTime": STRING},
    ),
    "create": Fields(
        {
            "PartnerId": INTEGER,
            "OriginOrderId": STRING,
            "ContactPerson": PERSON,
            "ProductId": INTEGER,
            "OrderQuantity": INTEGER,
            "VisitDate": STRING,
        },
        {
            "BeginPlayTime": STRING,
            "EndPlayTime": STRING,
            "OrderRemark": STRING,
            "VisitPerson": [PERSON],
        },
    ),
    "pay": Fields(
        {"PartnerId": INTEGER, "OrderId": INTEGER},
        {"UnitPrice": NUMBER, "EticketNo": STRING, "TicketCount": INTEGER},
    ),
    "refund": Fields(
        {"PartnerId": INTEGER, "OrderId": INTEGER, "RefundCount": INTEGER, "RefundId": STRING},
        {"VoucherCode": TEXTS},
    ),
}
QUERIES: Final[Mapping[str, tuple[frozenset[str], frozenset[str]]]] = {
    "products": (frozenset(), frozenset({"pageIndex", "pageSize", "productId"})),
    "prices": (frozenset({"StartTime", "EndTime", "productId"}), frozenset()),
    "person_qr_codes": (frozenset({"originOrderId"}), frozenset()),
    "cancel": (frozenset({"orderId"}), frozenset()),
}
"""Required and optional query parameters."""


def check_body(endpoint: str, body: object) -> dict[str, Any]:
    """Return the body, which is of the endpoint's shape. Raises RefusalError naming the field."""
    _check(body, BODIES[endpoint], "")
    assert isinstance(body, dict)  # noqa: S101  (it was just checked)
    return body


def check_query(endpoint: str, query: Mapping[str, str]) -> Mapping[str, str]:
    """Return the query, which has the endpoint's parameters. Raises RefusalError."""
    required, optional = QUERIES[endpoint]
    for name in required - query.keys():
        raise RefusalError(f"参数缺失: {name}")
    for name in query.keys() - required - optional:
        raise RefusalError(f"参数未知: {name}")
    return query


def whole_number(text: str, name: str) -> int:
    """Read a number of the query. Raises RefusalError."""
    if not (text.isascii() and text.isdigit()):
        raise RefusalError(f"参数类型错误: {name}")
    return int(text)


def visit_date(text: str) -> date:
    """Read a date written yyyy-MM-dd. Raises RefusalError."""
    try:
        day = datetime.strptime(text, "%Y-%m-%d").date()  # noqa: DTZ007  (a day has no zone)
    except ValueError:
        raise RefusalError("游玩日期格式错误") from None
    if text != day.isoformat():
        raise RefusalError("游玩日期格式错误")
    return day


def visit_moment(text: str) -> date:
    """Read the day of a moment written yyyy-MM-dd HH:mm:ss, 1.1.3. Raises RefusalError."""
    try:
        moment = datetime.strptime(text, "%Y-%m-%d %H:%M:%S")  # noqa: DTZ007
    except ValueError:
        raise RefusalError("游玩时间格式错误") from None
    return moment.date()


def _check(value: object, wanted: object, where: str) -> None:
    if isinstance(wanted, Fields):
        _check_object(value, wanted, where)
    elif isinstance(wanted, list):
        if not isinstance(value, list):
            raise RefusalError(f"参数类型错误: {where}")
        for item in value:
            _check(item, wanted[0], where)
    elif isinstance(value, bool) or not isinstance(value, wanted):  # type: ignore[arg-type]  # a type
        raise RefusalError(f"参数类型错误: {where}")


def _check_object(value: object, wanted: Fields, where: str) -> None:
    if not isinstance(value, dict):
        raise RefusalError(f"参数类型错误: {where or 'body'}")
    for name in wanted.required:
        if value.get(name) is None:
            raise RefusalError(f"参数缺失: {where}{name}")
    types = {**wanted.required, **wanted.optional}
    for name, item in value.items():
        if name not in types:
            raise RefusalError(f"参数未知: {where}{name}")
        if item is not None:
            _check(item, types[name], f"{where}{name}")
