"""The nine invariants of PROTOCOL.md ("What must always hold"), judged from outside.

Each function returns what broke its promise, in words. The supplier's books are the truth
of money, what the channel took is the truth of what it knows.
"""

from collections.abc import Callable, Iterator, Mapping
from datetime import timedelta
from typing import Any

from tests.ledger.accounts import account_follows
from tests.ledger.answers import LEGAL
from tests.ledger.books import Book, Stored, audited
from worker.saga.states import FINAL, RANK, Phase
from worker.simulators.records import Audit, Order, Status
from worker.simulators.zzy_notices import REFUND, TICKET, VERIFY

GRACE = timedelta(seconds=3)
"""Between the decision to pay and its arrival in the supplier's books."""
OVERDUE = timedelta(seconds=20)
"""How late a timer may be before it counts as one that does not run."""


def paid_once(book: Book) -> Iterator[str]:
    """1. At most one ZZY order is ever paid for one channel order."""
    times = sum(order.times_paid for order in book.zzy)
    if times > 1:
        yield f"paid {times} times"


def not_paid_too_late(book: Book) -> Iterator[str]:
    """2. No pay after an accepted cancel or the deadline; a cancel in the pay gives it back."""
    for order in book.zzy:
        for pay in order.pays:
            if order.cancels and pay.at > order.cancels[0]:
                yield "paid after a cancel that was accepted"
            if book.stored and pay.at > book.stored.accepted_at + GRACE + timedelta(
                seconds=book.pay_deadline
            ):
                yield "paid after the pay deadline"
    pending = sum(order.refund_pending for order in book.zzy)
    open_ = pending or book.human or _rejections(book)
    trusting = book.audit_reply == "accepted" and open_
    excused = trusting or book.contradicted
    if "1000" in book.answers("cancel") and book.kept and not excused:
        yield f"a cancel was answered as done, and {book.kept} tickets are paid for"


def _rejections(book: Book) -> bool:
    return any(told["status"] == "rejected" for told in book.told("refund"))


def ends(book: Book) -> Iterator[str]:
    """3. What was accepted ends, or is in front of a human with an alarm, or has a deadline."""
    done: set[str] = set()
    for said in book.said:
        act = "create" if said.act == "create_otherwise" and book.tried_again else said.act
        if said.code and said.code not in LEGAL.get(act, {said.code}):
            yield f"{said.act} was answered with {said.code} {said.message}"
        named = str(said.asked.get("refund_num", ""))
        if said.act == "refund_otherwise" and said.code == "1000" and named in done:
            yield "another refund was made under a refund_num that was used"
        if said.act == "refund" and said.code == "1000":
            done.add(named)
    stored = book.stored
    if stored is None or stored.phase == Phase.NEW:
        if book.accepted or book.zzy:
            yield "was accepted, and the store does not know it"
        return
    if stored.human and not book.alarms:
        yield f"is in front of a human without an alarm: {stored.human}"
    waits = stored.phase not in {*FINAL, Phase.ISSUED} or stored.refund_open
    if waits and not stored.human and stored.wake_at is None:
        yield f"waits in {stored.phase} without a deadline"
    if stored.wake_at is not None and stored.wake_at + OVERDUE < book.read_at:
        yield "its timer does not fire"
    yield from _ends_as_the_books_say(book, stored.phase)


def _ends_as_the_books_say(book: Book, phase: str) -> Iterator[str]:
    if book.human or book.contradicted:
        return
    if phase in FINAL and book.kept:
        yield f"ended as {phase}, and {book.kept} tickets are paid for"
    if phase == Phase.ISSUED and not any(order.times_paid for order in book.zzy):
        yield "is issued, and was never paid"


def never_falls_back(book: Book) -> Iterator[str]:
    """4. A state never falls back; notices come twice, late, early or out of order."""
    rank, asked = 0, False
    for step in book.history:
        now = RANK[Phase(step.phase)]
        anew = step.kind == "order_commanded" and not asked  # refused before Create: it is free
        if now < rank and not anew:
            yield f"fell back to {step.phase} at {step.kind}"
        rank, asked = now, asked or step.phase not in {Phase.NEW, Phase.REFUSED}
    counts = [int(d.params["check_count"]) for d in book.delivered if d.type == "check"]
    fresh = [int(told["check_count"]) for told in book.told("check")]
    ordered = fresh if book.crashes else counts  # after a crash the last ones come again
    if ordered != sorted(ordered) or counts[-1:] != sorted(counts)[-1:]:
        yield f"the channel was told of an older check after a newer: {counts}"
    if counts and book.report.get("checked", 0) < max(counts):
        yield "the count of checks fell"
    if book.report.get("refunded", 0) < _given_back(book):
        yield "the count of refunds fell"


