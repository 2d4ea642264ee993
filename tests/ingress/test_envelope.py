import asyncio
import json
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from structlog.testing import capture_logs

from contracts.channel import CancelOrder, CreateOrder
from contracts.signatures import sign_channel
from tests.ingress.conftest import CONFIG, Door, opened
from tests.ingress.doubles import APP_KEY, SECRET, milliseconds, signed

CANCEL = "/public/cancelOrder"
PARAMS = CancelOrder(order_num="x").to_params()


def envelope(door: Door, **changes: object) -> dict[str, Any]:
    fields = json.loads(signed(PARAMS, door.clock.now())) | changes
    return {key: value for key, value in fields.items() if value is not ...}


async def post(door: Door, **changes: object) -> dict[str, Any]:
    status, answer = await door.post(CANCEL, json.dumps(envelope(door, **changes)).encode())
    assert status == 200
    assert set(answer) == {"code", "message", "data"}
    return dict(answer)


@pytest.mark.parametrize("field", ["app_key", "params", "sign", "time_stamp"])
@pytest.mark.parametrize("value", [..., None, ""])
async def test_a_missing_field_is_named(door: Door, field: str, value: object) -> None:
    answer = await post(door, **{field: value})
    assert answer["code"] == "9001"
    assert field in answer["message"]


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("app_key", 5),
        ("app_key", ["k"]),
        ("params", {"order_num": "x"}),
        ("sign", 12),
        ("time_stamp", 1.5),
        ("time_stamp", True),
        ("time_stamp", "soon"),
        ("time_stamp", "１２３"),
        ("time_stamp", {}),
    ],
)
async def test_a_field_of_the_wrong_type_is_named(door: Door, field: str, value: object) -> None:
    answer = await post(door, **{field: value})
    assert answer["code"] == "9001"
    assert field in answer["message"]


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b"[]",
        b"null",
        b"\xff\xfe",
        b'{"app_key":"k","app_key":"k"}',
        b'{"app_key":NaN}',
        b'{"app_key":"\\ud800"}',
        b'{"app_key":"a\\u0000"}',
        b"[" * 19_000,
        b'{"a":' * 3_000,
        b'{"time_stamp":' + b"9" * 10_000 + b"}",
        b'{"time_stamp":1e999999999}',
    ],
)
async def test_a_body_that_is_no_envelope_is_9001(door: Door, body: bytes) -> None:
    status, answer = await door.post(CANCEL, body)
    assert (status, answer["code"], answer["data"]) == (200, "9001", "")


@pytest.mark.parametrize(
    "params", ["x", "[]", '"x"', "5", '{"order_num":"x","order_num":"y"}', '{"a":NaN}']
)
async def test_params_that_hold_no_object_are_9001_and_say_so(door: Door, params: str) -> None:
    _, answer = await door.cancel(params)
    assert answer["code"] == "9001"
    assert "params" in answer["message"]


async def test_an_unknown_app_key_is_9002_and_not_logged(door: Door) -> None:
    with capture_logs() as logs:
        assert (await post(door, app_key="who-am-i"))["code"] == "9002"
    assert "who-am-i" not in str(logs)


@pytest.mark.parametrize("off", [-301, 301])
async def test_a_stale_time_stamp_is_9003(door: Door, off: int) -> None:
    body = signed(PARAMS, door.clock.now() + timedelta(seconds=off))
    _, answer = await door.post(CANCEL, body)
    assert answer["code"] == "9003"
    assert "time_stamp" in answer["message"]


@pytest.mark.parametrize("off", [-299, 299])
async def test_a_time_stamp_within_the_window_is_good(door: Door, off: int) -> None:
    body = signed(PARAMS, door.clock.now() + timedelta(seconds=off))
    assert (await door.post(CANCEL, body))[1]["code"] == "4000"


async def test_a_time_stamp_may_be_a_digit_string(door: Door) -> None:
    stamp = str(milliseconds(door.clock.now()))
    assert (await post(door, time_stamp=stamp))["code"] == "4000"


async def test_a_wrong_signature_is_9003(door: Door) -> None:
    with capture_logs() as logs:
        answer = await post(door, sign="0" * 32)
    assert answer["code"] == "9003"
    assert door.broker.sent == []
    assert (logs[0]["app_key"], logs[0]["field"]) == (APP_KEY, "sign")


async def test_a_sign_that_is_no_ascii_is_9003(door: Door) -> None:
    assert (await post(door, sign="签名"))["code"] == "9003"


async def test_a_lower_case_signature_is_good(door: Door) -> None:
    stamp = milliseconds(door.clock.now())
    sign = sign_channel(SECRET, PARAMS, stamp).lower()
    assert (await post(door, sign=sign))["code"] == "4000"


async def test_a_channel_without_secrets_is_always_refused(door: Door) -> None:
    assert (await door.cancel(PARAMS, app_key="mute", secret=""))[1]["code"] == "9003"


async def test_the_signature_covers_the_very_text_of_params(door: Door) -> None:
    respaced = PARAMS.replace(":", ": ")
    assert (await post(door, params=respaced))["code"] == "9003"


async def test_a_secret_that_was_sent_is_ignored_and_not_logged(door: Door) -> None:
    with capture_logs() as logs:
        assert (await post(door, app_secret=SECRET))["code"] == "4000"
        assert (await post(door, app_secret=SECRET, sign="x"))["code"] == "9003"
    assert SECRET not in str(logs)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=8,
)
NAMES = st.sampled_from(["app_key", "params", "sign", "time_stamp"])


def test_no_envelope_makes_the_ingress_fail() -> None:
    async def run(bodies: list[tuple[bytes, str]]) -> None:
        async for door in opened(CONFIG):
            for body, params in bodies:
                for path in (CANCEL, "/public/createOrder"):
                    status, answer = await door.post(path, body)
                    assert (status, type(answer["code"])) == (200, str)
                    status, answer = await door.post(path, signed(params, door.clock.now()))
                    assert (status, type(answer["code"])) == (200, str)

    encoded = (
        st.binary(max_size=200)
        | JSON.map(lambda v: json.dumps(v).encode())
        | (st.dictionaries(NAMES, JSON).map(lambda v: json.dumps(v).encode()))
    )
    names = st.sampled_from([*CreateOrder.model_fields, *CancelOrder.model_fields])
    business = st.text() | st.dictionaries(names, JSON).map(json.dumps)

    @settings(max_examples=15, deadline=None, suppress_health_check=list(HealthCheck))
    @given(st.lists(st.tuples(encoded, business), min_size=10, max_size=20))
    def holds(bodies: list[tuple[bytes, str]]) -> None:
        asyncio.run(run(bodies))

    holds()
