"""The people of an order as a page shows them: masked, or one kind of it revealed.

Why it exists: what is masked, and how, is said in one place. It must not record who saw what:
whoever reveals does.
"""

from typing import Final

from worker.saga.states import Order

FIELDS: Final = ("phone", "tourists", "vouchers")
_STARS: Final = "***"


def masked(order: Order) -> dict[str, str]:
    """Return each kind of personal data masked; what there is none of is left out."""
    people = ", ".join(f"{_first(t.name)} {_ends(t.id_card)}" for t in order.demand.tourists)
    codes = ", ".join(_ends(voucher.code) for voucher in order.vouchers)
    found = {"phone": _ends(order.demand.take_phone), "tourists": people, "vouchers": codes}
    return {name: text for name, text in found.items() if text}


def revealed(order: Order, field: str) -> str:
    """Return one kind of personal data as it is. Raises KeyError for a kind that is none."""
    people = ", ".join(f"{tourist.name} {tourist.id_card}" for tourist in order.demand.tourists)
    codes = ", ".join(voucher.code for voucher in order.vouchers)
    return {"phone": order.demand.take_phone, "tourists": people, "vouchers": codes}[field]


def _first(name: str) -> str:
    return name[:1] + _STARS if name else ""


def _ends(text: str) -> str:
    """Return the first and the last characters of what is long enough to hide the rest."""
    if len(text) < 7:  # noqa: PLR2004  (three and two would be most of it)
        return _STARS if text else ""
    return f"{text[:3]}{_STARS}{text[-2:]}"
