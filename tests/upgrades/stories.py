"""Orders of every kind and end, as data: what ZZY answers, and what is asked and noticed.

Why it exists: each release plays them once and keeps what it wrote meanwhile
(``python -m tests.upgrades.record``). Every person in them is made up. A story is never
changed once a version has recorded it; a later version may add some.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

LOST: Final = "lost"
"""Instead of an answer: none that can be read."""

Answer = Mapping[str, Any] | str
Act = tuple[Any, ...]
"""What is done, its arguments, and where the order stands when it has had its effect."""


def ok(**data: object) -> Answer:
    """Return a success of ZZY."""
    return {"IsSuccess": True, "Code": 1000, "Message": "处理成功", "LogId": "log", "Data": data}


def refused(message: str) -> Answer:
    """Return a refusal of ZZY."""
    return {"IsSuccess": False, "Code": 500, "Message": message, "LogId": "log", "Data": None}


PAID: Final = ok(OrderStatus=1)
NO_CODES: Final = {"IsSuccess": True, "Message": "", "Data": []}
AUDITED, GRANTED, DENIED = (ok(ApplyId=71, RefundStatus=status) for status in (0, 1, 2))

AS_USUAL: Final[Mapping[str, Sequence[Answer]]] = {
    "Create": [ok(OrderId=..., OrderStatus=0)],
    "Pay": [PAID],
    "PersonQrCodes": [NO_CODES],
    "CancelOrder": [ok()],
    "Refund": [AUDITED],
}
"""What ZZY answers where a story says nothing; the last answer of a list is repeated."""


def codes(*names: str) -> Answer:
    """Return PersonQrCodes' answer with these codes."""
    found = [{"Name": "张三", "QrCode": n, "ProductName": "联票", "Memo": ""} for n in names]
    return {"IsSuccess": True, "Message": "", "Data": found}


SETTINGS: Final = {
    "reply_wait_seconds": "2",
    "unknown_retry_delays": '["0.2s", "0.3s", "1s"]',
    "ticket_deadline_seconds": "4",
    "ticket_probe_delays": '["0.5s", "0.5s"]',
    "audit_deadline_seconds": "4",
}
"""How long the worker waits, of the section [saga], as TOML values."""


@dataclass(frozen=True)
class Story:
    """One order."""

    name: str
    acts: Sequence[Act]
    zzy: Mapping[str, Sequence[Answer]] = field(default_factory=dict)
    count: int = 2
    channel_refuses: bool = False
    """Whether the channel takes no notification of it."""
    since: str = "0.1.0"
    """The first version that can play it."""

    @property
    def channel_order_num(self) -> str:
        return f"history {self.name}"

    def answers(self, call: str) -> Sequence[Answer]:
        return self.zzy.get(call, AS_USUAL[call])


CREATED: Final = ("create", "awaiting_ticket")
TICKETS: Final = ("ticket", ("C-1", "C-2"), "issued")
ISSUED: Final = (CREATED, TICKETS)


def approved(number: int = 1, status: int = 1, *, then: str = "refunded") -> Act:
    """Return ZZY's verdict on a refund of ours."""
    return ("refund", number, status, (), then)


