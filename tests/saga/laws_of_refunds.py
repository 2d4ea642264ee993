"""What must hold of the quantities and the refunds of an order, at every step.

laws.check calls :func:`check_ledger` for every decision of every story, walk and life.
"""

from worker.saga.states import Order, PastRefund, Refund


def check_ledger(before: Order | None, after: Order) -> None:
    """Raise AssertionError naming the law of quantities that is broken."""
    bought = after.demand.count
    assert min(after.checked, after.refunded, after.pending, after.refundable) >= 0, "negative"
    assert after.checked + after.refunded + after.pending <= bought, "more than was bought"
    if before is None:
        assert sum(past.count for past in after.refunds) == after.refunded, "an unrecorded refund"
        return
    assert after.checked >= before.checked, "a check is taken back"
    assert after.refunded >= before.refunded, "a refund is taken back"
    if after.erased_at != before.erased_at:
        _only_people_are_forgotten(before, after)
        return
    assert set(before.checked_codes) <= set(after.checked_codes)
    assert set(before.refunded_codes) <= set(after.refunded_codes)
    old, new = after.refunds[: len(before.refunds)], after.refunds[len(before.refunds) :]
    assert old == before.refunds, "what is over was changed"
    assert sum(past.count for past in new) == after.refunded - before.refunded, "unrecorded"
    _one_at_a_time(before, after, new)
    _names_are_used_once(after)


def _only_people_are_forgotten(before: Order, after: Order) -> None:
    for name in ("vouchers", "checked_codes", "refunded_codes"):
        assert len(getattr(after, name)) == len(getattr(before, name)), f"{name} were lost"
    for was, now in zip(before.refunds, after.refunds, strict=True):
        assert (was.ending, was.count) == (now.ending, now.count), "a refund was changed"
        assert was.intent.refund_id == now.intent.refund_id, "a refund was changed"
    assert after.refund is None, "forgotten while a refund was open"


def _one_at_a_time(before: Order, after: Order, over: tuple[PastRefund, ...]) -> None:
    was, now = before.refund, after.refund
    assert after.refunds_made - before.refunds_made in {0, 1}
    if was and now and was.refund_id == now.refund_id:
        assert _sent(was) == _sent(now), "a RefundId is used for something else"
        return
    if was is not None:
        assert [past.intent.refund_id for past in over].count(was.refund_id) == 1, "it vanished"
    if now is not None:
        assert after.refunds_made == before.refunds_made + 1
        assert now.refund_id == f"{after.order_num}R{after.refunds_made}"
        assert now.count <= after.refundable, "more than is left is asked for"
        assert now.refund_num or now.count == after.refundable, "not all that is left"


def _sent(intent: Refund) -> tuple[object, ...]:
    return intent.count, intent.codes, intent.refund_num, intent.asked


def _names_are_used_once(after: Order) -> None:
    intents = [past.intent for past in after.refunds] + ([after.refund] if after.refund else [])
    for names in ([i.refund_id for i in intents], [i.refund_num for i in intents]):
        used = [name for name in names if name]
        assert len(used) == len(set(used)), "a name is used for two refunds"
