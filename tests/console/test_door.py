"""Who gets in, what a request must carry, and what every answer says to the browser."""

import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from http.cookies import SimpleCookie
from pathlib import Path

import aiohttp
import pytest

from tests.console.place import PASSWORD, USERS, Console, console
from tests.doubles import NOON, HeldClock
from worker.console import pages, throttle
from worker.console.config import ConsoleConfig, Level
from worker.console.page import EVERYBODY
from worker.console.sessions import csrf_of

EVERYBODYS = {("GET", "/login"), ("POST", "/login"), ("POST", "/preferences")}


@asynccontextmanager
async def browser(house: Console) -> AsyncIterator[aiohttp.ClientSession]:
    jar = aiohttp.CookieJar(unsafe=True)
    async with aiohttp.ClientSession(house.url, cookie_jar=jar) as session:
        yield session


async def token_in(answer: aiohttp.ClientResponse) -> str:
    found = re.search(r'name="csrf" value="(\w+)"', await answer.text())
    assert found is not None
    return found[1]


async def log_in(
    session: aiohttp.ClientSession,
    name: str = "operator",
    password: str = PASSWORD,
    onward: str = "",
) -> aiohttp.ClientResponse:
    form = {"csrf": await token_in(await session.get("/login")), "name": name, "next": onward}
    return await session.post("/login", data={**form, "password": password}, allow_redirects=False)


@pytest.fixture
async def clock() -> HeldClock:
    return HeldClock()


@pytest.fixture
async def house(tmp_path: Path, clock: HeldClock) -> AsyncIterator[Console]:
    async with console(tmp_path, clock) as opened:
        yield opened


async def test_a_log_in_leads_to_the_page_that_was_asked_for(house: Console) -> None:
    async with browser(house) as session:
        asked = await session.get("/?x=1", allow_redirects=False)
        assert (asked.status, asked.headers["Location"]) == (303, "/login?next=/%3Fx%3D1")
        answer = await log_in(session, onward="/?x=1")
        assert (answer.status, answer.headers["Location"]) == (303, "/?x=1")
        assert (await session.get("/")).status == 200


@pytest.mark.parametrize("onward", ["https://evil.example/", "//evil.example", "/\\evil", "x\n"])
async def test_a_log_in_leads_nowhere_else(house: Console, onward: str) -> None:
    async with browser(house) as session:
        assert (await log_in(session, onward=onward)).headers["Location"] == "/"


@pytest.mark.parametrize(
    ("name", "password"), [("operator", "wrong"), ("nobody", PASSWORD), ("operator", "")]
)
async def test_a_wrong_name_or_password_says_the_same(
    house: Console, name: str, password: str
) -> None:
    async with browser(house) as session:
        answer = await log_in(session, name, password)
        assert answer.status == 403
        assert "Name or password is wrong." in await answer.text()
        assert (await session.get("/", allow_redirects=False)).status == 303


async def test_guessing_is_slowed_down_and_ends(house: Console, clock: HeldClock) -> None:
    async with browser(house) as session:
        for _ in range(throttle.FREE_FAILURES):
            assert (await log_in(session, password="guess")).status == 403
        answer = await log_in(session)
        assert (answer.status, answer.headers["Retry-After"]) == (429, "1")
        clock.advance(1)
        assert (await log_in(session, password="guess")).status == 403
        assert (await log_in(session)).headers["Retry-After"] == "2"
        clock.advance(2)
        assert (await log_in(session)).status == 303


def test_one_address_guesses_for_no_more_names() -> None:
    throttled, now = throttle.Throttle(), NOON
    for number in range(throttle.ADDRESS_FAILURES):
        assert throttled.wait(f"name{number}", "192.0.2.1", now) == 0
        throttled.failed(f"name{number}", "192.0.2.1", now)
    assert throttled.wait("operator", "192.0.2.1", now) == throttle.ADDRESS_WINDOW
    assert throttled.wait("operator", "192.0.2.2", now) == 0
    later = now + timedelta(seconds=throttle.ADDRESS_WINDOW)
    assert throttled.wait("operator", "192.0.2.1", later) == 0


def test_nobody_is_locked_out_for_long() -> None:
    throttled = throttle.Throttle()
    for _ in range(2000):
        throttled.failed("operator", "192.0.2.1", NOON)
    assert throttled.wait("operator", "192.0.2.2", NOON) == throttle.LONGEST_WAIT


async def test_a_session_ends_when_nothing_is_done(house: Console, clock: HeldClock) -> None:
    async with browser(house) as session:
        await log_in(session)
        for _ in range(3):
            clock.advance(house.parts.config.idle_seconds - 1)
            assert (await session.get("/", allow_redirects=False)).status == 200
        clock.advance(house.parts.config.idle_seconds + 1)
        assert (await session.get("/", allow_redirects=False)).status == 303


async def test_a_session_ends_however_busy_it_is(house: Console, clock: HeldClock) -> None:
    async with browser(house) as session:
        await log_in(session)
        for _ in range(24):
            assert (await session.get("/", allow_redirects=False)).status == 200
            clock.advance(house.parts.config.session_seconds / 24)
        clock.advance(1)
        assert (await session.get("/", allow_redirects=False)).status == 303


