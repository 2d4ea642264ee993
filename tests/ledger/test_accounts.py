"""The check of an account is itself checked: it sees a line that does not add up."""

from dataclasses import replace
from decimal import Decimal

from tests.ledger.accounts import account_breaks
from tests.ledger.books import EPOCH
from worker.runtime.ports import Account, AccountEntry


def entry(seq: int, kind: str, amount: int, balance: int, held: int) -> AccountEntry:
    parts = (Decimal(amount), Decimal(balance), Decimal(held))
    return AccountEntry("prepaid", seq, f"e{seq}", kind, *parts, "ours", "", "", EPOCH)


def test_an_account_that_is_no_sum_is_seen() -> None:
    entries = [
        entry(1, "top_up", 50, 50, 0),
        entry(2, "hold", 10, 50, 10),
        entry(3, "charge", 10, 40, 0),
        entry(4, "credit", 5, 45, 0),
    ]
    right = Account("prepaid", Decimal(45), Decimal(0), 4, EPOCH)
    assert account_breaks(right, entries) == []
    assert account_breaks(replace(right, balance=Decimal(46)), entries)
    assert account_breaks(right, [*entries[:2], replace(entries[2], amount=Decimal(9)), entries[3]])
    assert account_breaks(right, [entries[0], entry(2, "hold", 60, 50, 60)])
