"""One order's facts compared: what differs, in a fixed order.

Why it exists: it joins the comparisons of codes, of money and of what was told. It must not
judge anything itself.
"""

from datetime import date
from decimal import Decimal

from worker.reconciliation import codes, standing, telling
from worker.reconciliation.facts import Difference, Facts, Rules
from worker.reconciliation.findings import Finding
from worker.reconciliation.kinds import Kind
from worker.saga.states import Phase


def differences(facts: Facts, rules: Rules, day: date) -> list[Difference]:
    """Return what differs about one order, at most one of a kind; in the order of the kinds.

    An order that was never sent to ZZY, or whose people were forgotten, is not compared with it.
    """
    order = facts.order
    if order.phase is Phase.NEW:
        return []
    found: dict[Kind, Finding] = {}
    for finding in (
        *codes.found(facts),
        *standing.found(facts, rules),
        *telling.found(facts, rules),
    ):
        found.setdefault(finding.kind, finding)
    return [
        Difference(
            day,
            kind,
            order.order_num,
            order.app_key,
            order.channel_order_num,
            order.zzy_order_id,
            one.money,
            one.detail,
            one.letter_id,
        )
        for kind in Kind
        if (one := found.get(kind))
    ]


def unknown_order(
    day: date, *, order_num: str, app_key: str, zzy_order_id: str, letter_id: str
) -> Difference:
    """Return that ZZY told of an order that is not known here."""
    detail = "a notice waited for this order and it never came"
    return Difference(
        day,
        Kind.UNKNOWN_ORDER,
        order_num or letter_id,
        app_key,
        "",
        zzy_order_id,
        Decimal(0),
        detail,
        letter_id,
    )
