"""The catalogue at work: orders refused before ZZY is asked, and products that change."""

import json
from datetime import timedelta
from typing import Any

import aiohttp
import pytest

from tests.e2e.world import Choice, Other, World, cli, tomorrow, until
from worker.simulators.channel import Credentials

WORLD = Choice(
    settings={"reply_wait_seconds": "5"},
    others=(Other(Credentials(app_key="news", app_secrets=("n",)), product_news=True),),
)

pytestmark = pytest.mark.asyncio(loop_scope="module")

ZHANG, LI = {"110101199003070134": "张三"}, {"11010519491231002X": "李四"}
TWO = {"count": 2, "amount": 12.0}

REFUSED: dict[str, tuple[dict[str, Any], str, str]] = {
    "off the shelf": ({"product_code": "P11068"}, "3002", "product_code"),
    "too soon": ({"product_code": "P11073"}, "3003", "date"),
    "no such session": (
        {"product_code": "P11065", "begin_play_time": "08:00", "end_play_time": "09:00"},
        "3003",
        "begin_play_time",
    ),
    "too many": ({"product_code": "P11069", "count": 5}, "3007", "count"),
    "a phone's most": ({"product_code": "P11072", "count": 5}, "3007", "take_phone"),
    "an id card's most": (
        {"product_code": "P11072", "count": 3, "amount": 18.0, "tourist_info": ZHANG},
        "3007",
        "tourist_info",
    ),
    "no ids wanted": ({"product_code": "P11066"}, "3010", "tourist_info"),
    "an id for each": (
        {"product_code": "P11064", "tourist_info": ZHANG, **TWO},
        "3011",
        "tourist_info",
    ),
    "ids wanted": ({"product_code": "P11063", "tourist_info": ...}, "3011", "tourist_info"),
    "too young": (
        {"product_code": "P11071", "tourist_info": ZHANG, **TWO},
        "3000",
        "MinAge 60",
    ),
}


@pytest.mark.parametrize("case", REFUSED)
async def test_the_catalogue_refuses_before_zzy_is_asked(bridged: World, case: str) -> None:
    changes, code, words = REFUSED[case]
    number, before = bridged.fresh(), bridged.zzy.api.calls["create"]
    answer = await bridged.k.order(number, **changes)
    assert (answer.status, answer.code, answer.data) == (200, code, "")
    assert words in answer.message
    assert bridged.zzy.api.calls["create"] == before
    assert (await bridged.k.order(number)).code == "1000", "the number stayed free"
    await bridged.k.told("voucher", number)
    assert bridged.k.news(number) == ["voucher"]


async def test_a_phone_s_orders_are_counted_across_orders(bridged: World) -> None:
    changes = {"product_code": "P11072", "tourist_info": ZHANG | LI, **TWO}
    first, second, third = bridged.fresh(), bridged.fresh(), bridged.fresh()
    phone = {"take_phone": "13900000001"}
    assert (await bridged.k.order(first, **changes, **phone)).code == "1000"
    assert (await bridged.k.order(first, **changes, **phone)).code == "1000", "a repeat"
    others = {"110105199001010010": "王五", "110105199001010029": "赵六"}
    again = {**changes, "count": 3, "amount": 18.0, "tourist_info": others}
    refused = await bridged.k.order(second, **again, **phone)
    assert (refused.code, "take_phone" in refused.message) == ("3007", True)
    assert (await bridged.k.order(third, **again, take_phone="13900000002")).code == "1000"


async def control(world: World, action: str, **content: object) -> None:
    """Have the simulated ZZY do something of its own, as the demo does."""
    async with (
        aiohttp.ClientSession() as session,
        session.post(f"{world.zzy.url}/_control/{action}", json=content) as answer,
    ):
        assert answer.status == 200, await answer.text()


async def test_a_product_that_changes_is_fetched_and_told(bridged: World) -> None:
    news = bridged.parties["news"].simulator
    before, heard = bridged.zzy.api.calls["products"], len(news.of_type("product"))
    await control(bridged, "product", product_id=11074, status=2, fields={"max_by_order": 1})
    told = {"notify_type": "product", "product_code": "P11074", "change": "changed"}
    await news.changes.until(
        lambda: [d.params for d in news.of_type("product")[heard:]] == [told],
    )
    assert bridged.zzy.api.calls["products"] == before + 1
    ran = await cli(bridged.place.config, "catalogue", "show", "P11074", "--json")
    shown = json.loads(ran.out)
    assert (shown["id"], shown["version"], shown["state"]) == ("11074", 1, "on")
    assert shown["fields"]["MaxNumberByOrder"] == 1
    refused = await bridged.k.order(bridged.fresh(), product_code="P11074")
    assert refused.code == "3007"
    one = {"product_code": "P11074", "count": 1, "amount": 6.0, "tourist_info": ZHANG}
    number = bridged.fresh()
    assert (await bridged.k.order(number, **one)).code == "1000"
    [voucher] = await bridged.k.told("voucher", number)
    assert (voucher.params["is_ticket"], voucher.params["ticket_get_address"]) == (
        True,
        "南门售票处",
    )


async def test_a_change_of_prices_and_stock_is_fetched(bridged: World) -> None:
    day = (tomorrow() + timedelta(days=3)).isoformat()
    news = bridged.parties["news"].simulator
    await control(bridged, "product", product_id=11067, status=3, fields={"last_day": day})
    await news.changes.until(
        lambda: "prices" in [d.params["change"] for d in news.of_type("product")]
    )
    late = (tomorrow() + timedelta(days=4)).isoformat()
    assert (await bridged.k.order(bridged.fresh(), product_code="P11067", date=late)).code == "3003"
    assert (await bridged.k.order(bridged.fresh(), product_code="P11067", date=day)).code == "1000"


@pytest.mark.acceptance
async def test_the_command_line_lists_and_fetches(bridged: World) -> None:
    async def fetched() -> bool:
        return "11063" in {line["id"] for line in await _listed(bridged)}

    await until(fetched)  # at its start the worker fetches by itself
    bridged.zzy.ledger.products[11063].name = "良渚"
    ran = await cli(bridged.place.config, "catalogue", "sync")
    assert ran.code == 0
    assert json.loads(ran.out)["changed"] >= 1
    listed = {line["id"]: line for line in await _listed(bridged)}
    assert (listed["11063"]["product_code"], listed["11063"]["name"]) == ("P11063", "良渚")
    assert listed["11068"]["state"] == "off"
    assert "11070" not in listed, "bundles are not listed"


async def _listed(world: World) -> list[dict[str, Any]]:
    ran = await cli(world.place.config, "catalogue", "list", "--json")
    assert ran.code == 0, ran.err
    return ran.lines
