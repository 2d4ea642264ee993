"""The client on the wire: what it sends, and what becomes of its connections."""

import asyncio
import zlib
from collections.abc import AsyncIterator
from dataclasses import replace

import pytest
from yarl import URL

from tests.clients.conftest import LIMITS
from tests.clients.scripted import Everywhere, Scripted, Told, answer
from worker.clients.http import HttpAnswer, HttpClient, HttpRequest, Lost, NotSent

PLACE = "http://any.test/a%20b?x=1"
HEADERS = {"Content-Type": "application/json", "X-Ours": "一"}


def post(headers: dict[str, str] = HEADERS, body: bytes | None = b"{}") -> HttpRequest:
    return HttpRequest("POST", URL(PLACE, encoded=True), headers, body)


def get() -> HttpRequest:
    return HttpRequest("GET", URL(PLACE, encoded=True), {})


@pytest.fixture
async def plain(scripted: Scripted) -> AsyncIterator[HttpClient]:
    """A client as the channels' is: what is compressed stays so."""
    client = HttpClient(LIMITS, resolver=Everywhere(scripted.port), decompress=False)
    yield client
    await client.close()


async def test_a_request_is_its_bytes(http: HttpClient, scripted: Scripted) -> None:
    scripted.tell("POST", PLACE, Told(answer(body="ok")))
    assert isinstance(await http.exchange(post()), HttpAnswer)
    head, _, body = scripted.requests[0].decode().partition("\r\n\r\n")
    first, host, agent, *more = head.split("\r\n")
    assert first == "POST /a%20b?x=1 HTTP/1.1"
    assert host == "Host: any.test"
    assert agent.startswith("User-Agent: ")
    assert more == [
        "Content-Type: application/json",
        "X-Ours: 一",
        "Accept: */*",
        "Accept-Encoding: gzip, deflate",
        "Content-Length: 2",
    ]
    assert body == "{}"


@pytest.mark.parametrize("body", [None, b""])
async def test_an_empty_post_says_so_and_a_get_says_nothing(
    http: HttpClient, scripted: Scripted, body: bytes | None
) -> None:
    scripted.tell("POST", PLACE, Told(answer()))
    scripted.tell("GET", PLACE, Told(answer()))
    await http.exchange(post(body=body))
    await http.exchange(get())
    assert b"Content-Length: 0\r\n" in scripted.requests[0]
    assert b"Content-Length" not in scripted.requests[1]


async def test_a_login_in_the_address_is_sent_as_such(http: HttpClient, scripted: Scripted) -> None:
    scripted.tell("GET", PLACE, Told(answer()))
    url = URL(PLACE.replace("any.test", "us%40er:pass@any.test"), encoded=True)
    await http.exchange(HttpRequest("GET", url, {}))
    assert b"\r\nAuthorization: Basic dXNAZXI6cGFzcw==\r\n" in scripted.requests[0]
    assert b"\r\nHost: any.test\r\n" in scripted.requests[0]


async def test_nothing_but_the_server_is_kept_of_an_address(
    http: HttpClient, scripted: Scripted
) -> None:
    for number in range(50):
        place = f"http://any.test/codes?phone={number}"
        scripted.tell("GET", place, Told(answer()))
        await http.exchange(HttpRequest("GET", URL(place), {}))
    assert http._lines is not None
    [server] = http._lines._servers.values()
    assert str(server.asked.url) == "http://any.test/"


@pytest.mark.parametrize("value", ["a\r\nX-Forged: 1", "a\nX: 1", "a\r", "a\0"])
async def test_a_header_cannot_end_early(http: HttpClient, scripted: Scripted, value: str) -> None:
    exchange = await http.exchange(post({"X-Ours": value}))
    assert isinstance(exchange, NotSent)
    assert exchange.reason == "invalid_header"
    assert scripted.connections == 0


async def test_a_connection_is_used_again(http: HttpClient, scripted: Scripted) -> None:
    for _ in range(3):
        scripted.tell("POST", PLACE, Told(answer(body="ok")))
        assert isinstance(await http.exchange(post()), HttpAnswer)
    assert scripted.connections == 1