def _given_back(book: Book) -> int:
    return sum(t["count"] for t in book.told("refund") if t["status"] in {"approved", "forced"})


def channel_knows(book: Book) -> Iterator[str]:
    """5. What a channel must know reaches it, or lies in the dead letters; no false failure."""
    yield from _notifications(book)
    if book.human:
        return
    yield from _outcome(book)
    for order in book.zzy:
        if order.times_paid:
            yield from _refunds(book, order)
            yield from _vouchers(book, order)
            yield from _checks(book, order)


def _notifications(book: Book) -> Iterator[str]:
    arrived = {delivered.webhook_id for delivered in book.delivered}
    for one in book.notified:
        where = f"{one.type} #{one.seq}"
        if one.status == "delivered" and one.type != "sms" and one.webhook_id not in arrived:
            yield f"{where} counts as delivered, and the channel never took it"
        elif one.status == "dead" and one.webhook_id not in book.letters:
            yield f"{where} is dead and not among the dead letters"
        elif (
            one.status == "superseded"
            and one.type != "check"
            and one.webhook_id not in book.overtaken
        ):
            yield f"{where} was left out"
        elif one.status in {"pending", "sending"}:
            yield f"{where} was never sent"
    contents: dict[str, object] = {}
    for delivered in book.delivered:
        if contents.setdefault(delivered.webhook_id, delivered.params) != delivered.params:
            yield f"{delivered.type}: another content under the same Webhook-Id"


def _outcome(book: Book) -> Iterator[str]:
    failed = [d for d in book.delivered if d.type == "order_failed"]
    stands = [d for d in failed if d.webhook_id not in book.overtaken]
    claimed = sum(order.refund_pending for order in book.zzy if order.times_paid)
    if stands and book.kept > claimed:
        yield "was told as failed while the money is gone and unclaimed"
    knows = stands or "1000" in book.answers("cancel") or _given_back(book) == book.count
    excused = book.letters or book.unheard(REFUND)
    if book.accepted and not book.kept and not knows and not excused:
        yield "ended without tickets, and the channel was not told"


def _refunds(book: Book, order: Order) -> Iterator[str]:
    told = {(t["refund_id"], t["status"]) for t in book.told("refund")}
    for status, word in ((Audit.APPROVED, "approved"), (Audit.REJECTED, "rejected")):
        for refund_id in audited(order, status):
            given_up = bool(book.unheard(REFUND) or book.letters)
            if status is Audit.REJECTED:  # a person hears of it, or all came back without it
                given_up = given_up or book.ticketless or _given_back(book) == book.count
            known = {(refund_id, word), (refund_id, "forced")} & told  # 强制退款 came first
            if not known and not given_up:
                yield f"refund …{refund_id[-2:]} was {word}, and the channel was not told"
    if _given_back(book) > order.refunded and not book.contradicted:
        yield "the channel was told of more refunds than there were"
    if _given_back(book) < order.refunded and not (book.unheard(REFUND) or book.letters):
        yield f"{order.refunded} tickets came back, the channel heard of {_given_back(book)}"


def _vouchers(book: Book, order: Order) -> Iterator[str]:
    held_back = order.refund_pending or order.usable == 0 or order.status is not Status.ISSUED
    if held_back or book.unheard(TICKET) or book.letters:
        return
    known = {v["code"] for told in book.told("voucher") for v in told["vouchers"]}
    lacking = {t.code for t in order.tickets if not t.refunded} - known
    if book.vouchers_by != "sms" and lacking:
        yield f"the channel lacks {len(lacking)} codes"
    if book.vouchers_by != "notify":
        for ticket in order.tickets:
            if not ticket.refunded and ticket.code not in book.texted:
                yield "the guest's phone lacks a code"


def _checks(book: Book, order: Order) -> Iterator[str]:
    told = max((int(t["check_count"]) for t in book.told("check")), default=0)
    if told > order.checked:
        yield "the channel was told of more checks than there were"
    if told < order.checked and not (book.unheard(VERIFY) or book.letters):
        yield f"{order.checked} tickets were checked, the channel heard of {told}"


