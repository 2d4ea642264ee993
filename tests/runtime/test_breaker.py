"""The circuit breaker: when it opens, how long, and that only one probe passes."""

from dataclasses import replace
from datetime import timedelta

from hypothesis import given
from hypothesis import strategies as st

from tests.doubles import NOON
from worker.runtime.breaker import Breaker, BreakerPlan, Permit, State

PLAN = BreakerPlan(
    in_row=3, share=0.5, least=10, window=30, first_delay=5, longest_delay=60, longest_wait=600
)


def permit(breaker: Breaker, at: float = 0) -> Permit:
    """Return a permit, which must be had."""
    given_permit = breaker.admit(NOON + timedelta(seconds=at))
    assert given_permit is not None
    return given_permit


def fail(breaker: Breaker, at: float = 0, *, times: int = 1, wait: float = 0) -> None:
    """Have calls fail, one after the other."""
    for _ in range(times):
        breaker.failed(permit(breaker, at), NOON + timedelta(seconds=at), wait=wait)


def opened() -> Breaker:
    """Return a breaker that opened at noon for five seconds."""
    breaker = Breaker(PLAN)
    fail(breaker, times=3)
    return breaker


def state(breaker: Breaker, at: float) -> State:
    return breaker.state(NOON + timedelta(seconds=at))


def test_it_opens_after_so_many_failures_in_a_row_and_nothing_passes() -> None:
    breaker = Breaker(PLAN)
    fail(breaker, times=2)
    breaker.succeeded(permit(breaker), NOON)
    fail(breaker, times=2)
    assert state(breaker, 0) is State.CLOSED
    fail(breaker)
    assert state(breaker, 0) is State.OPEN
    assert breaker.admit(NOON + timedelta(seconds=4.9)) is None
    assert breaker.seconds_left(NOON + timedelta(seconds=2)) == 3


def test_failures_in_a_row_count_only_once_they_last() -> None:
    breaker = Breaker(replace(PLAN, lasting=2, least=0))
    fail(breaker, 0, times=9)
    fail(breaker, 1.9)
    breaker.succeeded(permit(breaker, 1.9), NOON + timedelta(seconds=1.9))
    fail(breaker, 2, times=9)
    fail(breaker, 3.9)
    assert state(breaker, 3.9) is State.CLOSED
    fail(breaker, 4)
    assert state(breaker, 4) is State.OPEN


def test_it_opens_when_most_of_enough_calls_fail() -> None:
    breaker = Breaker(PLAN)
    for at in range(4):
        breaker.succeeded(permit(breaker, at), NOON + timedelta(seconds=at))
        fail(breaker, at)
    fail(breaker, 5)
    assert state(breaker, 5) is State.CLOSED  # five of nine: too few to judge
    fail(breaker, 5)
    assert state(breaker, 5) is State.OPEN


def test_what_is_older_than_the_window_does_not_count() -> None:
    breaker = Breaker(PLAN)
    for at in range(4):
        breaker.succeeded(permit(breaker, at), NOON + timedelta(seconds=at))
        fail(breaker, at)
    breaker.succeeded(permit(breaker, 60), NOON + timedelta(seconds=60))
    fail(breaker, 60, times=2)
    assert state(breaker, 60) is State.CLOSED


def test_a_probe_that_succeeds_closes_it_and_one_that_fails_widens_the_delay() -> None:
    breaker, at = opened(), 0.0
    for delay in (5, 10, 20, 40, 60, 60):
        assert state(breaker, at + delay - 0.1) is State.OPEN
        at += delay
        assert state(breaker, at) is State.HALF_OPEN
        fail(breaker, at)
    breaker.succeeded(permit(breaker, at + 60), NOON + timedelta(seconds=at + 60))
    assert state(breaker, at + 60) is State.CLOSED
    fail(breaker, at + 60, times=3)
    assert breaker.seconds_left(NOON + timedelta(seconds=at + 60)) == 5


def test_one_that_closed_too_early_goes_on_widening() -> None:
    breaker = Breaker(replace(PLAN, relapse=30))
    for at, delay in ((0, 5), (5, 10), (16, 20), (65, 5)):
        if at:
            breaker.succeeded(permit(breaker, at), NOON + timedelta(seconds=at))
        after = at + (30 if at == 65 else 0)
        fail(breaker, after, times=3)
        assert breaker.seconds_left(NOON + timedelta(seconds=after)) == delay


