"""How what ZZY tells of vouchers (入园凭证) comes to one set.

Why it exists: a code is known by itself, a person by the id card, in either case (X, x) and
never by position; repeats, parts of a bundle (打包票) and late assignments come to the same
set in any order. It must not tell anybody.
Source: PROTOCOL.md, "Several ticket notices for one order", "PersonQrCodes".
"""

from worker.saga.events import TicketIssued
from worker.saga.replacing import replace
from worker.saga.states import Order, Voucher


def merged(o: Order, e: TicketIssued) -> Order:
    """Return the order with the codes that are new, and what was learnt of those it had.

    A code whose person is told late counts as one that was not told yet: it moves behind
    those that were. What else is learnt of a code is kept, and told to nobody.
    """
    heard = _by_code(e)
    late = {v.code for v in o.vouchers if _is_late_assignment(o, e, v, heard.get(v.code))}
    known = [_learnt(o, v, heard.get(v.code), assign=v.code in late) for v in o.vouchers]
    had = {v.code for v in o.vouchers}
    added = [_of_person(o, v) for code, v in heard.items() if code not in had]
    told = o.vouchers_told
    if told is not None:
        told -= sum(v.code in late for v in o.vouchers[:told])
    return replace(
        o,
        vouchers=(
            *(v for v in known if v.code not in late),
            *(v for v in known if v.code in late),
            *added,
        ),
        vouchers_told=told,
    )


def _by_code(e: TicketIssued) -> dict[str, Voucher]:
    """Return the vouchers by code, in their order; of a code told twice the first counts."""
    heard: dict[str, Voucher] = {}
    for voucher in e.vouchers:
        heard.setdefault(voucher.code, voucher)
    return heard


def _is_late_assignment(o: Order, e: TicketIssued, known: Voucher, new: Voucher | None) -> bool:
    """Tell whether a code of nobody's gets its person; the code for all (多人一码) has none."""
    if new is None or known.id_card or known.code in {o.order_code, e.order_code}:
        return False
    return bool(new.id_card)


def _learnt(o: Order, known: Voucher, new: Voucher | None, *, assign: bool) -> Voucher:
    if new is None:
        return known
    filled = replace(
        known,
        mobile=known.mobile or new.mobile,
        product_name=known.product_name or new.product_name,
        memo=known.memo or new.memo,
    )
    if not assign:
        return filled
    person = _of_person(o, new)
    return replace(filled, id_card=person.id_card, name=person.name)


def _of_person(o: Order, voucher: Voucher) -> Voucher:
    """Name a voucher's person as the order does; an id that it does not hold stays unnamed."""
    wanted = _same(voucher.id_card)
    for tourist in o.demand.tourists:
        if wanted and _same(tourist.id_card) == wanted:
            return replace(voucher, id_card=tourist.id_card, name=voucher.name or tourist.name)
    return voucher


def _same(id_card: str) -> str:
    return id_card.strip().upper()
