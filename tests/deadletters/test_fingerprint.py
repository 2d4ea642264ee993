"""What is alike has one fingerprint, and what is not has another."""

from dataclasses import replace

import pytest

from tests.deadletters.letters import letter
from worker.deadletters.fingerprint import cause, fingerprint, likeness
from worker.relay.policy import Attempt, put_off
from worker.runtime.outcome import Park

GONE = "voucher of order {} not delivered after {} attempt(s); last: {}"


def of(reason: str, **changes: object) -> str:
    return fingerprint(replace(letter(), reason=reason, **changes))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (GONE.format("a" * 32, 10, "HTTP 500"), GONE.format("0c" * 16, 9, "HTTP 500")),
        (GONE.format("a" * 32, 10, "HTTP 500"), GONE.format("-", 10, "HTTP 500")),
        ("waited 3 hours, longer", "waited 45 minutes, longer"),
        ("begins with 0123456789ab", "begins with ffffffffffff"),
    ],
)
def test_the_numbers_of_one_order_make_no_difference(one: str, other: str) -> None:
    assert of(one) == of(other)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("last: HTTP 500", "last: HTTP 503"),
        ("HTTP 200, status 500", "HTTP 200, status 301"),
        ("HTTP 200, status 500", "HTTP 200, status err"),
        ("no answer: timeout", "no answer: refused"),
    ],
)
def test_what_was_answered_makes_one(one: str, other: str) -> None:
    assert of(one) != of(other)


def test_kind_place_and_type_make_one() -> None:
    message = letter().message
    found = {
        of("r"),
        of("r", kind="no_url"),
        of("r", message=replace(message, queue="elsewhere")),
        of("r", message=replace(message, type="another")),
    }
    assert len(found) == 4
    assert of("r", message=replace(message, body=b"another", attempt=3)) == of("r")


def test_what_the_relay_gives_up_is_alike_for_all_orders() -> None:
    reasons = set()
    for number, waited in (("a" * 32, 200_000.0), ("b" * 32, 400_000.0)):
        outcome = put_off(Attempt(number, "check", 3, waited), (1.0,), "HTTP 503")
        assert isinstance(outcome, Park)
        reasons.add(likeness(outcome.reason))
    assert len(reasons) == 1


def test_a_groups_reason_names_no_one_order() -> None:
    number = "0b814ee6f3ddaf0c426d2d35c5e11127"
    said = cause(f"voucher of order {number} not delivered: waited 6 seconds; last: HTTP 500")
    assert said == "voucher of order … not delivered: waited 6 seconds; last: HTTP 500"
    assert cause(f"no schema of {number} fits") == "no schema of … fits"
