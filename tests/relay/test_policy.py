"""When a notification counts as delivered, when it is tried again, when it is given up."""

import json
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contracts.queues import DELAY_TIERS
from worker.relay.policy import DEFAULT_RETRY_DELAYS, Attempt, decide, describe, put_off
from worker.runtime.outcome import Ack, Park, Retry
from worker.translation.delivery import Answered, DeliveryResult, NoAnswer

TIERS = [seconds for _, seconds in DELAY_TIERS]


def attempt(number: int = 1) -> Attempt:
    return Attempt("84d95bdc7ef911eaa2505404a6b35c1e", "check", number)


def answered(status: int, body: object, retry_after: float | None = None) -> Answered:
    return Answered(status, json.dumps(body).encode(), retry_after, 0.1)


@pytest.mark.parametrize("status", [200, "200"])
def test_http_200_with_status_200_is_delivered(status: object) -> None:
    assert decide(answered(200, {"status": status, "message": "成功"}), attempt(), ()) == Ack()


@pytest.mark.parametrize(
    "answer",
    [
        answered(200, {"code": "401", "message": "失败"}),  # the document's own failure
        answered(200, {"status": 201}),
        answered(200, {"status": True}),
        answered(200, {"status": 200.0}),
        answered(200, {"status": " 200"}),
        answered(200, {"status": None}),
        answered(200, [200]),
        answered(200, 200),
        Answered(200, b"", None, 0.1),
        Answered(200, b"ok", None, 0.1),
        Answered(200, b'{"status":200', None, 0.1),
        answered(201, {"status": 200}),
        answered(204, {"status": 200}),
        answered(302, {"status": 200}),
        answered(404, {"status": 200}),
        answered(500, {"status": 200}),
        NoAnswer("timeout"),
    ],
)
def test_anything_else_is_tried_again(answer: DeliveryResult) -> None:
    assert isinstance(decide(answer, attempt(), DEFAULT_RETRY_DELAYS), Retry)


def test_the_third_retry_waits_thirty_seconds() -> None:
    waits = [decide(NoAnswer("timeout"), attempt(n), DEFAULT_RETRY_DELAYS) for n in range(1, 10)]
    assert [wait.delay for wait in waits if isinstance(wait, Retry)] == TIERS
    assert waits[2] == Retry(30, "no answer: timeout")


def test_spent_delays_end_among_the_dead_letters_with_the_facts() -> None:
    outcome = decide(answered(503, {}), attempt(10), DEFAULT_RETRY_DELAYS)
    assert outcome == Park(
        "delivery_failed",
        "check of order 84d95bdc7ef911eaa2505404a6b35c1e"
        " not delivered after 10 attempt(s); last: HTTP 503",
    )


def test_410_stops_at_once_even_when_it_asks_for_patience() -> None:
    outcome = decide(answered(410, {"status": 200}, 5), attempt(), DEFAULT_RETRY_DELAYS)
    assert isinstance(outcome, Park)
    assert outcome.kind == "endpoint_gone"


@pytest.mark.parametrize(
    ("answer", "probe"), [(answered(429, {}), False), (answered(500, {}), True)]
)
def test_a_429_and_a_probe_cost_no_attempt_but_do_not_wait_for_ever(
    answer: DeliveryResult, *, probe: bool
) -> None:
    waiting = Attempt("84d95bdc7ef911eaa2505404a6b35c1e", "check", 3, waited=5.9, probe=probe)
    told = describe(answer)
    assert decide(answer, waiting, (1, 5)) == Retry(1, told, counted=False)
    waited = replace(waiting, waited=6)
    assert decide(answer, waited, (1, 5)) == Park(
        "delivery_failed",
        "check of order 84d95bdc7ef911eaa2505404a6b35c1e"
        f" not delivered: waited 6 seconds, longer than all retry delays; {told}",
    )
    assert decide(answered(200, {"status": 200}), waited, (1, 5)) == Ack()


def test_a_429_says_how_long_it_is_to_wait() -> None:
    outcome = decide(answered(429, {}, 31), attempt(), DEFAULT_RETRY_DELAYS)
    assert outcome == Retry(120, "HTTP 429", counted=False)


@pytest.mark.parametrize(
    ("seconds", "said"),
    [(90, "90 seconds"), (120, "2 minutes"), (7_200, "2 hours"), (117_756, "33 hours")],
)
def test_how_long_it_waited_is_said_for_people(seconds: float, said: str) -> None:
    outcome = put_off(replace(attempt(), waited=seconds), (1,), "HTTP 500")
    assert isinstance(outcome, Park)
    assert f"waited {said}," in outcome.reason


def test_the_document_allows_no_words_of_the_channel_in_what_we_log() -> None:
    told = describe(answered(200, {"status": "13456451211 张三", "message": "张三"}))
    assert "张三" not in told
    assert "1345" not in told


@given(
    status=st.integers(100, 599).filter(lambda code: code not in {410, 429}),
    asked=st.none() | st.floats(0, 1e9),
    number=st.integers(1, 12),
    delays=st.lists(st.sampled_from(TIERS), min_size=0, max_size=9),
)
def test_a_retry_waits_a_tier_no_shorter_than_both_wishes(
    status: int, asked: float | None, number: int, delays: list[int]
) -> None:
    outcome = decide(answered(status, {"status": 500}, asked), attempt(number), delays)
    if number > len(delays):
        assert isinstance(outcome, Park)
        return
    assert isinstance(outcome, Retry)
    assert outcome.delay in TIERS
    wish = max(delays[number - 1], asked or 0)
    assert outcome.delay >= min(wish, TIERS[-1])
    shorter = [tier for tier in TIERS if tier < outcome.delay]
    assert all(tier < wish for tier in shorter)


@given(body=st.binary(max_size=60), status=st.integers(100, 599))
def test_no_body_breaks_the_policy(body: bytes, status: int) -> None:
    decide(Answered(status, body, None, 0.1), attempt(), DEFAULT_RETRY_DELAYS)
