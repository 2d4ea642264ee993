"""The quick ``replace`` does what that of the standard library does."""

import dataclasses
from dataclasses import dataclass
from typing import Any

import pytest

from tests.saga.beginnings import part_audited
from tests.saga.facts import DEMAND, V1, V2
from worker.saga.replacing import replace
from worker.saga.states import Phase


@dataclass(frozen=True, slots=True)
class One:
    """Has a single field."""

    word: str


def test_a_copy_differs_in_what_was_changed_alone() -> None:
    order = part_audited().order
    assert order is not None
    before = dataclasses.replace(order)
    changes: dict[str, Any] = {"phase": Phase.REFUNDED, "wake_at": None, "notified": 9}
    changes["vouchers"] = (V1, V2)
    assert replace(order, **changes) == dataclasses.replace(order, **changes)
    assert replace(order) == before
    assert order == before
    assert replace(DEMAND, count=5) == dataclasses.replace(DEMAND, count=5)
    assert replace(One("a"), word="b") == One("b")
    assert replace(One("ab")) == One("ab")


def test_a_field_that_is_not_there_is_refused() -> None:
    with pytest.raises(AttributeError):
        replace(One("a"), words="b")  # type: ignore[call-arg]
    order = part_audited().order
    assert order is not None
    with pytest.raises(AttributeError):
        replace(order, phases=Phase.REFUNDED)  # type: ignore[call-arg]
