"""May this order be asked of anybody at all? The checks that need no product and no store.

Why it exists: the ingress refuses a channel's order and the saga an upstream command by
the same rules. It must not know a product, a channel or a clock.
Source: PROTOCOL.md, "Dates", "How many ids?".
"""

from datetime import date, datetime, timedelta, timezone
from typing import Final

from contracts.channel import Code, CreateOrder, ProtocolError, check_date
from worker.translation.identity import is_id_card, normal_id_card

SHANGHAI: Final = timezone(timedelta(hours=8), "Asia/Shanghai")
"""The zone of every date in both protocols: eight hours ahead, no summer time since 1991."""


def today_in_shanghai(now: datetime) -> date:
    """Return the calendar day at ``now`` in Asia/Shanghai."""
    return now.astimezone(SHANGHAI).date()


def admission_refusal(order: CreateOrder, today: date) -> ProtocolError | None:
    """Return why the order cannot be taken (3003, 3011, 3012), or ``None``.

    ``today`` is Asia/Shanghai's.
    """
    try:
        check_date(order.date, today)
    except ProtocolError as error:
        return error
    return _refused_ids([tourist.id_card for tourist in order.tourist_info], order.count, today)


def _refused_ids(numbers: list[str], count: int, today: date) -> ProtocolError | None:
    if len(numbers) > count:
        detail = f"tourist_info {len(numbers)} > count {count}"
        return ProtocolError(Code.ID_COUNT_MISMATCH, detail, "tourist_info")
    for place, number in enumerate(numbers, start=1):
        if not is_id_card(number, today):
            detail = f"tourist_info 第{place}个 (entry {place})"
            return ProtocolError(Code.ID_INVALID, detail, "tourist_info")
    if len({normal_id_card(number) for number in numbers}) < len(numbers):
        return ProtocolError(Code.ID_INVALID, "tourist_info 重复 (twice the same)", "tourist_info")
    return None
