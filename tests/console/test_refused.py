"""Every route, by the router: nobody, a session past its time, a lower level, a form not its own.

Each is refused before the page is called: nothing is written, neither in the audit nor elsewhere.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta

import aiohttp
import pytest

from tests.console.letters import JOB
from tests.console.money import DAY
from tests.console.orders import STUCK
from tests.console.place import Console
from tests.console.walked import name_of
from tests.doubles import HeldClock
from worker.clock import SystemClock
from worker.console import pages
from worker.console.config import Level
from worker.console.page import EVERYBODY
from worker.console.sessions import Sessions, csrf_of, digest_of
from worker.runtime.auditing import AuditQuery

pytestmark = pytest.mark.asyncio(loop_scope="session")

ROUTES = [route for one in pages.ALL for route in one.routes]
FORMS = [route for route in ROUTES if route.method == "POST"]
GUARDED = [route for route in ROUTES if route.needs is not EVERYBODY]
REAL = {
    "/letters/{id}": "alike-1",
    "/replays/{id}": JOB,
    "/orders/{number}": STUCK,
    "/channels/{app_key}": "k",
    "/catalogue/{product_id}": "11007",
    "/reconciliation/{day}.csv": str(DAY),
}
"""What stands in the place of a path's name, where the page would find something."""
FORM = {
    "reason": "x",
    "text": "x",
    "confirmed": "yes",
    "id": "alike-1",
    "body": "{}",
    "field": "phone",
    "action": "retry",
    "rate": "1",
}
"""A form that every act would take."""


def path_of(route: pages.Route) -> str:
    """Return an address of the route."""
    for begin, name in REAL.items():
        if route.path.startswith(begin):
            return re.sub(r"\{\w+\}", name, route.path)
    return re.sub(r"\{\w+\}", "1", route.path)


@dataclass(frozen=True)
class Asked:
    """What came back, and whether anything was written."""

    status: int
    location: str
    wrote: bool

    @property
    def to_the_log_in(self) -> bool:
        return self.status == 303 and self.location.startswith("/login")


async def ask(
    house: Console,
    route: pages.Route,
    token: str = "",
    csrf: str = "",
    headers: Mapping[str, str] | None = None,
) -> Asked:
    """Ask for a route with a session's token, and a form's own."""
    before = await written(house)
    form = {**FORM, "csrf": csrf} if route.method == "POST" else None
    cookies = {house.cookie: token} if token else {}
    async with aiohttp.ClientSession(house.url, cookies=cookies, headers=headers) as session:
        answer = await session.request(
            route.method, path_of(route), data=form, allow_redirects=False
        )
        location = answer.headers.get("Location", "")
        return Asked(answer.status, location, await written(house) != before)


async def written(house: Console) -> object:
    """Return what an act would change."""
    store = house.store
    entries = await store.audit_entries(AuditQuery(limit=3))
    alarms = [(one.id, one.state) for one in await store.alarms()]
    letter, job = await store.dead_letter("alike-1"), await store.replay_job(JOB)
    return [one.id for one in entries], alarms, letter, job


@pytest.fixture(params=GUARDED, ids=name_of)
def guarded(request: pytest.FixtureRequest) -> pages.Route:
    route: pages.Route = request.param
    return route


async def test_nobody_is_sent_to_the_log_in(filled: Console, guarded: pages.Route) -> None:
    asked = await ask(filled, guarded)
    assert asked.to_the_log_in
    assert not asked.wrote


async def test_a_session_past_its_time_is_none(filled: Console, guarded: pages.Route) -> None:
    config, now = filled.parts.config, SystemClock().now()
    for age, idle in (
        (config.idle_seconds + 60, config.idle_seconds + 1),
        (config.session_seconds + 1, 0.0),
    ):
        clock = HeldClock(now - timedelta(seconds=age))
        token = await Sessions(filled.store, config, clock).open(config.users["admin"])
        await filled.store.touch_session(digest_of(token), now - timedelta(seconds=idle))
        asked = await ask(filled, guarded, token, csrf_of(token))
        assert asked.to_the_log_in
        assert not asked.wrote


async def test_a_lower_level_is_refused(filled: Console, guarded: pages.Route) -> None:
    for level in Level:
        if guarded.needs is not None and level < guarded.needs:
            token = await filled.session(level)
            asked = await ask(filled, guarded, token, csrf_of(token))
            assert (asked.status, asked.wrote) == (403, False)


@pytest.mark.parametrize("route", FORMS, ids=name_of)
async def test_a_form_that_is_not_its_own_is_refused(filled: Console, route: pages.Route) -> None:
    token, other = await filled.session(Level.ADMIN), await filled.session(Level.ADMIN)
    foreign = {"Origin": "https://evil.example"}
    for csrf, headers in (("", {}), (csrf_of(other), {}), (csrf_of(token), foreign)):
        asked = await ask(filled, route, token, csrf, headers)
        assert (asked.status, asked.wrote) == (403, False)


async def test_there_is_a_level_that_is_let_in(filled: Console, guarded: pages.Route) -> None:
    """What is refused above is refused for its own reason: the right one is not."""
    if guarded.method == "GET":
        token = await filled.session(guarded.needs or Level.VIEWER)
        assert (await ask(filled, guarded, token)).status == 200
