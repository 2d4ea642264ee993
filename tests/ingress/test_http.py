import asyncio
from collections.abc import AsyncIterator
from typing import Any

import pytest
from structlog.testing import capture_logs

from tests.ingress.conftest import Door
from tests.ingress.doubles import ORDER, PATH
from tests.ingress.test_create_order import params
from worker.telemetry.metrics import INGRESS_REQUESTS

CREATE = "/public/createOrder"
PATHS = [CREATE, "/public/cancelOrder", PATH]


def code_of(path: str, answer: dict[str, Any]) -> str:
    """The code of an answer, which must have the shape of its path's protocol."""
    if path == PATH:
        assert set(answer) == {"Code", "IsSuccess", "LogId", "Message"}
        return str(answer["Code"])
    assert set(answer) == {"code", "message", "data"}
    return str(answer["code"])


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize("method", ["GET", "PUT", "DELETE", "OPTIONS", "PATCH"])
async def test_another_method_is_405_and_says_which_is_right(
    door: Door, path: str, method: str
) -> None:
    async with door.client.request(method, path) as answer:
        assert answer.status == 405
        assert answer.headers["Allow"] == "POST"
        assert code_of(path, await answer.json()) == "9001"


async def test_an_unknown_path_has_the_same_shape_and_is_not_logged(door: Door) -> None:
    with capture_logs() as logs:
        async with door.client.post("/13456451211") as answer:
            assert answer.status == 404
            assert set(await answer.json()) == {"code", "message", "data"}
    assert "13456451211" not in str(logs)


@pytest.mark.parametrize("path", PATHS)
async def test_a_body_over_the_limit_is_413(door: Door, path: str) -> None:
    async with door.client.post(path, data=b"x" * 20_001) as answer:
        assert answer.status == 413
        assert code_of(path, await answer.json()) == "9001"


@pytest.mark.parametrize("path", PATHS)
async def test_a_chunked_body_over_the_limit_is_413(door: Door, path: str) -> None:
    async def chunks() -> AsyncIterator[bytes]:
        for _ in range(30):
            yield b"x" * 1_000

    async with door.client.post(path, data=chunks()) as answer:
        assert answer.status == 413


async def test_a_body_that_does_not_arrive_is_refused_in_time(door: Door) -> None:
    async def chunks() -> AsyncIterator[bytes]:
        yield b"{"
        await asyncio.Event().wait()

    async with door.client.post(CREATE, data=chunks()) as answer:
        assert answer.status == 200
        assert (await answer.json())["code"] == "9001"


async def test_a_broken_compression_is_refused(door: Door) -> None:
    headers = {"Content-Encoding": "gzip"}
    async with door.client.post(CREATE, data=b"no gzip", headers=headers) as answer:
        assert answer.status in (200, 400)


async def test_a_fault_of_ours_is_503_without_a_stack_trace(
    door: Door, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> None:
        raise RuntimeError(ORDER["take_phone"])

    monkeypatch.setattr("worker.ingress.channel_commands.admission_refusal", fail)
    with capture_logs() as logs:
        status, answer = await door.create(params())
    assert (status, answer) == (503, {"code": "3000", "message": "创建订单失败", "data": ""})
    assert logs[0]["event"] == "request_failed"


async def test_the_answer_does_not_tell_what_we_run_on(door: Door) -> None:
    async with door.client.get("/healthz") as answer:
        assert answer.status == 200
        assert "Server" not in answer.headers


async def test_answers_are_json_in_utf_8(door: Door) -> None:
    async with door.client.post(CREATE) as answer:
        assert answer.headers["Content-Type"] == "application/json; charset=utf-8"


async def test_readiness_is_the_broker_s(door: Door) -> None:
    async with door.client.get("/readyz") as answer:
        assert answer.status == 200
    door.broker.trouble = ["no connection"]
    async with door.client.get("/readyz") as answer:
        assert answer.status == 503
        assert (await answer.json())["problems"] == ["no connection"]
    async with door.client.get("/healthz") as answer:
        assert answer.status == 200


async def test_metrics_count_answers_by_code(door: Door) -> None:
    before = INGRESS_REQUESTS.labels("createOrder", "3006")._value.get()
    await door.create(params(count=0))
    async with door.client.get("/metrics") as answer:
        text = await answer.text()
    line = 'ticketbridge_ingress_requests_total{code="3006",route="createOrder"}'
    assert f"{line} {before + 1}" in text
