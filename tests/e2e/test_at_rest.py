"""With keys, no disk tells who visits what: not the database's, not RabbitMQ's."""

import json
from dataclasses import replace
from typing import Any

import pytest

from contracts.queues import NOTICES, ORDERS, delay_queue
from tests.e2e import at_rest
from tests.e2e.bridge import Place, started
from tests.e2e.calling import Ran, called
from tests.e2e.notices import TICKET, envelope, post, tickets
from tests.e2e.world import tomorrow, until
from worker.simulators.channel import ChannelSimulator
from worker.simulators.channel_driver import ChannelDriver, made_up_id_card, sample_order
from worker.simulators.zzy import ZzySimulator

OLD, NEW = (
    "a1b2c3d4e5f60718" * 4,
    "8f1d0c77a2b9e45d3361f0c81e9a7b5246d3af10993ce8b7552f04d8616e0bca",
)
NEWER = "4ad0176ec29f58b3e7115c0a92d4f8638bb1f7e05a2c6d9403e8a15f7cb2d6e1"
PHONE = "13911112222"
PEOPLE = {made_up_id_card(n): f"欧阳{n}号" for n in range(900, 902)}
EARLY = "772233440011"
WORDS = {PHONE, EARLY, *PEOPLE, *PEOPLE.values()}

pytestmark = pytest.mark.slow


def brief(place: Place) -> Place:
    """Return a place where nobody waits long for an answer, and each notification fails once."""
    settings = {**place.settings, "reply_wait_seconds": "0.5"}
    return replace(place, settings=settings, retry_delays='["1h"]')


def with_keys(place: Place, *keys: str) -> Place:
    return replace(place, more=f"[privacy]\nencryption_keys = {json.dumps(keys)}\n")


async def order(driver: ChannelDriver, number: str) -> str:
    content = {"count": 2, "amount": 12.0, "product_code": "11064"}
    people = {"take_phone": PHONE, "tourist_info": PEOPLE}
    answer = await driver.create(sample_order(number, tomorrow(), **content, **people))
    assert answer.code == "1000", answer
    return answer.order_num


async def filled(place: Place, channel: ChannelSimulator, driver: ChannelDriver) -> str:
    """Leave something personal in every table and queue; return our number of an order."""
    channel.lots.change(http_500=1.0)
    async with started(place) as bridge:
        await at_rest.listen(place)
        ours = await order(driver, "c1")
        early = envelope(TICKET, json.dumps(tickets("f" * 32, 77, EARLY)))
        assert (await post(place.url, early)).taken
        assert (await post(place.url, early + b" }")).taken is False  # a dead letter

        async def tried() -> bool:
            shown = (await called(place.config, "orders", "show", ours, "--json")).lines[0]
            return any("HTTP 500" in line["details"] for line in shown["timeline"])

        await until(tried)
        await until(lambda: letters(place))
        await bridge.kill()
    async with started(place, "ingress") as ingress:
        assert (await order(driver, "c2")) != ours
        assert (await post(place.url, early.replace(b" 77,", b" 78,"))).taken
        await ingress.kill()
    return ours


async def letters(place: Place) -> list[dict[str, Any]]:
    return (await called(place.config, "deadletters", "list", "--json")).lines


def issued(zzy: ZzySimulator) -> set[str]:
    codes = {t.code for order in zzy.ledger.orders.values() for t in order.tickets}
    assert codes
    return codes


async def test_nothing_personal_lies_in_the_database_or_in_a_queue(
    place: Place, zzy: ZzySimulator, channel: ChannelSimulator, driver: ChannelDriver
) -> None:
    place = brief(place)
    keyed = with_keys(place, NEW)
    ours = await filled(keyed, channel, driver)
    words = WORDS | issued(zzy)
    lying = await at_rest.database(keyed)
    assert any(ours.encode() in held for held in lying.values()), "nothing was looked at"
    assert at_rest.found(words, lying) == {}
    waiting = await at_rest.messages(keyed)
    assert at_rest.found(words, waiting) == {}
    if waiting:
        assert {ORDERS, NOTICES, delay_queue("2h"), at_rest.EVENTS} <= {*waiting}
    async with started(place, "ingress") as leaking:
        await order(driver, "c3")
        await leaking.kill()
    lying = await at_rest.database(place) | await at_rest.messages(place)
    assert {PHONE, *PEOPLE} <= set().union(*at_rest.found(words, lying).values())
    await sealed_anew(with_keys(place, NEWER, NEW), words)


async def sealed_anew(place: Place, words: set[str]) -> None:
    """Replace the key beside a running worker; what lay plain is sealed too.

    What the worker writes in that moment is left for another run, as the exit code tells.
    """

    async def reencrypted() -> Ran | None:
        ran = await called(place.config, "privacy", "reencrypt", "--json", "--batch", "1")
        assert [line["id"] for line in ran.lines if line["unopened"]] == [], ran.err
        left = any(line["left"] for line in ran.lines)
        assert ran.code == int(left), ran.err
        return None if left else ran

    async with started(place) as bridge:
        ran = await until(reencrypted)
        assert ran is not None
        assert {"orders.state", "dead_letters.body"} <= {line["id"] for line in ran.lines}
        ran = await called(place.config, "privacy", "keys", "--json")
        newest = ran.lines[0]["id"]
        ran = await called(place.config, "privacy", "reencrypt", "--dry-run", "--json")
        assert {key for line in ran.lines for key in line["keys"]} == {newest}
        letter = (await letters(place))[0]["id"]
        ran = await called(place.config, "deadletters", "show", letter, "--personal")
        assert EARLY in ran.out
        await bridge.stop()
    assert at_rest.found(words, await at_rest.database(place)) == {}
    with_keys(place, NEW).write()
    ran = await called(place.config, "deadletters", "show", letter)
    assert ran.code == 1
    assert newest in ran.err
    assert ran.out == ""


@pytest.mark.acceptance
async def test_without_keys_all_of_it_would_have_been_seen(
    place: Place, zzy: ZzySimulator, channel: ChannelSimulator, driver: ChannelDriver
) -> None:
    plain = brief(place)
    await filled(plain, channel, driver)
    words = WORDS | issued(zzy)
    waiting = await at_rest.messages(plain)
    seen = at_rest.found(words, await at_rest.database(plain)) | at_rest.found(words, waiting)
    assert set().union(*seen.values()) == words
    if waiting:
        assert {"orders", "outbox", "held_notices", "dead_letters"} - {*seen} <= {"outbox"}
        assert {ORDERS, NOTICES, delay_queue("2h")} <= {*seen}
        assert at_rest.EVENTS not in seen
