"""The kinds of difference that a reconciliation (对账) finds, and what to do about each.

Why it exists: a kind's name is stable, for scripts, filters and pages; what is done about it
stands in one table, which tests hold against the command line and docs/reconciliation.md.
It must not find a difference.
"""

from dataclasses import dataclass
from enum import StrEnum
from typing import Final


class Kind(StrEnum):
    """What differs."""

    FAILED_BUT_PAID = "failed_but_paid"
    """Refused or cancelled here, and ZZY has codes of it: it was paid there."""
    ISSUED_NO_CODES = "issued_no_codes"
    """Issued here (已出票), and ZZY shows no code."""
    CODES_NOT_ISSUED = "codes_not_issued"
    """ZZY shows codes of an order that is not issued here."""
    CODES_DIFFER = "codes_differ"
    """Issued on both sides, with other codes or another count of them."""
    REFUNDED_BUT_VALID = "refunded_but_valid"
    """Refunded here (已退款), and ZZY still shows the codes."""
    PAID_NO_TICKET = "paid_no_ticket"
    """The money was taken, and after hours there is no ticket and no refund."""
    UNSETTLED = "unsettled"
    """After hours it is not known whether it was made or paid."""
    REFUND_OPEN = "refund_open"
    """A refund (退款) was asked for hours ago and has no outcome."""
    HUMAN_WAITING = "human_waiting"
    """It has been in front of a human for hours."""
    CHECKS_DIFFER = "checks_differ"
    """More was used at the gate (核销) than we count, or more used and refunded than bought."""
    PAID_ABOVE_PRICE = "paid_above_price"
    """ZZY took more (PayMoney) than the channel's customer paid."""
    ACCOUNT_DIFFERS = "account_differs"
    """The channel's prepaid account (预存账户) moved otherwise than the order says."""
    VOUCHER_NOT_DELIVERED = "voucher_not_delivered"
    """The channel, or its guest, did not get the vouchers."""
    REFUND_NOT_TOLD = "refund_not_told"
    """A refund ended and the channel was not told."""
    FAILURE_NOT_TOLD = "failure_not_told"
    """The order failed and the channel was not told."""
    CHECK_NOT_TOLD = "check_not_told"
    """Tickets were used and the channel was not told."""
    NOTICE_NOT_TAKEN = "notice_not_taken"
    """A notice (通知) of ZZY about it lies in the dead letters, or waits."""
    COMMAND_NOT_TAKEN = "command_not_taken"
    """A command of its channel lies in the dead letters."""
    UNKNOWN_ORDER = "unknown_order"
    """ZZY sent a notice of an order that we do not have."""
    NOT_COMPARED = "not_compared"
    """ZZY did not answer when it was asked about it."""


@dataclass(frozen=True, slots=True)
class Action:
    """What to do: a command to run, and what to ask whom. ``{…}`` are the difference's."""

    command: str
    """After ``python -m worker``."""
    with_letter: str = ""
    """The command where a dead letter is known."""
    text: str = ""
    """For people, in a sentence."""


_SHOW: Final = "orders show {order_num}"
_LETTER: Final = "deadletters show {letter_id}"
_REPLAY: Final = "deadletters replay {letter_id}"

ACTIONS: Final[dict[Kind, Action]] = {
    Kind.FAILED_BUT_PAID: Action(
        _SHOW, text="ask ZZY to refund its order {zzy_order_id}: we told the channel that it failed"
    ),
    Kind.ISSUED_NO_CODES: Action(
        _SHOW,
        text="ask ZZY for the codes of its order {zzy_order_id}: guests may be turned away",
    ),
    Kind.CODES_NOT_ISSUED: Action(
        _SHOW, text="ask ZZY to send the ticket notice of its order {zzy_order_id} again"
    ),
    Kind.CODES_DIFFER: Action(
        _SHOW, text="ask ZZY which codes of its order {zzy_order_id} hold, and to notify them again"
    ),
    Kind.REFUNDED_BUT_VALID: Action(
        _SHOW,
        text="ask ZZY to void the codes of its order {zzy_order_id}: they open the gate",
    ),
    Kind.PAID_NO_TICKET: Action(
        _SHOW, text="ask ZZY for the tickets of its order {zzy_order_id}, or for the money"
    ),
    Kind.UNSETTLED: Action(
        _SHOW, text="ask ZZY whether our number {order_num} (OriginOrderId) was made and paid"
    ),
    Kind.REFUND_OPEN: Action(
        _SHOW, text="ask ZZY how far the audit of the refund of its order {zzy_order_id} is"
    ),
    Kind.HUMAN_WAITING: Action(_SHOW, text="decide it: docs/operations.md, order_needs_human"),
    Kind.CHECKS_DIFFER: Action(
        _SHOW, _LETTER, "compare the count of used tickets with ZZY's for its order {zzy_order_id}"
    ),
    Kind.PAID_ABOVE_PRICE: Action(
        _SHOW, text="compare the price agreed with ZZY with what the channel sells at"
    ),
    Kind.ACCOUNT_DIFFERS: Action(
        "accounts statement {app_key} {month}",
        text="compare its entries with the order; correct it by an adjustment with a note",
    ),
    Kind.VOUCHER_NOT_DELIVERED: Action(
        "orders resend {order_num}", _REPLAY, "mend what its last answer says, then send it again"
    ),
    Kind.REFUND_NOT_TOLD: Action(
        _SHOW, _REPLAY, "mend what its last answer says, then send it again"
    ),
    Kind.FAILURE_NOT_TOLD: Action(
        _SHOW, _REPLAY, "mend what its last answer says, then send it again"
    ),
    Kind.CHECK_NOT_TOLD: Action(
        _SHOW, _REPLAY, "mend what its last answer says, then send it again"
    ),
    Kind.NOTICE_NOT_TAKEN: Action(
        _SHOW,
        _LETTER,
        "compare the order with what ZZY says on another way, then replay it",
    ),
    Kind.COMMAND_NOT_TAKEN: Action(_SHOW, _LETTER, "correct the sender, then replay it"),
    Kind.UNKNOWN_ORDER: Action(
        "deadletters list", _LETTER, "ask ZZY whose order it is, and who paid for it"
    ),
    Kind.NOT_COMPARED: Action(
        "reconcile --date {day}", text="compare the day again once ZZY answers"
    ),
}
"""What to do about each kind."""