@pytest.mark.parametrize(
    "told",
    [
        answer(body="ok", headers={"Connection": "close"}),
        b"HTTP/1.0 200 OK\r\nContent-Length: 2\r\n\r\nok",
        answer(body="ok") + b"more than was asked for",
    ],
)
async def test_a_connection_that_should_end_is_not_used_again(
    http: HttpClient, scripted: Scripted, told: bytes
) -> None:
    for _ in range(2):
        scripted.tell("POST", PLACE, Told(told))
        exchange = await http.exchange(post())
        assert isinstance(exchange, HttpAnswer | Lost)
    assert scripted.connections == 2


async def test_an_answer_may_end_with_its_connection(http: HttpClient, scripted: Scripted) -> None:
    scripted.tell("POST", PLACE, Told(b"HTTP/1.1 200 OK\r\n\r\nwhole", end="close"))
    exchange = await http.exchange(post())
    assert isinstance(exchange, HttpAnswer)
    assert (exchange.body, exchange.complete) == (b"whole", True)


async def test_interim_answers_are_passed_over(http: HttpClient, scripted: Scripted) -> None:
    interim = b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n"
    scripted.tell("POST", PLACE, Told(interim + answer(status=201, body="made")))
    exchange = await http.exchange(post())
    assert isinstance(exchange, HttpAnswer)
    assert (exchange.status, exchange.body) == (201, b"made")


async def test_pieces_are_put_together(http: HttpClient, scripted: Scripted) -> None:
    told = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nab\r\n1\r\nc\r\n0\r\n\r\n"
    scripted.tell("POST", PLACE, Told(told))
    exchange = await http.exchange(post())
    assert isinstance(exchange, HttpAnswer)
    assert exchange.body == b"abc"


async def test_what_is_compressed_is_unpacked_for_who_wants_it(
    http: HttpClient, plain: HttpClient, scripted: Scripted
) -> None:
    packed = zlib.compress(b"text")
    bodies = []
    for client in (http, plain):
        told = answer(body=packed, headers={"Content-Encoding": "deflate"})
        scripted.tell("POST", PLACE, Told(told))
        exchange = await client.exchange(post())
        assert isinstance(exchange, HttpAnswer)
        bodies.append(exchange.body)
    assert bodies == [b"text", packed]


async def test_what_unpacks_to_more_than_is_read_is_cut(scripted: Scripted) -> None:
    limits = replace(LIMITS, answer_bytes=1000)
    http = HttpClient(limits, resolver=Everywhere(scripted.port))
    told = answer(body=zlib.compress(b"x" * 5_000_000), headers={"Content-Encoding": "deflate"})
    scripted.tell("POST", PLACE, Told(told))
    exchange = await http.exchange(post())
    assert isinstance(exchange, HttpAnswer)
    assert (exchange.body, exchange.complete) == (b"x" * 1000, False)
    await http.close()


@pytest.mark.parametrize("end", ["close", "reset"])
async def test_only_a_get_is_sent_again_on_another_connection(
    http: HttpClient, scripted: Scripted, end: str
) -> None:
    scripted.tell("GET", PLACE, Told(end=end))
    scripted.tell("GET", PLACE, Told(answer(body="ok")))
    scripted.tell("POST", PLACE, Told(end=end))
    assert isinstance(await http.exchange(get()), HttpAnswer)
    assert isinstance(await http.exchange(post()), Lost)
    assert [request[:4] for request in scripted.requests] == [b"GET ", b"GET ", b"POST"]


async def test_a_get_is_not_sent_three_times(http: HttpClient, scripted: Scripted) -> None:
    for _ in range(2):
        scripted.tell("GET", PLACE, Told(end="close"))
    assert isinstance(await http.exchange(get()), Lost)
    assert len(scripted.requests) == 2


async def test_who_gives_up_leaves_no_connection_behind(
    http: HttpClient, scripted: Scripted
) -> None:
    scripted.tell("POST", PLACE, Told(answer(body="ok")[:-1]))
    asking = asyncio.create_task(http.exchange(post()))
    async with asyncio.timeout(10):
        await scripted.asked.wait()
        asking.cancel()
        with pytest.raises(asyncio.CancelledError):
            await asking
        await scripted.ended.wait()


async def test_the_whole_may_take_less_than_its_parts(scripted: Scripted) -> None:
    limits = replace(LIMITS, read=30.0, total=0.05)
    http = HttpClient(limits, resolver=Everywhere(scripted.port))
    scripted.tell("POST", PLACE, Told(answer(body="ok")[:-1], end="hang"))
    exchange = await http.exchange(post())
    assert isinstance(exchange, Lost)
    assert exchange.reason == "timeout"
    await http.close()
