"""The order of faults follows from a seed; a report says what it lacks."""

from itertools import islice

from tests.chaos.faults import ALL, KINDS
from tests.chaos.plan import faults
from tests.chaos.report import Line, Report


def test_a_seed_is_one_order_of_faults() -> None:
    first, again, other = (list(islice(faults(seed, [*KINDS]), 60)) for seed in (1, 1, 2))
    assert first == again
    assert first != other


def test_each_round_has_every_kind_once() -> None:
    one_round = list(islice(faults(7, [*KINDS]), len(KINDS)))
    assert {fault.kind for fault in one_round} == set(KINDS)


def test_every_kind_can_be_told() -> None:
    for fault in islice(faults(7, [*ALL]), 3 * len(ALL)):
        assert str(fault).startswith(fault.kind)


def line(kind: str, recovered: float) -> Line:
    return Line(kind, kind, at=0, lasted=1, recovered=recovered, ready=recovered)


def test_a_slow_recovery_and_a_violation_each_spoil_it() -> None:
    assert Report(1, 60, [line("zombie", 15.0)], orders=9).good
    assert not Report(1, 60, [line("zombie", 15.1)], orders=9).good
    assert not Report(1, 60, [line("zombie", float("inf"))], orders=9).good
    assert not Report(1, 60, [line("zombie", 1)], orders=9, violations=["paid twice"]).good


def test_a_long_run_must_hold_enough() -> None:
    kinds = [f"kind-{n % 8}" for n in range(30)]
    enough = Report(1, 600, [line(kind, 1) for kind in kinds], orders=2000)
    assert enough.good
    assert not Report(1, 600, enough.faults[:29], orders=2000).good
    assert not Report(1, 600, enough.faults, orders=1999).good
    assert not Report(1, 600, [line("one", 1)] * 30, orders=2000).good
