"""What the fuzz must find is planted into a server that is nothing but an answer."""

from pathlib import Path

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

from contracts.channel import Answer, Code
from contracts.openapi import openapi_document
from tests.fuzz.attack import attack

GOOD = Answer.refused(Code.SIGNATURE_INVALID).to_bytes()
FAULTS = {
    "a server error": (500, GOOD, "Server error"),
    "a trouble that nobody has": (503, GOOD, "Server error"),
    "no JSON": (200, b"<h1>it works</h1>", "not a JSON object"),
    "a field that is missing": (200, GOOD.replace(b'"data":""', b'"a":""'), "data"),
    "a field too many": (200, GOOD.replace(b'"data"', b'"trace":"","data"'), "trace"),
    "a code that is none": (200, GOOD.replace(b"9003", b"9005"), "9005"),
    "a status that is not documented": (418, GOOD, "ST103 Undocumented status code"),
    "a success without a signature": (
        200,
        Answer.ok().to_bytes(),
        "what_is_unsigned_is_refused",
    ),
}


@pytest.mark.acceptance
@pytest.mark.parametrize("fault", FAULTS)
async def test_a_planted_fault_is_found(fault: str, tmp_path: Path) -> None:
    status, body, said = FAULTS[fault]

    async def answer(request: web.Request) -> web.Response:
        if request.method == "POST":
            return web.Response(body=body, status=status, content_type="application/json")
        raise web.HTTPMethodNotAllowed(request.method, ["POST"])

    app = web.Application()
    app.router.add_route("*", "/public/cancelOrder", answer)
    server = TestServer(app)
    await server.start_server()
    try:
        options = ("--include-path", "/public/cancelOrder", "--phases", "fuzzing")
        url = str(server.make_url("/"))
        report = await attack(url, openapi_document(), tmp_path, *options, "--max-examples", "20")
    finally:
        await server.close()
    assert report.code == 1
    assert said in report.text


@pytest.mark.acceptance
async def test_a_server_without_a_fault_passes(tmp_path: Path) -> None:
    async def refuse(_request: web.Request) -> web.Response:
        return web.Response(body=GOOD, content_type="application/json")

    app = web.Application()
    app.router.add_post("/public/cancelOrder", refuse)
    server = TestServer(app)
    await server.start_server()
    try:
        options = ("--include-path", "/public/cancelOrder", "--phases", "fuzzing")
        report = await attack(str(server.make_url("/")), openapi_document(), tmp_path, *options)
    finally:
        await server.close()
    assert report.code == 0
