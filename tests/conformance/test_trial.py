"""check-channel: a right endpoint passes, and each planted fault is reported by its name."""

import asyncio
import json
from collections.abc import Callable
from pathlib import Path

import pytest
from aiohttp import web

from tests.conformance import endpoints
from tests.conformance.endpoints import SECRET, Answer, Receiver, always, serving
from worker.cli import main
from worker.clients.http import HttpClient, Limits
from worker.clock import SystemClock
from worker.conformance.trial import trial
from worker.conformance.verdicts import Verdict
from worker.relay.target import ChannelTarget
from worker.simulators.channel import ChannelSimulator, Credentials


async def tried(
    url: str, envelope: str = "signed", secrets: tuple[str, ...] = (SECRET,)
) -> list[Verdict]:
    plain = "plain" if envelope == "plain" else "signed"
    target = ChannelTarget("k", "", secrets, url, {"product": url}, plain)  # type: ignore[arg-type]
    client = HttpClient(Limits(read=0.5, total=0.5, answer_bytes=2048), decompress=False)
    try:
        return [each async for each in trial(client.exchange, target, SystemClock(), "5eed")]
    finally:
        await client.close()


def faults(verdicts: list[Verdict]) -> set[str]:
    return {verdict.kind for verdict in verdicts if verdict.result == "fault"}


@pytest.mark.parametrize("envelope", ["signed", "plain"])
async def test_the_simulated_channel_passes(envelope: str) -> None:
    channel = ChannelSimulator(Credentials(app_secrets=("new", SECRET), envelope=envelope))
    url = await channel.start()
    verdicts = await tried(url + "/notify", envelope, (SECRET, "new"))
    await channel.stop()
    assert [verdict for verdict in verdicts if verdict.result != "ok"] == []
    assert len(verdicts) == 20
    assert {item.type for item in channel.received.values()} == {
        "check", "voucher", "refund", "order_failed", "product"
    }  # fmt: skip
    assert [item.repeat for item in channel.deliveries if not item.problem].count(True) == 1
    orders = {p.get("channel_order_num") or p.get("order_num") for p in _params(channel)}
    assert all(str(order).startswith("TEST") for order in orders - {None})


def _params(channel: ChannelSimulator) -> list[dict[str, object]]:
    return [dict(item.params) for item in channel.received.values()]


async def test_a_receiver_of_one_signature_passes() -> None:
    async with serving(Receiver()) as url:
        verdicts = await tried(url)
    assert faults(verdicts) == set()


def _redirect() -> web.Response:
    return web.Response(status=302, headers={"Location": "/other"})


FAULTS: dict[str, tuple[Answer, set[str]]] = {
    "believes all": (endpoints.believes_all, {
        "accepts_wrong_signature", "accepts_changed_body", "accepts_unsigned", "accepts_stale",
        "accepts_garbage", "accepts_nothing",
    }),
    "answers a GET": (endpoints.answers_get, {"answers_get"}),
    "takes any age": (endpoints.any_age, {"accepts_stale"}),
    "takes a changed body": (endpoints.any_body, {"accepts_changed_body"}),
    "refuses repeats": (endpoints.refuses_repeats, {"repeat_refused"}),
    "refuses what is older": (endpoints.refuses_older, {"older_refused"}),
    "reads one signature": (endpoints.first_signature, {"several_signatures"}),
    "wants its own case": (endpoints.case_of_headers, {"header_names"}),
    "takes small bodies": (endpoints.small_bodies, {"big_body"}),
    "takes known fields": (endpoints.known_fields, {"unknown_field"}),
    "fails on unknown types": (endpoints.known_types, {"unknown_type"}),
}  # fmt: skip


@pytest.mark.parametrize("name", FAULTS)
async def test_a_planted_fault_is_reported(name: str) -> None:
    answer, expected = FAULTS[name]
    async with serving(Receiver(answer)) as url:
        verdicts = await tried(url)
    assert faults(verdicts) == expected
    assert all(verdict.told for verdict in verdicts if verdict.result == "fault")


LATER = {"repeat_refused", "newer_refused", "older_refused", "header_names", "several_signatures",
         "big_body", "unknown_field"}  # fmt: skip
ANSWERS: dict[str, tuple[Callable[[], web.Response], str]] = {
    "a redirect": (_redirect, "redirects"),
    "gone": (lambda: web.Response(status=410), "gone"),
    "created": (lambda: web.json_response(endpoints.DONE, status=201), "http_status"),
    "no JSON": (lambda: web.Response(text="success"), "answer_unreadable"),
    "no status": (lambda: web.json_response({"code": "200"}), "status_missing"),
    "another status": (lambda: web.json_response({"status": 0}), "status"),
    "long": (lambda: web.json_response({"status": 200, "x": "x" * 3_000}), "answer_too_long"),
}


@pytest.mark.parametrize("name", ANSWERS)
async def test_a_wrong_answer_is_reported(name: str) -> None:
    response, kind = ANSWERS[name]
    async with serving(Receiver(always(response))) as url:
        verdicts = await tried(url)
    assert faults(verdicts) - {"unknown_type"} == {kind} | LATER
    assert "shows_nothing" in {verdict.kind for verdict in verdicts}


async def test_an_endpoint_that_hangs_is_reported() -> None:
    async def hang(_: Receiver, request: web.Request, body: bytes) -> web.StreamResponse:
        if request.headers.get("Webhook-Type") == "check" and endpoints.genuine(request, body):
            await asyncio.Event().wait()
        return await endpoints.right(Receiver(), request, body)

    async with serving(Receiver(hang)) as url:
        verdicts = await tried(url)
    assert faults(verdicts) == {"too_slow", "newer_refused", "older_refused"}


async def test_a_closed_port_ends_it_at_once() -> None:
    async with serving(Receiver()) as url:
        pass
    (verdict,) = await tried(url)
    assert (verdict.kind, verdict.told) == ("unreachable", "connect_failed")


async def _run(*arguments: str) -> int:
    def run() -> int:
        with pytest.raises(SystemExit) as ended:
            main(["check-channel", *arguments])
        return int(ended.value.code or 0)

    return await asyncio.to_thread(run)


async def test_the_command_reports_and_guards(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    config = tmp_path / "bridge.toml"

    async def check(
        answer: Answer | None, *extra: str, allow: str = "true"
    ) -> tuple[int, str, str]:
        async with serving(Receiver(answer)) as url:
            config.write_text(
                f"[relay]\nallow_private_addresses = {allow}\n[[channels]]\napp_key = 'k'\n"
                f"app_secrets = ['{SECRET}']\nnotify_url = '{url}'\n"
            )
            code = await _run("--config", str(config), *extra)
        out, err = capsys.readouterr()
        assert SECRET not in out + err
        return code, out, err

    code, out, _ = await check(None, "--json")
    lines = [json.loads(line) for line in out.splitlines()]
    assert code == 0
    assert next(line for line in lines if line["id"] == "product")["text"].startswith("no URL")
    code, out, _ = await check(endpoints.any_age, "--app-key", "k")
    assert code == 1
    assert "accepts_stale" in out
    code, out, err = await check(None, allow="false")
    assert (code, out) == (2, "")
    assert "allow_private_addresses" in err
    assert (await check(None, "--app-key", "nobody"))[0] == 2