async def test_a_log_out_ends_the_session_on_the_server(house: Console) -> None:
    async with browser(house) as session:
        await log_in(session)
        kept = {c.key: c.value for c in session.cookie_jar if c.key == house.cookie}
        form = {"csrf": await token_in(await session.get("/"))}
        assert (await session.post("/logout", data=form, allow_redirects=False)).status == 303
    async with aiohttp.ClientSession(house.url, cookies=kept) as again:
        assert (await again.get("/", allow_redirects=False)).status == 303


async def test_a_new_password_ends_the_sessions_of_the_old_one(tmp_path: Path) -> None:
    users = dict(USERS)
    async with console(tmp_path, config=ConsoleConfig(users=users)) as house:
        token = await house.session(Level.ADMIN)
        assert await house.sessions.user(token)
        users["admin"] = type(users["admin"])("admin", Level.ADMIN, "$argon2id$another")
        assert await house.sessions.user(token) is None
        token = await house.session(Level.VIEWER)
        del users["viewer"]
        assert await house.sessions.user(token) is None


@pytest.mark.parametrize("wrong", ["", "0" * 64, "ü"])
async def test_an_unsafe_request_needs_the_token(house: Console, wrong: str) -> None:
    async with browser(house) as session:
        await log_in(session)
        answer = await session.post("/logout", data={"csrf": wrong}, allow_redirects=False)
        assert answer.status == 403
        assert (await session.get("/", allow_redirects=False)).status == 200


async def test_the_token_of_another_session_is_none(house: Console) -> None:
    others = csrf_of(await house.session(Level.OPERATOR))
    async with browser(house) as session:
        await log_in(session)
        assert (await session.post("/logout", data={"csrf": others})).status == 403


@pytest.mark.parametrize(
    "headers",
    [{"Origin": "https://evil.example"}, {"Origin": "null"}, {"Sec-Fetch-Site": "cross-site"}],
)
async def test_another_sites_form_is_refused(house: Console, headers: dict[str, str]) -> None:
    async with browser(house) as session:
        await log_in(session)
        form = {"csrf": await token_in(await session.get("/"))}
        assert (await session.post("/logout", data=form, headers=headers)).status == 403
        own = {"Origin": house.url, "Sec-Fetch-Site": "same-origin"}
        answer = await session.post("/logout", data=form, headers=own, allow_redirects=False)
        assert answer.status == 303


@pytest.mark.parametrize("path", ["/", "/login", "/no/such/page", "/static/0/console.css"])
async def test_every_answer_has_the_headers(house: Console, path: str) -> None:
    async with browser(house) as session:
        headers = (await session.get(path, allow_redirects=False)).headers
    policy = headers["Content-Security-Policy"]
    assert "unsafe" not in policy
    assert {"default-src 'none'", "frame-ancestors 'none'", "base-uri 'none'"} <= set(
        policy.split("; ")
    )
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Referrer-Policy"] == "same-origin"
    assert headers["Cache-Control"] == "no-store"
    assert "Server" not in headers


async def test_cookies_are_out_of_reach(tmp_path: Path) -> None:
    secure = ConsoleConfig(users=USERS, public_url="https://console.example")
    for config, name in ((None, "ticketbridge"), (secure, "__Host-ticketbridge")):
        async with console(tmp_path, config=config) as house, browser(house) as session:
            page = await session.get("/login")
            cookies = SimpleCookie()
            cookies.load(page.headers["Set-Cookie"])
            form = {"csrf": await token_in(page), "name": "admin", "password": PASSWORD}
            kept = {name: morsel.value for name, morsel in cookies.items()}
            answer = await session.post(
                "/login",
                data=form,
                headers={"Cookie": "; ".join(f"{k}={v}" for k, v in kept.items())},
                allow_redirects=False,
            )
            assert answer.status == 303
            flags = answer.headers["Set-Cookie"]
            assert flags.startswith(f"{name}_session=")
            assert "HttpOnly" in flags
            assert "SameSite=Lax" in flags
            assert ("Secure" in flags) is (config is secure)
            assert ("Strict-Transport-Security" in answer.headers) is (config is secure)


async def test_with_no_user_nobody_gets_in(tmp_path: Path) -> None:
    config = ConsoleConfig(users={})
    async with console(tmp_path, config=config) as house, browser(house) as session:
        assert (await session.get("/", allow_redirects=False)).status == 303
        page = await session.get("/login")
        assert "ticketbridge console hash-password" in await page.text()
        form = {"csrf": await token_in(page), "name": "", "password": ""}
        assert (await session.post("/login", data=form)).status == 403


def test_every_route_says_who_may_use_it() -> None:
    routes = [route for one in pages.ALL for route in one.routes]
    assert len(routes) >= 5
    opened = {(route.method, route.path) for route in routes if route.needs is EVERYBODY}
    assert opened == EVERYBODYS
    assert len({(route.method, route.path) for route in routes}) == len(routes)
