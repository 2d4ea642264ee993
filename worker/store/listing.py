"""A list of orders with filters, as SQL that both databases understand.

Why it exists: the conditions are written once; ``?1`` stands for the first value and so on.
It must not run a query.
"""

from worker.runtime.finding import OrderFilter


def listed(wanted: OrderFilter) -> tuple[str, list[object]]:
    """Return what follows ``FROM orders o``, up to the limit, and its values."""
    parts = [f"o.erased_at IS {'NOT ' * wanted.forgotten}NULL"]
    if wanted.human is not None:
        parts.append(f"o.human IS {'NOT ' * wanted.human}NULL")
    values: list[object] = []
    conditions = (
        ("o.phase = {}", wanted.phase),
        ("o.app_key = {}", wanted.app_key),
        ("o.created_at >= {}", wanted.since),
        ("o.created_at < {}", wanted.until),
    )
    for condition, value in conditions:
        if value is not None:
            values.append(value)
            parts.append(condition.format(f"?{len(values)}"))
    if wanted.before is not None:
        values += [wanted.before.created_at, wanted.before.order_num]
        place = f"(?{len(values) - 1}, ?{len(values)})"
        parts.append(f"(o.created_at, o.order_num) < {place}")
    order = "ORDER BY o.created_at DESC, o.order_num DESC"
    return f"WHERE {' AND '.join(parts)} {order}", values
