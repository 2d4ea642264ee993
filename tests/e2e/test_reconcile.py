"""A day with every kind of difference in it, made by simulators that misbehave."""

import csv
import json
import sqlite3
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from tests.e2e.calling import Ran, called
from tests.e2e.conftest import SAGA
from tests.e2e.notices import VERIFY, envelope, post, signed
from tests.e2e.test_notices import issued
from tests.e2e.world import SHANGHAI, Choice, World, until, world
from worker.reconciliation import Kind
from worker.simulators.records import Audit, Order

WORLD = Choice(
    settings={
        "ticket_deadline_seconds": "600",
        "audit_deadline_seconds": "600",
        "unknown_retry_delays": '["0.1s", "0.1s"]',
    },
    channel={"account": '"prepaid"'},
    more="""
[[settlement_prices]]
app_key = "k"
product_code = "P11063"
price = "1"

[[settlement_prices]]
app_key = "k"
product_code = "P11064"
price = "1"

[reconciliation]
daily = false
late_seconds = 1
requests_per_second = 100
""",
)

URLS = ["embedded", pytest.param("servers", marks=[pytest.mark.servers, pytest.mark.acceptance])]


@pytest.fixture(params=URLS)
async def bridged(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[World]:
    urls = {}
    if request.param == "servers":
        urls["database_url"] = request.getfixturevalue("postgres_url")
        urls["broker_url"] = request.getfixturevalue("amqp_url")
    async with world(WORLD, tmp_path, SAGA, urls) as made:
        yield made


def today() -> str:
    return datetime.now(UTC).astimezone(SHANGHAI).date().isoformat()


async def reconcile(world: World, *words: str) -> Ran:
    return await called(world.place.config, "reconcile", "--date", today(), *words)


async def found(world: World) -> tuple[int, list[tuple[str, str]]]:
    ran = await reconcile(world, "--json")
    return ran.code, sorted((line["id"], line["kind"]) for line in ran.lines)


async def buy(world: World, **changes: object) -> tuple[str, Order]:
    """Order something that is paid; return the channel's number and ZZY's book."""
    number = world.fresh()
    assert (await world.k.order(number, **changes)).code == "1000"
    await world.at_zzy(lambda: world.book(world.k.number(number)).times_paid)
    return number, world.book(world.k.number(number))


async def test_every_kind_of_difference_is_found(bridged: World, tmp_path: Path) -> None:
    account = ("accounts", "top-up", "k", "1000", "--reference", "bank-1")
    assert (await called(bridged.place.config, *account)).code == 0
    await a_clean_day(bridged)
    planted: set[tuple[str, Kind]] = set()
    for plant in (
        zzy_has_what_we_refused,
        zzy_lost_its_codes,
        zzy_has_a_code_too_many,
        zzy_took_more,
        a_refund_that_zzy_forgot,
        a_refund_under_audit,
        a_notice_that_was_lost,
        a_notice_under_a_used_signature,
        an_account_that_somebody_changed,
        a_channel_that_takes_nothing,
    ):
        planted |= await plant(bridged)
        bridged.calm()
    expected = sorted((number, str(kind)) for number, kind in planted)

    async def seen() -> bool:
        code, lines = await found(bridged)
        return code == 1 and lines == expected

    try:
        await until(seen)
    except TimeoutError:
        assert (await found(bridged))[1] == expected
    await the_ways_to_print_it(bridged, expected, tmp_path)


async def a_clean_day(world: World) -> None:
    await issued(world, world.fresh())
    await issued(world, world.fresh(), product_code="P11064", count=2, amount=12.0)
    number = world.fresh()
    await issued(world, number)
    assert (await world.k.driver.cancel(world.k.number(number))).code == "1000"
    await world.k.told("refund", number)
    refused = await world.k.order(world.fresh(), product_code="P1", count=1, amount=6.0)
    assert refused.code != "1000"
    assert await until(lambda: _clean(world))


async def _clean(world: World) -> bool:
    return await found(world) == (0, [])


async def zzy_has_what_we_refused(world: World) -> set[tuple[str, Kind]]:
    number = world.fresh()
    world.zzy.lots.force("pay_refused")
    assert (await world.k.order(number)).code != "1000"
    book = world.book(world.k.number(number))
    world.zzy.ledger.issue(book, bundle=False)
    return {(book.origin_order_id, Kind.FAILED_BUT_PAID)}


async def zzy_lost_its_codes(world: World) -> set[tuple[str, Kind]]:
    book = await issued(world, world.fresh())
    book.tickets[0].refunded = True
    return {(book.origin_order_id, Kind.ISSUED_NO_CODES)}


async def zzy_has_a_code_too_many(world: World) -> set[tuple[str, Kind]]:
    book = await issued(world, world.fresh())
    other = await issued(world, world.fresh())
    book.tickets += other.tickets
    return {(book.origin_order_id, Kind.CODES_DIFFER)}


async def zzy_took_more(world: World) -> set[tuple[str, Kind]]:
    product = world.zzy.ledger.products[11063]
    price, product.price = product.price, product.price * 1000
    world.zzy.lots.force("pay_codes")
    book = await issued(world, world.fresh())
    product.price = price
    return {(book.origin_order_id, Kind.PAID_ABOVE_PRICE)}


async def a_refund_that_zzy_forgot(world: World) -> set[tuple[str, Kind]]:
    number = world.fresh()
    book = await issued(world, number)
    assert (await world.k.driver.cancel(book.origin_order_id)).code == "1000"
    await world.k.told("refund", number)
    book.tickets[0].refunded = False
    return {(book.origin_order_id, Kind.REFUNDED_BUT_VALID)}


async def a_refund_under_audit(world: World) -> set[tuple[str, Kind]]:
    world.zzy.lots.change(refund_audit="by_hand")
    book = await issued(world, world.fresh())
    assert (await world.k.driver.cancel(book.origin_order_id)).code == "4000"
    assert book.refunds[0].status is Audit.WAITING
    return {(book.origin_order_id, Kind.REFUND_OPEN)}


async def a_notice_that_was_lost(world: World) -> set[tuple[str, Kind]]:
    world.zzy.lots.force("dropped_notice")
    _, book = await buy(world)
    await world.at_zzy(lambda: book.tickets)
    num = book.origin_order_id
    return {(num, Kind.CODES_NOT_ISSUED), (num, Kind.PAID_NO_TICKET)}


async def a_channel_that_takes_nothing(world: World) -> set[tuple[str, Kind]]:
    """Its URL is gone: what is to be said of two orders, one of them failed, is parked."""
    world.k.simulator.lots.force("gone", times=2)
    _, first = await buy(world)
    refused = world.fresh()
    world.zzy.lots.force("pay_refused")
    assert (await world.k.order(refused)).code != "1000"
    await until(lambda: _letters(world, 3))
    resumed = await called(world.place.config, "channels", "resume", "k")
    assert resumed.code == 0
    return {
        (first.origin_order_id, Kind.VOUCHER_NOT_DELIVERED),
        (world.k.number(refused), Kind.FAILURE_NOT_TOLD),
    }


async def _letters(world: World, count: int) -> bool:
    return len(await world.letters()) >= count


async def a_notice_under_a_used_signature(world: World) -> set[tuple[str, Kind]]:
    book = await issued(world, world.fresh())
    headers = signed()
    for used in (1, 3):
        body = {
            "TicketStatus": 1,
            "OriginOrderId": book.origin_order_id,
            "OrderId": book.order_id,
            "VoucherCode": [],
            "OrderTotal": 5,
            "CheckedNumber": used,
            "VoucherType": 1,
            "CheckTime": "2026-05-01 10:00:00",
        }
        await post(world.place.url, envelope(VERIFY, body), headers)
    await until(lambda: _letters(world, 1))
    num = book.origin_order_id
    return {(num, Kind.NOTICE_NOT_TAKEN), (num, Kind.CHECKS_DIFFER)}


async def an_account_that_somebody_changed(world: World) -> set[tuple[str, Kind]]:
    book = await issued(world, world.fresh())
    statement = "UPDATE account_entries SET amount = amount + 1 WHERE order_num = '{}'"
    await _run(world, statement.format(book.origin_order_id))
    return {(book.origin_order_id, Kind.ACCOUNT_DIFFERS)}


async def _run(world: World, statement: str) -> None:
    url = world.place.database_url
    if url.startswith("sqlite"):
        with sqlite3.connect(world.place.folder / "bridge.db") as connection:
            connection.execute(statement)
        connection.close()
        return
    import asyncpg  # noqa: PLC0415  (where there is a server)

    server = await asyncpg.connect(url, timeout=5)
    await server.execute(statement)
    await server.close()


async def the_ways_to_print_it(world: World, expected: list[tuple[str, str]], folder: Path) -> None:
    table = await reconcile(world, "--kept")
    assert table.code == 1
    assert all(kind in table.out for _, kind in expected)
    assert f"{len(expected)} differences" in table.err
    file = folder / "day.csv"
    written = await reconcile(world, "--kept", "--json", "--csv", str(file))
    with file.open(encoding="utf-8-sig", newline="") as lines:
        rows: list[dict[str, Any]] = list(csv.DictReader(lines))
    assert sorted((row["order_num"], row["kind"]) for row in rows) == expected
    told = {(line["id"], line["kind"]): line for line in written.lines}
    assert sorted(told) == expected
    for row in rows:
        assert told[row["order_num"], row["kind"]]["command"] == row["command"]
    letters = [row for row in rows if "deadletters replay" in row["command"]]
    assert {row["kind"] for row in letters} == {"voucher_not_delivered", "failure_not_told"}
    ran = await called(world.place.config, *letters[0]["command"].split()[3:])
    assert ran.code == 0, ran.err
    people = json.dumps(rows, ensure_ascii=False)
    assert "13456451211" not in people
    assert all(t.code not in people for o in world.zzy.ledger.orders.values() for t in o.tickets)