STORIES: Final = (
    Story("issued", ISSUED),
    Story(
        "issued by pay", (("create", "issued"),), {"Pay": [ok(OrderStatus=0, VoucherCode="V-1")]}
    ),
    Story("issued without codes", (CREATED, ("ticket", (), "issued"))),
    Story("issued and a bundle's second part", (*ISSUED, ("ticket", ("D-1",), "issued"))),
    Story("issued and checked", (*ISSUED, ("verify", 1, "issued"), ("verify", 2, "issued"))),
    Story("notice before the order", (("ticket", ("C-1", "C-2"), ""), ("create", "issued"))),
    Story("tickets come late", (CREATED, ("wait", "human"), TICKETS)),
    Story("tickets never come", (CREATED, ("wait", "human"))),
    Story(
        "tickets are found by asking", (("create", "issued"),), {"PersonQrCodes": [codes("Q-1")]}
    ),
    Story("refused", (("create", "refused"),), {"Create": [refused("库存不足")]}),
    Story("create doubtful", ISSUED, {"Create": [LOST, ok(OrderId=..., OrderStatus=0)]}),
    Story("create unknown to the end", (("create", "refused"),), {"Create": [LOST]}),
    Story("create a duplicate", (("create", "refused"),), {"Create": [refused("订单号重复")]}),
    Story("pay refused", (("create", "refused"),), {"Pay": [refused("余额不足")]}),
    Story("pay doubtful", ISSUED, {"Pay": [LOST, refused("订单已支付")]}),
    Story(
        "pay doubtful, codes are there",
        (("create", "issued"),),
        {"Pay": [LOST], "PersonQrCodes": [codes("Q-1", "Q-2")]},
    ),
    Story("pay unknown to the end", (("create", "refused"),), {"Pay": [LOST]}),
    Story("pay and cancel unknown", (("create", "human"),), {"Pay": [LOST], "CancelOrder": [LOST]}),
    Story(
        "pay unknown, cancel refused",
        (("create", "awaiting_ticket"), TICKETS),
        {"Pay": [LOST], "CancelOrder": [refused("订单已支付")]},
    ),
    Story(
        "cancelled while created",
        (("create beside", "creating"), ("cancel", "cancelled")),
        {"Create": [LOST]},
    ),
    Story(
        "cancelled while paid for",
        (("create beside", "paying"), ("cancel", "cancelled")),
        {"Pay": [LOST]},
    ),
    Story("cancelled at once", (*ISSUED, ("cancel", "refunded")), {"Refund": [GRANTED]}),
    Story("cancelled before the ticket", (CREATED, ("cancel", "refunded")), {"Refund": [GRANTED]}),
    Story("cancel audited, granted", (*ISSUED, ("cancel", "audit"), approved())),
    Story("cancel audited, denied", (*ISSUED, ("cancel", "audit"), approved(1, 2, then="issued"))),
    Story(
        "cancel denied, and again",
        (
            *ISSUED,
            ("cancel", "audit"),
            approved(1, 2, then="issued"),
            ("cancel", "audit"),
            approved(2),
        ),
    ),
    Story("cancel never decided", (*ISSUED, ("cancel", "audit"), ("wait", "human"))),
    Story("cancel decided late", (*ISSUED, ("cancel", "audit"), ("wait", "human"), approved())),
    Story("cancel refused", (*ISSUED, ("cancel", "issued")), {"Refund": [refused("不可退")]}),
    Story(
        "refund doubtful",
        (*ISSUED, ("cancel", "audit"), approved()),
        {"Refund": [LOST, refused("批次号重复")]},
    ),
    Story("refund unknown to the end", (*ISSUED, ("cancel", "human")), {"Refund": [LOST]}),
    Story("checked, then cancelled", (*ISSUED, ("verify", 1, "issued"), ("cancel", "issued"))),
    Story(
        "checked during the audit",
        (*ISSUED, ("cancel", "audit"), ("verify", 1, "issued"), approved(1, 2, then="issued")),
    ),
    Story(
        "ticket failed, money back",
        (CREATED, ("ticket failed", "refunded")),
        {"Refund": [GRANTED]},
    ),
    Story("ticket failed, audited", (CREATED, ("ticket failed", "audit"), approved())),
    Story(
        "ticket failed, money kept",
        (CREATED, ("ticket failed", "human")),
        {"Refund": [refused("不可退")]},
    ),
    Story("forced refund", (*ISSUED, ("refund", 0, 1, (), "refunded"))),
    Story("forced refund of one", (*ISSUED, ("refund", 0, 1, ("C-1",), "issued"))),
    Story("a refund of nobody's", (*ISSUED, ("refund", 99, 1, (), "human"))),
    Story("forged", (*ISSUED, ("forged", ("F-1",), "issued"))),
    Story("stale notice", (*ISSUED, ("stale", ("S-1",), "issued"))),
    Story("undelivered", ISSUED, channel_refuses=True),
    Story("ordered twice", (*ISSUED, ("create", "issued"), ("create otherwise", "issued"))),
    # New ones come last: ZZY numbers its orders in this order.
    Story(
        "a part refunded by count",
        (*ISSUED, ("refund part", {"count": 1}, "audit"), approved(then="issued")),
        since="0.2.0",
    ),
    Story(
        "a part refunded by codes, then the rest",
        (
            *ISSUED,
            ("refund part", {"codes": ["C-2"]}, "audit"),
            approved(then="issued"),
            ("cancel", "audit"),
            approved(2),
        ),
        since="0.2.0",
    ),
    Story(
        "a part denied, and the whole forced",
        (
            *ISSUED,
            ("refund part", {"count": 1}, "audit"),
            approved(1, 2, then="issued"),
            ("refund", 0, 1, (), "refunded"),
        ),
        since="0.2.0",
    ),
    Story(
        "a part refunded, the rest checked",
        (
            *ISSUED,
            ("refund part", {"count": 1}, "audit"),
            approved(then="issued"),
            ("verify", 1, "issued"),
            ("resend", "issued"),
        ),
        since="0.2.0",
    ),
)


def playable(version: str) -> list[Story]:
    """Return the stories that a version can play."""
    return [story for story in STORIES if _number(story.since) <= _number(version)]


def _number(version: str) -> list[int]:
    return [int(part) for part in version.split(".")]
