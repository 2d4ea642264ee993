"""How far the oldest notification is on its way to the dead letters, and who hears of it."""

from datetime import datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from tests.doubles import NOON
from worker.relay.undelivered import GRADES, MOST, Undelivered


def at(seconds: float) -> datetime:
    return NOON + timedelta(seconds=seconds)


def waiting(patience: float = 100) -> Undelivered:
    """Return one that waits since noon and comes again at once."""
    undelivered = Undelivered(patience)
    undelivered.waits("a", NOON, NOON)
    return undelivered


def test_each_grade_is_told_once_and_the_end_once() -> None:
    undelivered = waiting()
    told = [(second, *undelivered.look(at(second))) for second in range(130)]
    assert [(second, grade) for second, grade, _ in told if grade] == [
        (50, 50),
        (70, 70),
        (90, 90),
        (100, 100),
    ]
    assert not any(over for _, _, over in told)
    undelivered.ended("a")
    assert undelivered.look(at(131)) == (0, True)
    assert undelivered.look(at(132)) == (0, False)


def test_who_looks_late_hears_of_the_highest_grade_alone() -> None:
    undelivered = waiting()
    assert undelivered.look(at(95)) == (90, False)
    assert undelivered.look(at(96)) == (0, False)


def test_what_is_over_begins_anew() -> None:
    undelivered = waiting()
    undelivered.look(at(60))
    undelivered.ended("a")
    undelivered.look(at(60))
    undelivered.waits("b", at(60), at(61))
    assert undelivered.look(at(109)) == (0, False)
    assert undelivered.look(at(110)) == (50, False)


def test_the_oldest_counts_and_a_younger_one_takes_over() -> None:
    undelivered = waiting()
    undelivered.waits("b", at(-10), at(1))
    undelivered.waits("c", at(5), at(1))
    assert undelivered.oldest == at(-10)
    undelivered.ended("b")
    assert undelivered.oldest == NOON
    undelivered.ended("never seen")


def test_what_another_process_took_over_is_forgotten_but_not_while_nothing_flows() -> None:
    undelivered = waiting()
    undelivered.forget_late(at(599), NOON)
    undelivered.forget_late(at(3_000), at(2_500))
    assert undelivered.oldest == NOON
    undelivered.forget_late(at(601), NOON)
    assert undelivered.oldest is None


def test_the_memory_is_bounded_and_keeps_the_oldest() -> None:
    undelivered = Undelivered(100)
    for number in range(3 * MOST):
        undelivered.waits(str(number), at(number), at(number))
    assert undelivered.oldest == NOON
    assert len(undelivered._waiting) == MOST


@given(patience=st.floats(0, 1e6), ages=st.lists(st.floats(-100, 1e6), max_size=20))
def test_grades_only_rise_until_it_is_over(patience: float, ages: list[float]) -> None:
    undelivered, told = waiting(patience), 0
    for age in ages:
        grade, over = undelivered.look(at(age))
        assert grade in {0, *GRADES}
        assert not (grade and over)
        assert not grade or grade > told
        told = 0 if over else max(told, grade)
