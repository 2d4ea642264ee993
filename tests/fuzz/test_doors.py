"""The ingress in this process, under bytes and headers that nobody would write on purpose.

schemathesis (test_ingress.py) knows the documents and writes whole fields; here the bytes
themselves are wrong. No 5xx, the protocol's shape whatever comes, nothing of anybody in the
logs; and a notice that was answered 1000, or truly signed, is in a queue.
"""

import asyncio
import io
import json
from collections.abc import Callable, Iterator, Mapping
from contextlib import aclosing
from typing import Any

import pytest
from hypothesis import strategies as st

from contracts import queues
from contracts.channel import Code
from contracts.events import OrderOutcome
from contracts.signatures import sign_channel
from tests.fuzz.mutations import NAME, PERSONAL, PHONE, VALUES, damaged, good, holds
from tests.ingress.conftest import CONFIG, Door, opened
from tests.ingress.doubles import APP_KEY, ORDER, PATH, SECRET, milliseconds, zzy_headers
from worker.telemetry import set_up_logging

FEW, MANY = 60, 3_000
OFTEN = [FEW, pytest.param(MANY, marks=[pytest.mark.acceptance, pytest.mark.timeout(900)])]
INTERFACES = ["createOrder", "cancelOrder", "refundOrder", "queryOrder", "resendVoucher"]
SECRETS = {*PERSONAL, NAME, SECRET, "360426199101010071"}


@pytest.fixture
def log() -> Iterator[io.StringIO]:
    stream = io.StringIO()
    set_up_logging("json", stream=stream)
    yield stream
    told = stream.getvalue()
    assert [word for word in SECRETS if word in told] == []
    assert "request_failed" not in told


def at_the_door(often: int, drawn: st.SearchStrategy[Any], ask: Callable[[Door, Any], Any]) -> None:
    """Let ``ask`` at one ingress with all that is drawn."""

    async def all_at(door: Door) -> None:
        loop = asyncio.get_running_loop()
        door.broker.answer = OrderOutcome(code=Code.SUCCESS, message="ok").to_bytes()

        def check(value: object) -> None:
            door.clock.advance(0.001)  # ten notices of one millisecond are enough
            asyncio.run_coroutine_threadsafe(ask(door, value), loop).result(30)

        await asyncio.to_thread(holds, often, drawn, check)

    async def run() -> None:
        async with aclosing(opened(CONFIG)) as doors:  # type: ignore[type-var]
            async for door in doors:
                await all_at(door)

    asyncio.run(run())


@st.composite
def envelopes(draw: st.DrawFn) -> tuple[str, Callable[[int], bytes]]:
    """Draw a channel's request: mostly signed, its content or its envelope odd."""
    content: dict[str, Any] = dict(ORDER) | {"order_num": "0e0c0fa2becaccb078332d796b2ca858"}
    for name in draw(st.lists(st.sampled_from(sorted(content)), max_size=2)):
        content[name] = draw(VALUES)
    params = json.dumps(content, ensure_ascii=draw(st.booleans()))
    if draw(st.integers(0, 5)) == 0:
        params = draw(damaged(params.encode("utf-8", "surrogatepass"))).decode("utf-8", "replace")
    odd = draw(
        st.dictionaries(
            st.sampled_from(["sign", "time_stamp", "app_key", "params"]), VALUES, max_size=1
        )
    )
    way = draw(st.randoms(use_true_random=False))
    cut = draw(st.integers(0, 9)) == 0

    def body(now: int) -> bytes:
        sign = sign_channel(SECRET, params.encode("utf-8", "replace").decode(), now)
        whole = {"app_key": APP_KEY, "params": params, "sign": sign, "time_stamp": now, **odd}
        raw = json.dumps(whole).encode()
        return raw[: way.randrange(len(raw))] if cut else raw

    return draw(st.sampled_from(INTERFACES)), body


@pytest.mark.usefixtures("log")
@pytest.mark.parametrize("often", OFTEN)
def test_whatever_a_channel_sends_is_answered_in_its_protocol(often: int) -> None:
    async def ask(door: Door, drawn: tuple[str, Callable[[int], bytes]]) -> None:
        interface, body = drawn
        status, answer = await door.post(
            f"/public/{interface}", body(milliseconds(door.clock.now()))
        )
        assert status in {200, 413}
        assert answer.keys() == {"code", "message", "data"}
        assert isinstance(answer["code"], str)
        assert PHONE not in answer["message"]

    at_the_door(often, envelopes(), ask)


HEADER = st.text("".join(map(chr, range(0x20, 0x7F))), max_size=80) | st.sampled_from(
    ["", "9" * 5000, "Bearer", "Bearer ZZY-OPENAPI:9258:", "1e5", "Bearer ZZY-OPENAPI::::"]
)


@st.composite
def notices(draw: st.DrawFn) -> tuple[bytes, Mapping[str, str]]:
    """Draw a notice, and headers to put over the true ones."""
    recorded = draw(st.sampled_from(good("zzy.notice")))
    raw = recorded["data"]["raw"]
    envelope = json.loads(raw)
    inner = json.loads(envelope["OrderNotifyBody"])
    for name in draw(st.lists(st.sampled_from(sorted(inner)), max_size=2)):
        inner[name] = draw(VALUES)
    envelope["OrderNotifyBody"] = inner if draw(st.booleans()) else json.dumps(inner)
    for part in draw(
        st.lists(st.sampled_from(["OrderNotifyHeader", "OrderNotifyBody"]), max_size=1)
    ):
        if draw(st.integers(0, 3)) == 0:
            envelope[part] = draw(VALUES)
    body = draw(damaged(json.dumps(envelope).encode()))
    names = st.sampled_from(["PartnerId", "Timestamp", "Authorization"])
    odd = draw(st.dictionaries(names, HEADER, max_size=1)) if draw(st.integers(0, 3)) == 0 else {}
    return body, odd


@pytest.mark.usefixtures("log")
@pytest.mark.parametrize("often", OFTEN)
def test_no_notice_that_is_signed_is_lost(often: int) -> None:
    async def ask(door: Door, drawn: tuple[bytes, Mapping[str, str]]) -> None:
        body, odd = drawn
        before = len(door.broker.sent)
        signed = zzy_headers(door.clock.now())
        async with door.client.post(PATH, data=body, headers={**signed, **odd}) as response:
            status, answer = response.status, await response.json()
        assert status in {200, 400, 413}  # 400: no header of HTTP at all; 413: too large
        kept = door.broker.sent[before:]
        if status == 200:
            assert answer["IsSuccess"] is (answer["Code"] == 1000)
            assert not answer["IsSuccess"] or [m.queue for m in kept] == [queues.NOTICES]
            truly = all(signed[name] == value.strip() for name, value in odd.items())
            assert not truly or len(kept) == 1, "signed, and in no queue"

    at_the_door(often, notices(), ask)