def within_bought(book: Book) -> Iterator[str]:
    """6. checked + refunded + refunds pending ≤ bought, in everybody's books."""
    for order in book.zzy:
        if order.refunded + order.refund_pending > order.quantity:
            yield "ZZY was asked for more than was bought"
    report = book.report
    if report:
        total = report["checked"] + report["refunded"] + report["refund_pending"]
        if total > report["count"] or report["count"] != book.count:
            yield f"queryOrder: {total} of {report['count']} tickets"
    for told in book.told("check"):
        all_, checked, left = (
            int(told[k]) for k in ("total_count", "check_count", "no_check_count")
        )
        if all_ != book.count or left < 0 or checked + left > all_:
            yield f"check notification: {checked} + {left} of {all_}"
    if _given_back(book) > book.count:
        yield "more refunds were told than tickets bought"
    yield from _same_books(book)


def _same_books(book: Book) -> Iterator[str]:
    order = book.paid
    if order is None or not book.report or book.human or book.letters or book.contradicted:
        return
    if not book.unheard(REFUND) and book.report["refunded"] != order.refunded:
        yield f"queryOrder: {book.report['refunded']} refunded, ZZY: {order.refunded}"
    if not book.unheard(VERIFY) and book.report["checked"] != order.checked:
        yield f"queryOrder: {book.report['checked']} checked, ZZY: {order.checked}"
    gone = {ticket.code: ticket for ticket in order.tickets}
    for voucher in book.report["vouchers"]:
        ticket = gone.get(voucher["code"])
        if ticket is None:
            yield "queryOrder: a voucher that ZZY never issued"
        elif voucher["state"] == "used" and ticket.id_card and not order.checked:
            yield "queryOrder: a voucher is used that was not"


def durable_before_acknowledged(book: Book) -> Iterator[str]:
    """7. Nothing is acknowledged before it is durable, on either side."""
    stored = book.stored
    for notice in book.notices:
        if notice.state != "acknowledged" or book.letters:
            continue
        if stored is None:
            yield f"{notice.service} was acknowledged, and nothing is known of the order"
        elif notice.service == TICKET and (lost := _lost(book, notice.body, stored)):
            yield f"a ticket notice was acknowledged, and {len(lost)} of its codes are lost"
        elif notice.service == VERIFY and not book.human:
            left = book.count - book.report.get("refunded", 0)
            if stored.checked < min(notice.body["CheckedNumber"], left):
                yield "a check was acknowledged and is lost"
    named = {refund["refund_id"] for refund in book.report.get("refunds", ())}
    for said in book.said:
        if said.act == "refund" and said.code == "1000" and said.data["refund_id"] not in named:
            yield f"refund {said.data['refund_id']} was answered as done and is lost"


def _lost(book: Book, body: Mapping[str, Any], stored: Stored) -> set[str]:
    """Return the codes of a notice that nobody knows, though tickets are left."""
    vouchers = body["VoucherCode"]
    personal = {voucher["VoucherCode"] for voucher in vouchers["OrderUserVouchers"]}
    known = stored.codes | {""}
    if not book.kept or book.contradicted:
        return set()
    return (personal | {vouchers["OrderVoucherCode"]}) - known


def replay_is_harmless(before: Book, after: Book) -> Iterator[str]:
    """8. Replaying anything, any number of times, does no harm."""
    parts = ("ZZY's books", "the order", "what the channel was told", "queryOrder", "the account")
    for part, was, now in zip(parts, before.money(), after.money(), strict=True):
        if was != now:
            yield f"a replay changed {part}: {_difference(was, now)}"


def _difference(was: object, now: object) -> str:
    if isinstance(was, set) and isinstance(now, set):
        return f"without {was - now}, with {now - was}"
    if isinstance(was, dict) and isinstance(now, dict):
        keys = [key for key in {**was, **now} if was.get(key) != now.get(key)]
        return f"{[(key, was.get(key), now.get(key)) for key in keys]}"
    return f"{was} became {now}"


OF_AN_ORDER: tuple[Callable[[Book], Iterator[str]], ...] = (
    paid_once,
    not_paid_too_late,
    ends,
    never_falls_back,
    channel_knows,
    within_bought,
    durable_before_acknowledged,
    account_follows,
)


def broken(book: Book) -> list[str]:
    """Return every promise that was broken to one order."""
    return [f"{promise.__name__}: {why}" for promise in OF_AN_ORDER for why in promise(book)]
