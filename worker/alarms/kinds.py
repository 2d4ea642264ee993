"""Every kind of alarm: how urgent it is, what it is about, and what it says.

Why it exists: the code raises an alarm with fields; which of them make it the same alarm again,
and which may leave the house in a chat message, is said once, here. What ZZY or a channel wrote
freely is in none of them. It must not raise anything. docs/operations.md says what to do.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from worker.runtime.alarm_records import Severity
from worker.telemetry.redaction import Redaction

_WARNING, _CRITICAL = Severity.WARNING, Severity.CRITICAL
LONGEST_TEXT: Final = 300


@dataclass(frozen=True, slots=True)
class Kind:
    """What holds of all alarms of one kind."""

    severity: Severity
    says: str
    about: tuple[str, ...] = ()
    """The fields that make its subject."""
    shows: tuple[str, ...] = ()
    """Fields that stand in its text besides; ``text`` where the words are our own."""
    lasts: bool = False
    """It is over when somebody says so; others are over once nothing more is heard of them."""
    spoken: bool = False
    """A process says it again each minute while it lasts: unsaid, it ended with its process."""


def _order(severity: Severity, says: str, *, lasts: bool = False) -> Kind:
    return Kind(severity, says, ("order_num",), ("text",), lasts=lasts)


KINDS: Final[Mapping[str, Kind]] = {
    # --- of the code ---
    "order_needs_human": _order(_CRITICAL, "an order is in front of a human", lasts=True),
    "dead_letter": Kind(
        _WARNING, "messages became dead letters", ("letter_kind", "app_key"), ("queue",)
    ),
    "endpoint_gone": Kind(_CRITICAL, "a channel's URL answered 410", ("app_key",)),
    "channel_failing": Kind(
        _WARNING,
        "a channel does not take its notifications",
        ("app_key",),
        ("percent", "answer"),
        lasts=True,
    ),
    "zzy_down": Kind(_CRITICAL, "ZZY does not answer: orders wait", lasts=True, spoken=True),
    "dead_letter_limit": Kind(
        _CRITICAL, "most messages die: the queue is stopped", ("queue",), lasts=True, spoken=True
    ),
    "zzy_signature_refused": Kind(_CRITICAL, "ZZY refuses our signature"),
    "zzy_refusal": Kind(_CRITICAL, "ZZY refuses orders: the account there may be empty"),
    "account_low": Kind(_WARNING, "a prepaid account runs low", ("app_key",), ("text",)),
    "settlement_price_missing": Kind(_WARNING, "orders lack a settlement price"),
    "paid_above_price": _order(_WARNING, "ZZY took more than the customer paid"),
    "catalogue_unreadable": Kind(
        _WARNING, "products or prices of ZZY cannot be read", ("product_id",), ("count",)
    ),
    "product_not_fetched": Kind(_WARNING, "a changed product was not fetched", ("product_id",)),
    "reply_address_refused": Kind(
        _WARNING, "an upstream system wanted its answer elsewhere", ("user", "queue")
    ),
    "conflicting_order": _order(_CRITICAL, "ZZY gave one of our numbers two orders"),
    "checked_during_refund": _order(_WARNING, "a ticket was used that is being refunded"),
    "refunds_exhausted": _order(_WARNING, "too many refunds of an order failed"),
    "forced_refund": _order(_WARNING, "the supplier refunded by itself"),
    "forced_refund_doubtful": _order(_CRITICAL, "a forced refund may be forged"),
    "zzy_order_left_unpaid": _order(_WARNING, "an ended order may hold stock at ZZY"),
    "notice_quarantined": Kind(_CRITICAL, "a notice may be forged", ("order_num",), ("kept",)),
    "notice_stale": Kind(_WARNING, "signed notices came outside the time window", (), ("kept",)),
    "notice_unreadable": Kind(_WARNING, "signed notices cannot be read", (), ("kept",)),
    "notice_unknown": Kind(_WARNING, "signed notices of a kind that does not exist", (), ("kept",)),
    "notice_partner": Kind(_CRITICAL, "a notice names another partner: it may be forged"),
    "notice_without_order": Kind(
        _WARNING, "a notice waited a day for its order", ("zzy_order_id",)
    ),
    "reconciliation_differs": Kind(
        _WARNING, "the comparison of a day found differences", ("day",), ("differences", "money")
    ),
    "not_sent": Kind(
        _CRITICAL, "the broker took nothing: 503 was answered", ("queue",), ("requests",)
    ),
    "sending_unknown": Kind(
        _CRITICAL, "the broker confirmed nothing: 504", ("queue",), ("requests",)
    ),
    "sending_cancelled": Kind(
        _WARNING, "a connection was lost during a publish", ("queue",), ("requests",)
    ),
    "encryption_key_missing": Kind(_CRITICAL, "an encryption key is missing", ("key_id",)),
    "sealed_data_damaged": Kind(_CRITICAL, "sealed data was changed", ("place",)),
    "reply_unreadable": Kind(_WARNING, "a reply between our own parts cannot be read"),
    "request_failed": Kind(_CRITICAL, "an error of ours in the ingress", ("path",)),
    # --- of the rules ---
    "dead_letter_old": Kind(_WARNING, "dead letters wait for a person", (), ("text",), lasts=True),
    "dead_letters_many": Kind(_CRITICAL, "many messages die", (), ("text",), lasts=True),
    "channel_silent": Kind(
        _WARNING, "a channel does not answer: nothing is sent to it", ("app_key",), lasts=True
    ),
    "no_consumer": Kind(
        _CRITICAL, "nobody takes messages of a queue", ("queue",), ("text",), lasts=True
    ),
    "backlog_old": Kind(
        _CRITICAL, "messages wait too long in a queue", ("queue",), ("text",), lasts=True
    ),
    "deadline_near": Kind(
        _WARNING, "orders come near their deadline", ("deadline",), ("text",), lasts=True
    ),
    "stock_refusals": Kind(
        _WARNING, "ZZY refuses orders of a product: no stock", ("product_id",), ("text",)
    ),
    "bad_signatures": Kind(_WARNING, "many requests are wrongly signed", ("route",), ("text",)),
    "test": Kind(_WARNING, "a test: nothing is wrong", (), ("text",)),
}
UNKNOWN: Final = Kind(_WARNING, "an alarm of a kind that is not listed")
LASTING: Final = tuple(name for name, kind in KINDS.items() if kind.lasts)
SPOKEN: Final = tuple(name for name, kind in KINDS.items() if kind.spoken)

_redacted: Final = Redaction()
_URGENT_PERCENT: Final = 90


def subject_of(kind: str, fields: Mapping[str, object]) -> str:
    """Return what an alarm is about, as one short text."""
    known = KINDS.get(kind, UNKNOWN)
    words = " ".join(str(fields[name]) for name in known.about if fields.get(name))
    return _redacted.text(words)[:100]


def severity_of(kind: str, fields: Mapping[str, object]) -> Severity:
    """Return how urgent it is: a channel that nears the dead letters is."""
    percent = fields.get("percent")
    if isinstance(percent, int) and percent >= _URGENT_PERCENT:
        return _CRITICAL
    return KINDS.get(kind, UNKNOWN).severity


def text_of(kind: str, fields: Mapping[str, object]) -> str:
    """Return what people read: nothing personal, nothing that others wrote freely."""
    known = KINDS.get(kind, UNKNOWN)
    shown = [
        str(fields[name]) if name == "text" else f"{name} {fields[name]}"
        for name in known.shows
        if fields.get(name) not in {None, ""}
    ]
    text = f"{known.says}: {', '.join(shown)}" if shown else known.says
    return _redacted.text(text)[:LONGEST_TEXT]
