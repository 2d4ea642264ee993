"""A prepaid channel runs out, is topped up, orders again, and gets its money back."""

import csv
import io
from collections.abc import AsyncIterator
from datetime import datetime
from decimal import Decimal
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from tests.e2e.conftest import SAGA
from tests.e2e.world import Choice, World, cli, world
from worker.commands.accounts import print_statement
from worker.settings import load_settings

CHOICE = Choice(
    settings={"reply_wait_seconds": "3"},
    channel={"account": '"prepaid"', "low_balance": '"20"'},
    more="""
[[settlement_prices]]
app_key = "k"
product_code = "P11063"
price = "7.25"

[[settlement_prices]]
app_key = "k"
product_code = "P11063"
price = "5.10"
valid_from = 2026-01-01
""",
)
WHOLE = Decimal("25.50")
SHORT = (200, "3009", "账户余额不足，请联系管理员", "")
URLS = ["embedded", pytest.param("servers", marks=[pytest.mark.servers, pytest.mark.acceptance])]


@pytest.fixture(params=URLS)
async def prepaid(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[World]:
    urls = {}
    if request.param == "servers":
        urls["database_url"] = request.getfixturevalue("postgres_url")
        urls["broker_url"] = request.getfixturevalue("amqp_url")
    async with world(CHOICE, tmp_path, SAGA, urls) as made:
        yield made


async def buy(world: World, number: str, **changes: object) -> tuple[int, str, str, object]:
    answer = await world.k.order(number, **changes)
    return answer.status, answer.code, answer.message, answer.data


async def test_the_account_of_a_prepaid_channel(
    prepaid: World, capsys: pytest.CaptureFixture[str]
) -> None:
    first, second = prepaid.fresh(), prepaid.fresh()
    assert await buy(prepaid, first) == SHORT
    assert prepaid.zzy.ledger.by_origin(prepaid.k.number(first)) == []

    words = ("accounts", "top-up", "k", "40", "--reference", "bank-1", "--by", "ann")
    assert (await cli(prepaid.place.config, *words)).code == 0
    assert (await prepaid.k.order(first)).code == "1000"
    await prepaid.k.told("voucher", first)
    assert await buy(prepaid, second) == SHORT
    priceless = await prepaid.k.order(prepaid.fresh(), product_code="11069", count=2, amount=12.0)
    assert (priceless.code, "结算价" in priceless.message) == ("3000", True)

    await prepaid.k.driver.cancel(prepaid.k.number(first))
    await prepaid.k.told("refund", first)
    assert (await prepaid.k.order(second)).code == "1000"
    await check_statement(prepaid, capsys)


async def check_statement(world: World, capsys: pytest.CaptureFixture[str]) -> None:
    month = datetime.now(ZoneInfo("Asia/Shanghai")).date()
    settings = load_settings(world.place.config, {})
    assert await print_statement(settings, "k", month)
    lines = list(csv.DictReader(io.StringIO(capsys.readouterr().out)))
    assert lines[0]["kind"] == "opening"
    assert (lines[-1]["kind"], lines[-1]["balance"]) == ("closing", "14.50")
    kinds = [line["kind"] for line in lines[1:-1]]
    assert kinds == ["top_up", "hold", "charge", "credit", "hold", "charge"]
    assert (lines[1]["by"], Decimal(lines[2]["amount"])) == ("ann", WHOLE)
    assert [line["channel_order_num"] for line in lines[1:4]] == ["", "c1", "c1"]
