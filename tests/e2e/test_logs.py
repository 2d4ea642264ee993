"""What a run full of faults leaves in logs, metrics and listings: nothing personal, no secret."""

import asyncio
import itertools
import json
from collections.abc import Iterator, Mapping
from typing import Any

import aiohttp
import pytest

from tests.e2e.calling import called
from tests.e2e.notices import PARTNER, TICKET, envelope, post, signed, tickets
from tests.e2e.world import Choice, Other, Party, World, tomorrow, until
from worker.simulators.channel import Credentials
from worker.simulators.channel_driver import ChannelDriver, made_up_id_card, sample_order
from worker.simulators.zzy_faults import ZzyFaults

SECRETS = ("s3cret", "another-secret-of-k2", "demo-sign-key")
WORLD = Choice(
    settings={
        "reply_wait_seconds": "2",
        "ticket_deadline_seconds": "0.5",
        "ticket_probe_delays": '["0.3s"]',
    },
    others=(Other(Credentials("k2", (SECRETS[1],), "plain")),),
    retry_delays='["1s"]',
    relay_timeout=1,
    log_level="debug",
)
ORDERS = 12
CHANCE = 0.1

pytestmark = [pytest.mark.asyncio(loop_scope="module"), pytest.mark.slow]


class People:
    """Made-up visitors, and a record of every word about them."""

    def __init__(self) -> None:
        self._numbers = itertools.count(700)
        self.words: set[str] = set()

    def some(self, count: int) -> dict[str, Any]:
        """Return the part of an order that is personal."""
        people = {made_up_id_card(n): f"欧阳{n}号" for n in itertools.islice(self._numbers, count)}
        phone = f"139{next(self._numbers):08d}"
        self.words |= {*people, *people.values(), phone}
        return {"take_phone": phone, "tourist_info": people}


class Signing(ChannelDriver):
    """A driver that remembers its signatures."""

    def __init__(self, url: str, app_key: str, secret: str) -> None:
        super().__init__(url, app_key, secret)
        self.signs: set[str] = set()

    def envelope(self, params: Mapping[str, Any]) -> bytes:
        body = super().envelope(params)
        self.signs.add(json.loads(body)["sign"])
        return body


async def load(world: World, party: Party, people: People) -> set[str]:
    """Place orders while everything goes wrong; return the signatures that were used."""
    driver = Signing(world.place.url, party.app_key, party.simulator.credentials.app_secrets[0])
    products = ("11063", "11064", "11070")

    async def order(number: int) -> str:
        content = {"product_code": products[number % 3], "count": 2, "amount": 12.0}
        made = sample_order(world.fresh(), tomorrow(), **content, **people.some(2))
        return (await driver.create(made)).order_num

    placed = await asyncio.gather(*(order(number) for number in range(ORDERS)))
    for ours in placed[::4]:
        await driver.cancel(ours)
    await asyncio.gather(*(ask(driver, ours) for ours in placed[1::2]))
    for refused in ({"date": "2001-01-01"}, {"count": 1, "amount": 6.0}, {"price": "1e"}):
        made = sample_order(world.fresh(), tomorrow(), **{**people.some(2), **refused})
        assert (await driver.create(made)).code not in {"1000", "9003"}
    wrong = {**people.some(1), "take_phone": {"x": "13900000001"}}
    await driver.create(sample_order(world.fresh(), tomorrow(), **wrong))
    people.words.add("13900000001")
    await driver.close()
    return driver.signs


async def ask(driver: ChannelDriver, ours: str) -> None:
    """Ask how an order stands, have its vouchers sent again, and have one refunded."""
    answer = await driver.post("/public/queryOrder", {"order_num": ours})
    vouchers = answer.data["vouchers"] if isinstance(answer.data, dict) else []
    await driver.post("/public/resendVoucher", {"order_num": ours})
    codes = [voucher["code"] for voucher in vouchers[:1]] or ["884422006611"]
    refund = {"order_num": ours, "refund_num": "R-1", "codes": codes}
    await driver.post("/public/refundOrder", refund)
    await driver.post("/public/refundOrder", {**refund, "codes": codes * 2})


