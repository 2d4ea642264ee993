"""What one channel may ask for in a second; and that nobody else pays for it."""

import json
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.doubles import NOON
from tests.ingress.conftest import CONFIG, Door, opened
from tests.ingress.doubles import ORDER, signed
from worker.ingress.rate import RateLimit
from worker.telemetry.metrics import INGRESS_LIMITED

PARAMS = json.dumps(ORDER, ensure_ascii=False)
QUERY = {"channel_order_num": "2x"}


@pytest.fixture
async def limited() -> AsyncIterator[Door]:
    async for each in opened(replace(CONFIG, requests_per_second=2)):
        yield each


async def statuses(door: Door, count: int, **how: str) -> list[int]:
    return [(await door.create(PARAMS, **how))[0] for _ in range(count)]


async def test_more_than_a_second_s_worth_is_refused_in_the_protocol_s_shape(limited: Door) -> None:
    assert await statuses(limited, 2) == [200, 200]
    before = INGRESS_LIMITED.labels("k")._value.get()
    status, answer = await limited.create(PARAMS)
    assert status == 429
    assert answer == {
        "code": "3000",
        "message": "请求过于频繁，请稍后重试 (too many requests: try again later)",
        "data": "",
    }
    assert len(limited.broker.requested) == 2, "surely nothing was done of it"
    assert INGRESS_LIMITED.labels("k")._value.get() == before + 1


@pytest.mark.parametrize(
    ("interface", "code"),
    [
        ("createOrder", "3000"),
        ("cancelOrder", "4000"),
        ("refundOrder", "4000"),
        ("resendVoucher", "3000"),
        ("queryOrder", "3000"),
        ("queryProduct", "3000"),
        ("queryPrice", "3000"),
    ],
)
async def test_every_interface_shares_the_limit_and_refuses_with_its_own_code(
    limited: Door, interface: str, code: str
) -> None:
    await statuses(limited, 2)
    status, answer = await limited.ask(interface, QUERY)
    assert (status, answer["code"]) == (429, code)


async def test_it_says_when_to_come_again_and_is_right(limited: Door) -> None:
    await statuses(limited, 2)
    limited.clock.advance(0.1)
    body = await _raw(limited)
    assert body == (429, "1")
    limited.clock.advance(0.4)
    assert await statuses(limited, 2) == [200, 429]
    limited.clock.advance(1)
    assert await statuses(limited, 3) == [200, 200, 429]


async def test_a_slow_limit_names_the_whole_wait() -> None:
    async for door in opened(replace(CONFIG, requests_per_second=0.1)):
        assert (await door.create(PARAMS))[0] == 200
        door.clock.advance(1.5)
        assert await _raw(door) == (429, "9")
        door.clock.advance(9)
        assert (await door.create(PARAMS))[0] == 200


async def _raw(door: Door) -> tuple[int, str | None]:
    body = signed(PARAMS, door.clock.now())
    async with door.client.post("/public/createOrder", data=body) as answer:
        return answer.status, answer.headers.get("Retry-After")


async def test_another_channel_is_not_limited(limited: Door) -> None:
    assert await statuses(limited, 3) == [200, 200, 429]
    assert await statuses(limited, 2, app_key="trusting") == [200, 200]


async def test_a_stranger_cannot_use_up_a_channel_s_share(limited: Door) -> None:
    for _ in range(5):
        status, answer = await limited.create(PARAMS, secret="guess")
        assert (status, answer["code"]) == (200, "9003")
    assert await statuses(limited, 2) == [200, 200]


async def test_there_is_no_limit_unless_it_is_set(door: Door) -> None:
    assert set(await statuses(door, 30)) == {200}


@given(
    rate=st.floats(0.05, 50),
    steps=st.lists(st.floats(-5, 10), min_size=1, max_size=60),
)
def test_no_pattern_of_asking_gets_more_than_the_rate_and_one_burst(
    rate: float, steps: list[float]
) -> None:
    limit, at, taken, span = RateLimit(rate), NOON, 0, 0.0
    for step in steps:
        later = at + timedelta(seconds=step)
        span += max(0.0, (later - at).total_seconds())
        at = later
        wait = limit.take("k", at)
        taken += not wait
        if wait:
            assert limit.take("k", at) == pytest.approx(wait)
            assert wait <= 1 / rate + 1e-6
    assert taken <= max(1.0, rate) + rate * span + 1e-6
