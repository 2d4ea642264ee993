"""Notifications that channels do not take: retries, dead letters, and the way back."""

import asyncio
import json
import time
from pathlib import Path
from typing import Any

import pytest

from tests.e2e.calling import Ran, called
from tests.e2e.notices import PRODUCT, TICKET, envelope, post, signed, tickets
from tests.e2e.world import Choice, Other, Party, World, cli, until
from worker.simulators.channel import Credentials, Delivery

WORLD = Choice(
    settings={"reply_wait_seconds": "3"},
    others=(Other(Credentials("slow"), {"concurrency": "2"}), Other(Credentials("gone"))),
    retry_delays='["1s", "1s"]',
    relay_timeout=2,
)
MOST_ATTEMPTS = 3

pytestmark = pytest.mark.asyncio(loop_scope="module")


async def commanded(world: World, *words: str, **how: Any) -> Ran:  # noqa: ANN401  (of cli)
    """Run a command about dead letters; as a process where it says how."""
    if how:
        return await cli(world.place.config, "deadletters", *words, **how)
    return await called(world.place.config, "deadletters", *words)


async def letters_of(world: World, number: str, count: int = 1) -> list[dict[str, Any]]:
    """Wait until an order has so many open dead letters; ``number`` is the channel's."""

    async def found() -> list[dict[str, Any]]:
        letters = [one for one in await world.letters() if one["channel_order_num"] == number]
        return letters if len(letters) >= count else []

    return await until(found)


async def dead(world: World, party: Party, number: str) -> dict[str, Any]:
    """Order, have the vouchers refused until they are given up, and return their letter."""
    party.simulator.lots.force("http_500", times=MOST_ATTEMPTS)
    assert (await party.order(number)).code == "1000"
    [letter] = await letters_of(world, number)
    return letter


def attempts(party: Party, kind: str, since: int) -> list[Delivery]:
    return [delivery for delivery in party.simulator.deliveries[since:] if delivery.type == kind]


# --- retries ------------------------------------------------------------------------------


@pytest.mark.parametrize("fault", ["drop", "http_500", "refuse", "lost_answer", "too_many"])
async def test_what_is_not_taken_comes_again_under_the_same_id(bridged: World, fault: str) -> None:
    simulator, number = bridged.k.simulator, bridged.fresh()
    since = len(simulator.deliveries)
    simulator.lots.force(fault)
    assert (await bridged.k.order(number)).code == "1000"
    await simulator.changes.until(lambda: len(simulator.deliveries) >= since + 2)
    first, second = simulator.deliveries[since : since + 2]
    assert first.webhook_id == second.webhook_id
    assert first.headers["Webhook-Signature"] != second.headers["Webhook-Signature"]
    assert second.problem == ""
    assert bridged.k.news(number) == ["voucher"]


async def test_a_channel_that_hangs_delays_no_other(bridged: World) -> None:
    slow = bridged.parties["slow"]
    slow.simulator.lots.change(hang=1.0, hang_seconds=30)
    numbers = [bridged.fresh() for _ in range(6)]
    await asyncio.gather(*(slow.order(number) for number in numbers))
    await slow.simulator.changes.until(lambda: len(slow.simulator.deliveries) >= 2)
    began = time.monotonic()
    for number in numbers:
        await bridged.k.order(number)
        await bridged.k.told("voucher", number)
    assert time.monotonic() - began < 2
    assert len(slow.simulator.deliveries) <= 2 * 2, "two at a time, and each hangs"
    slow.simulator.lots.change(hang=0)
    for number in numbers:
        await slow.told("voucher", number)


async def test_retry_after_is_honoured(bridged: World) -> None:
    simulator = bridged.k.simulator
    since = len(simulator.deliveries)
    simulator.lots.change(retry_after=3)
    simulator.lots.force("too_many")
    began = time.monotonic()
    await bridged.k.order(number := bridged.fresh())
    await bridged.k.told("voucher", number)
    assert 5 <= time.monotonic() - began < 9, "three seconds are rounded up to the tier of five"
    assert len(simulator.deliveries) == since + 2
    simulator.lots.change(retry_after=1)


async def test_gone_stops_the_endpoint_until_a_replay_arrives(bridged: World) -> None:
    party = bridged.parties["gone"]
    party.simulator.lots.force("gone")
    first, second = bridged.fresh(), bridged.fresh()
    await party.order(first)
    [letter] = await letters_of(bridged, first)
    assert (letter["kind"], letter["attempts"]) == ("endpoint_gone", 1)
    posts = len(party.simulator.deliveries)
    await party.order(second)
    [parked] = await letters_of(bridged, second)
    assert parked["kind"] == "endpoint_gone"
    assert len(party.simulator.deliveries) == posts, "nothing is sent to it any more"
    assert (await commanded(bridged, "replay", letter["id"])).code == 0
    await party.told("voucher", first)
    assert (await commanded(bridged, "replay", parked["id"])).code == 0
    await party.told("voucher", second)


# --- dead letters -------------------------------------------------------------------------