def test_a_probe_that_was_never_made_leaves_room_for_another() -> None:
    breaker = opened()
    probe = permit(breaker, 5)
    assert probe.probe
    assert breaker.admit(NOON + timedelta(seconds=500)) is None
    breaker.abandon(probe)
    assert permit(breaker, 500).probe


def test_calls_from_before_it_opened_neither_close_nor_widen_it() -> None:
    breaker = Breaker(PLAN)
    early = [permit(breaker) for _ in range(10)]
    fail(breaker, times=3)
    breaker.succeeded(early.pop(), NOON)
    breaker.failed(early.pop(), NOON)
    assert breaker.seconds_left(NOON) == 5
    breaker.succeeded(permit(breaker, 5), NOON + timedelta(seconds=5))
    for late in early:
        breaker.failed(late, NOON + timedelta(seconds=6))
    assert state(breaker, 6) is State.CLOSED
    fail(breaker, 6)
    assert state(breaker, 6) is State.CLOSED


def test_a_wish_for_peace_opens_it_at_once_for_at_least_so_long() -> None:
    breaker = Breaker(PLAN)
    early = permit(breaker)
    fail(breaker, wait=90)
    assert breaker.seconds_left(NOON) == 90
    breaker.failed(early, NOON, wait=120)
    assert breaker.seconds_left(NOON) == 120
    fail(breaker, 120, wait=1)
    assert breaker.seconds_left(NOON + timedelta(seconds=120)) == 10  # it widens all the same
    fail(breaker, 130, wait=10**9)
    assert breaker.seconds_left(NOON + timedelta(seconds=130)) == 600


def test_a_probe_can_be_had_at_once() -> None:
    breaker = opened()
    breaker.hasten(NOON)
    assert permit(breaker).probe
    assert breaker.admit(NOON) is None


def test_a_clock_that_was_set_back_holds_it_open_no_longer_than_the_delay() -> None:
    breaker = opened()
    assert state(breaker, -3_600) is State.OPEN
    assert state(breaker, -3_595) is State.HALF_OPEN


ACTS = st.lists(
    st.tuples(
        st.sampled_from(["admit", "succeed", "fail", "abandon", "hasten"]),
        st.floats(-5, 30),
        st.integers(0, 5),
        st.sampled_from([0.0, 0.0, 0.0, 7.0]),
    ),
    max_size=60,
)


@given(ACTS)
def test_whatever_happens_one_probe_passes_at_a_time_and_it_closes_by_a_probe_alone(
    acts: list[tuple[str, float, int, float]],
) -> None:
    breaker, now, out = Breaker(PLAN), NOON, list[Permit]()
    probes_out = 0
    for act, seconds, index, wait in acts:
        now += timedelta(seconds=seconds)
        before = breaker.state(now)
        if act == "admit":
            passed = breaker.admit(now)
            assert (passed is not None) is (
                before is State.CLOSED or (before is State.HALF_OPEN and not probes_out)
            )
            if passed is not None:
                probes_out += passed.probe
                out.append(passed)
        elif act == "hasten":
            breaker.hasten(now)
        elif out:
            chosen = out.pop(index % len(out))
            probes_out -= chosen.probe
            if act == "succeed":
                breaker.succeeded(chosen, now)
            elif act == "fail":
                breaker.failed(chosen, now, wait=wait)
            else:
                breaker.abandon(chosen)
            if before is not State.CLOSED and breaker.state(now) is State.CLOSED:
                assert chosen.probe
                assert act == "succeed"
        assert probes_out in {0, 1}
        assert breaker.seconds_left(now) <= max(PLAN.longest_delay, 7.0)


@given(st.integers(0, 30), st.integers(1, 10))
def test_it_is_never_open_for_good(failures: int, steps: int) -> None:
    breaker, now = Breaker(PLAN), NOON
    for _ in range(failures):
        now += timedelta(seconds=breaker.seconds_left(now))
        breaker.failed(permit(breaker, (now - NOON).total_seconds()), now)
    now += timedelta(seconds=PLAN.longest_delay)
    assert breaker.state(now) is not State.OPEN
    for _ in range(steps):
        breaker.succeeded(permit(breaker, (now - NOON).total_seconds()), now)
    assert breaker.state(now) is State.CLOSED
