"""Random orders to their ends, on both brokers and both stores; the nine invariants hold.

A seed and a number are one story: ``TICKETBRIDGE_LEDGER=7:123`` lets ``-k one`` tell it again
alone.
"""

import os
import sys
from collections.abc import Mapping
from pathlib import Path

import pytest

from tests.ledger.run import Plan, Verdict, run

SEED = 20260501
FEW = int(os.environ.get("TICKETBRIDGE_LEDGER_FEW", "60"))
MANY = 2000
MOST_HUMANS = 0.2
NAMED = os.environ.get("TICKETBRIDGE_LEDGER", "")
WANTED = {
    *(f"refund {code}" for code in (1000, 4000, 4001, 4002, 4003)),
    *(f"cancel {code}" for code in (1000, 4000, 4001, 4002, 4003)),
    *("create 1000", "create 3000", "create 3009", "create_otherwise 3000"),
    *("refund_otherwise 4000", "resend 1000", "stranger 4001", "query 1000"),
    *("checked", "forced", "forced part", "approved", "approved part", "rejected part"),
    *("refused", "cancelled", "refunded", "issued", "human"),
}
"""What must have been seen among so many: answers, deeds of the supplier, ends."""

EMBEDDED = pytest.param("embedded", id="embedded")
SERVERS = pytest.param("servers", marks=pytest.mark.servers, id="servers")
CROSSED = pytest.param("embedded-postgres", marks=pytest.mark.servers, id="embedded-postgres")
CROSSED_TOO = pytest.param("rabbitmq-sqlite", marks=pytest.mark.servers, id="rabbitmq-sqlite")
MAIN = [EMBEDDED, SERVERS]
CROSSINGS = [CROSSED, CROSSED_TOO]


@pytest.fixture
def urls(request: pytest.FixtureRequest) -> Mapping[str, str]:
    """The broker and the store of a set-up."""
    name, found = request.param, {}
    if name in {"servers", "rabbitmq-sqlite"}:
        found["broker_url"] = request.getfixturevalue("amqp_url")
    if name in {"servers", "embedded-postgres"}:
        found["database_url"] = request.getfixturevalue("postgres_url")
    return {"name": name, **found}


def plan(urls: Mapping[str, str], numbers: range, *, kills: int = 0) -> Plan:
    chosen = {name: url for name, url in urls.items() if name != "name"}
    seed = int(os.environ.get("TICKETBRIDGE_LEDGER_SEED", SEED))
    sys.stdout.write(f"seed {seed}, stories {numbers}\n")
    return Plan(urls["name"], chosen, seed, numbers, kills=kills)


def assert_kept(verdict: Verdict, *, most_humans: float = MOST_HUMANS) -> None:
    """Fail with the stories of the orders to which a promise was broken."""
    for counted in (verdict.ends(), verdict.answers(), verdict.supplied()):
        sys.stdout.write(f"{dict(sorted(counted.items()))}\n")
    assert not verdict.broken, verdict.text()
    assert verdict.ends()["human"] <= most_humans * len(verdict.books)


def assert_everything_happened(verdict: Verdict) -> None:
    """Fail where the dice left out what the stories are for."""
    happened = {*verdict.answers(), *verdict.supplied(), *verdict.ends()}
    assert happened >= WANTED, WANTED - happened


@pytest.mark.parametrize("urls", MAIN, indirect=True)
async def test_a_few_dozen(urls: Mapping[str, str], tmp_path: Path) -> None:
    assert_kept(await run(plan(urls, range(FEW)), tmp_path))


@pytest.mark.acceptance
@pytest.mark.timeout(1500)
@pytest.mark.parametrize("urls", MAIN, indirect=True)
async def test_two_thousand(urls: Mapping[str, str], tmp_path: Path) -> None:
    verdict = await run(plan(urls, range(MANY), kills=5), tmp_path)
    assert_kept(verdict)
    assert_everything_happened(verdict)


@pytest.mark.acceptance
@pytest.mark.timeout(600)
@pytest.mark.parametrize("urls", CROSSINGS, indirect=True)
async def test_the_crossings(urls: Mapping[str, str], tmp_path: Path) -> None:
    assert_kept(await run(plan(urls, range(MANY, MANY + 300), kills=1), tmp_path))


if NAMED:

    @pytest.mark.parametrize("urls", [*MAIN, *CROSSINGS], indirect=True)
    async def test_the_one_that_is_named(urls: Mapping[str, str], tmp_path: Path) -> None:
        seed, _, number = NAMED.partition(":")
        chosen = {name: url for name, url in urls.items() if name != "name"}
        verdict = await run(Plan(urls["name"], chosen, int(seed), [int(number)]), tmp_path)
        assert_kept(verdict, most_humans=1)
