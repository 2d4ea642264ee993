"""The prepaid account of a channel: it follows from what its orders cost and gave back."""

from collections.abc import Iterator, Sequence

from tests.ledger.books import Book
from worker.runtime.ports import Account, AccountEntry, Movement
from worker.saga.accounting import MovementKind


def account_follows(book: Book) -> Iterator[str]:
    """The prepaid account: charged if paid, credited what came back, nothing held at the end."""
    price = book.settlement_price
    if price is None:
        if book.entries:
            yield "entries on an account that is none"
        return
    sums = dict.fromkeys(("hold", "charge", "release", "credit"), 0 * price)
    for entry in book.entries:
        sums[entry.kind] += entry.amount
    whole = price * book.count
    if sums["hold"] not in {0, whole} or sums["charge"] not in {0, whole}:
        yield f"held {sums['hold']}, charged {sums['charge']} for an order of {whole}"
    if book.human:
        return
    if sums["hold"] != sums["charge"] + sums["release"]:
        yield f"{sums['hold']} was held, {sums['charge']} charged, {sums['release']} released"
    if bool(sums["charge"]) != (book.paid is not None):
        yield "charged and not paid, or paid and not charged"
    back = price * book.report.get("refunded", 0)
    if sums["credit"] != back:
        yield f"credited {sums['credit']}, and {back} came back"


def account_breaks(account: Account, entries: Sequence[AccountEntry]) -> list[str]:
    """Tell where the balance, or what is held of it, is not the sum of the entries."""
    balance, held = account.balance * 0, account.held * 0
    for entry in entries:
        if entry.kind in set(MovementKind):
            movement = Movement(entry.id, MovementKind(entry.kind), entry.amount)
            balance, held = balance + movement.on_balance, held + movement.on_held
        else:
            balance += entry.amount
        if (entry.balance_after, entry.held_after) != (balance, held) or held > balance:
            return [f"account: entry {entry.seq} does not follow from those before it"]
    if (account.balance, account.held) != (balance, held):
        return [f"account: {account.balance} ({account.held}), its entries: {balance} ({held})"]
    return []
