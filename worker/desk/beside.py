"""What lies beside an order and belongs to its history: money, dead letters, early notices.

Why it exists: the prepaid account, the dead letters and the notices that wait are kept for
purposes of their own; whoever reads an order's history sees them where they happened. It must
not show the body of a message.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from worker.runtime.banking import AccountEntry
from worker.runtime.lettering import OPEN, STATES, Condition, LetterQuery
from worker.runtime.ports import DeadLetter, HeldNotice, OrderRow, Store
from worker.telemetry.redaction import Redaction

MONEY: Final = "money"
LETTER: Final = "letter"
NOTICE: Final = "notice"
MOST: Final = 200
"""So many dead letters of one order are shown; the dead letters' own list has all."""
_REDACTION: Final = Redaction()
"""A reason may hold what others answered, in their own words."""


@dataclass(frozen=True, slots=True)
class Line:
    """One thing that happened."""

    at: datetime
    sort: str
    """decision, call, notification, money, letter or notice."""
    what: str
    """The event, the call as ZZY names it, ``notification_`` and its type, the entry's or the
    letter's kind."""
    state: str
    """The phase after a decision; how a call, a notification, a letter or a notice stands."""
    text: str
    took: timedelta | None = None
    """How long a call or a notification took; None: it has not ended, or took no time."""
    log_id: str = ""
    """ZZY's own number of a call."""
    letter_id: str = ""
    """The dead letter's, where it is one."""


async def beside(store: Store, row: OrderRow) -> list[Line]:
    """Return the lines of what lies beside an order. Raises StoreUnavailableError."""
    found = await store.belongings([row])
    ours = (Condition("order_num", "=", (row.order_num,)),)
    letters = await store.find_letters(LetterQuery(ours, states=STATES, limit=MOST))
    return [
        *map(_money, found.entries),
        *(line for letter in letters for line in _letter(letter)),
        *_held(found.held),
    ]


def _money(entry: AccountEntry) -> Line:
    """Return an entry of the channel's prepaid account (预存账户)."""
    text = f"¥{entry.amount:.2f}; balance ¥{entry.balance_after:.2f}, held ¥{entry.held_after:.2f}"
    return Line(entry.at, MONEY, f"account_{entry.kind}", "", text)


def _letter(letter: DeadLetter) -> Iterator[Line]:
    """Yield a message's deaths, its replay, and how it ended."""

    def line(at: datetime, state: str, text: str) -> Line:
        shown = _REDACTION.text(text)
        return Line(at, LETTER, letter.kind, state, shown, letter_id=letter.id)

    yield line(letter.first_failed_at, "died", letter.reason)
    if letter.replayed_at is not None:
        yield line(letter.replayed_at, "replayed", f"{letter.replays}. replay")
    if letter.last_failed_at > letter.first_failed_at:
        yield line(letter.last_failed_at, "died again", letter.reason)
    if letter.settled_at is not None and letter.state != OPEN:
        by = f"by {letter.settled_by}" if letter.settled_by else ""
        text = ": ".join(filter(None, (by, letter.settled_reason)))
        yield line(letter.settled_at, letter.state, text)


def _held(notices: Sequence[HeldNotice]) -> Iterator[Line]:
    """Yield the notices (通知) that came early and were not taken yet."""
    for notice in notices:
        text = "it came before its order was known, and has not been taken yet"
        yield Line(notice.received_at, NOTICE, "notice_held", "held", text)