async def strange_notices(world: World, people: People) -> set[str]:
    """Send notices that are not taken, with codes in them; return what must not show."""
    code, used = "884422006611", set()
    body = json.dumps({**tickets("0" * 32, 1, code), "Name": next(iter(people.words))})
    for raw, headers in (
        (envelope(TICKET, body), {"PartnerId": str(PARTNER), "Authorization": "Bearer " + code}),
        (envelope("order_party_notify", body), signed()),
        (envelope(TICKET, body + "}"), signed()),
        (envelope(TICKET, body), signed(age_seconds=900)),
        (envelope(TICKET, body), signed()),
    ):
        await post(world.place.url, raw, headers)
        used.add(headers["Authorization"].rpartition(":")[2].removeprefix("Bearer "))
    return {code, *used}


async def quiet(world: World) -> None:
    """Wait until every order has ended or waits for a human, and all was told or given up."""

    async def settled() -> bool:
        ran = await called(world.place.config, "orders", "list", "--json")
        open_ones = [line for line in ran.lines if line["next"] and not line["human"]]
        return len(ran.lines) >= 2 * ORDERS and not open_ones

    await until(settled, seconds=60)


def spoken(world: World) -> Iterator[str]:
    """Return every code that was issued and every signature that was sent to a channel."""
    for order in world.zzy.ledger.orders.values():
        yield from (ticket.code for ticket in order.tickets)
    for party in world.parties.values():
        for delivery in party.simulator.deliveries:
            yield from delivery.headers["Webhook-Signature"].split()


async def test_nothing_personal_and_no_secret_is_left_anywhere(bridged: World) -> None:
    people = People()
    for party in bridged.parties.values():
        party.simulator.lots.change(http_500=CHANCE, drop=CHANCE, refuse=CHANCE, seed=3)
    faults: dict[str, object] = {"hang_seconds": 2, "late_seconds": 0.5, "seed": 3}
    bridged.zzy.lots.set(ZzyFaults.everything(CHANCE, **faults))
    signs = await asyncio.gather(*(load(bridged, p, people) for p in bridged.parties.values()))
    for order in list(bridged.zzy.ledger.orders.values())[::3]:
        if order.tickets and order.usable:
            bridged.zzy.platform.check(order.origin_order_id, 1)
    forbidden = {*SECRETS, *people.words, *set().union(*signs)}
    forbidden |= await strange_notices(bridged, people)
    await quiet(bridged)
    forbidden |= set(spoken(bridged))
    assert len(forbidden) > 4 * ORDERS

    found = {where: leaks(text, forbidden) for where, text in (await everything(bridged)).items()}
    assert {where: words for where, words in found.items() if words} == {}


def leaks(text: str, forbidden: set[str]) -> list[str]:
    assert text
    escaped = {word.encode("unicode_escape").decode() for word in forbidden}
    return sorted(word for word in forbidden | escaped if word in text)


async def everything(world: World) -> dict[str, str]:
    """Return all that an operator may look at."""
    log = (world.place.folder / "worker.log").read_text()
    for entry in log.splitlines():
        assert {"event", "level", "timestamp"} <= json.loads(entry).keys(), entry
    async with (
        aiohttp.ClientSession() as session,
        session.get(world.place.url + "/metrics") as answer,
    ):
        metrics = await answer.text()
    config = world.place.config
    texts = {"logs": log, "metrics": metrics}
    texts["list"] = (await called(config, "orders", "list")).out
    texts["letters"] = (await called(config, "deadletters", "list")).out
    humans = (await called(config, "orders", "list", "--state", "human", "--json")).lines[:2]
    others = (await called(config, "orders", "list", "--json")).lines[:2]
    for line in (*humans, *others):
        texts[f"show {line['id']}"] = (await called(config, "orders", "show", line["id"])).out
    kinds = {letter["kind"]: letter["id"] for letter in await world.letters()}
    for kind, letter_id in kinds.items():
        texts[f"show {kind}"] = (await called(config, "deadletters", "show", letter_id)).out
    return texts