async def test_what_was_given_up_is_listed_shown_and_replayed(
    bridged: World, tmp_path: Path
) -> None:
    number = bridged.fresh()
    since = len(bridged.k.simulator.deliveries)
    letter = await dead(bridged, bridged.k, number)
    assert letter == {
        "id": letter["id"],
        "kind": "delivery_failed",
        "channel": "k",
        "order_num": bridged.k.number(number),
        "channel_order_num": number,
        "reason": letter["reason"],
        "attempts": MOST_ATTEMPTS,
    }
    assert "HTTP 500" in letter["reason"]
    assert next(iter(letter)) == "id"
    sent = attempts(bridged.k, "voucher", since)
    assert (len(sent), len({one.webhook_id for one in sent})) == (MOST_ATTEMPTS, 1)
    await _shown(bridged, letter, tmp_path)
    replayed = await commanded(bridged, "replay", letter["id"], first=False, cwd=tmp_path)
    assert (replayed.code, replayed.err) == (0, "")
    [told] = await bridged.k.told("voucher", number)
    assert told.webhook_id == sent[0].webhook_id
    assert [one for one in await bridged.letters() if one["id"] == letter["id"]] == []
    arrived = len(bridged.k.simulator.deliveries)
    again = await commanded(bridged, "replay", letter["id"])
    assert again.code == 0, "replaying anything, any number of times, does no harm"
    await bridged.k.simulator.changes.until(lambda: len(bridged.k.simulator.deliveries) > arrived)
    last = bridged.k.simulator.deliveries[-1]
    assert (last.webhook_id, last.repeat) == (told.webhook_id, True)


async def _shown(world: World, letter: dict[str, Any], cwd: Path) -> None:
    """Check what is shown of a letter, from another directory, beside the worker."""
    code = world.book(letter["order_num"]).tickets[0].code
    masked = await commanded(world, "show", letter["id"], cwd=cwd)
    personal = await commanded(world, "show", letter["id"], "--personal", first=False, cwd=cwd)
    assert (masked.code, personal.code) == (0, 0)
    assert code not in masked.out
    assert code in personal.out
    document = json.loads(masked.out)
    assert (document["id"], document["state"]) == (letter["id"], "open")
    assert document["queue"] == "ticketbridge.relay.k"
    table = await commanded(world, "list", cwd=cwd)
    assert table.code == 0
    assert letter["id"] in table.out
    assert code not in table.out + masked.err + table.err


async def test_a_letter_that_dies_again_is_the_same_letter(bridged: World) -> None:
    number = bridged.fresh()
    letter = await dead(bridged, bridged.k, number)
    bridged.k.simulator.lots.force("http_500", times=MOST_ATTEMPTS)
    assert (await commanded(bridged, "replay", letter["id"])).code == 0
    [again] = await letters_of(bridged, number)
    assert again["id"] == letter["id"]
    assert (await commanded(bridged, "replay", letter["id"])).code == 0
    await bridged.k.told("voucher", number)


async def test_several_are_replayed_and_an_unknown_one_is_reported(bridged: World) -> None:
    numbers = [bridged.fresh(), bridged.fresh()]
    ids = [(await dead(bridged, bridged.k, number))["id"] for number in numbers]
    ran = await commanded(bridged, "replay", *ids, "no-such-letter")
    assert ran.code == 1
    assert all(letter_id in ran.out for letter_id in ids)
    assert "no-such-letter" in ran.err
    for number in numbers:
        await bridged.k.told("voucher", number)
    assert (await commanded(bridged, "show", "no-such-letter")).code == 1


async def test_a_stale_notice_is_replayed_alone_and_then_taken(bridged: World) -> None:
    bridged.zzy.lots.change(ticket_delay_min=60, ticket_delay_max=60)
    ours = (await bridged.k.order(number := bridged.fresh())).order_num
    late = tickets(ours, bridged.book(ours).order_id, "late-code")
    for raw in (envelope(TICKET, late), envelope(PRODUCT, {"ProductId": 11063, "Status": 1})):
        assert not (await post(bridged.place.url, raw, signed(age_seconds=400))).taken

    async def stale() -> list[str]:
        ids = [one["id"] for one in await bridged.letters() if one["kind"] == "notice_stale"]
        return ids if len(ids) >= 2 else []

    both = await until(stale)
    together = await commanded(bridged, "replay", *both)
    assert together.code == 1
    assert "one by one" in together.err
    for letter_id in both:
        assert (await commanded(bridged, "replay", letter_id)).code == 0
    [told] = await bridged.k.told("voucher", number)
    assert told.params["order_code"] == "late-code"


# --- the command line ---------------------------------------------------------------------


@pytest.mark.parametrize(
    "words",
    [("orders", "show", "no-such-number"), ("deadletters", "replay", "no-such-letter")],
)
async def test_what_is_not_there_is_exit_code_one(bridged: World, words: tuple[str, ...]) -> None:
    ran = await called(bridged.place.config, *words)
    assert (ran.code, ran.out) == (1, "")
    assert words[-1] in ran.err


async def test_an_order_is_shown_by_any_of_its_numbers(bridged: World) -> None:
    ours = (await bridged.k.order(number := bridged.fresh())).order_num
    await bridged.k.told("voucher", number)
    shown = [await bridged.show(one) for one in (ours, number, str(bridged.book(ours).order_id))]
    assert {one["id"] for one in shown} == {ours}
    assert shown[0]["timeline"][0]["what"] == "order_commanded"


async def test_the_lists_filter_by_state(bridged: World) -> None:
    ours = (await bridged.k.order(number := bridged.fresh())).order_num
    await bridged.k.told("voucher", number)
    issued = await called(bridged.place.config, "orders", "list", "--state", "issued", "--json")
    assert ours in {line["id"] for line in issued.lines}
    assert {line["state"] for line in issued.lines} == {"issued"}
    strange = await called(bridged.place.config, "orders", "list", "--state", "isued")
    assert (strange.code, strange.out) == (1, "")
    assert "issued" in strange.err
