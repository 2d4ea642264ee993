"""Channels that fail, are paused and come back: seen from outside, on both set-ups."""

from typing import Any

import aiohttp
import pytest

from tests.e2e.calling import called
from tests.e2e.world import Choice, Other, Party, World, until
from worker.simulators.channel import Credentials

WORLD = Choice(
    others=tuple(Other(Credentials(key)) for key in ("ill", "held", "gone")),
    retry_delays='["1s", "1s"]',
    relay={
        "breaker_failures": "3",
        "breaker_first_seconds": '"1h"',
        "breaker_longest_seconds": '"1h"',
    },
)

pytestmark = pytest.mark.asyncio(loop_scope="module")


async def channels(world: World, *words: str) -> list[dict[str, Any]]:
    """Run a command about channels."""
    ran = await called(world.place.config, "channels", *words, "--json")
    assert ran.code == 0, ran.err
    return ran.lines


async def listed(world: World, party: Party) -> dict[str, Any]:
    return next(one for one in await channels(world, "list") if one["id"] == party.app_key)


async def shown(world: World, metric: str, party: Party, value: float) -> None:
    """Wait until a gauge of a channel shows this."""
    line = f'ticketbridge_channel_{metric}{{app_key="{party.app_key}"}} {value:.1f}'

    async def is_there() -> bool:
        async with (
            aiohttp.ClientSession() as session,
            session.get(world.bridge.url + "/metrics") as answer,
        ):
            return line in await answer.text()

    await until(is_there)


async def ready(world: World) -> bool:
    async with (
        aiohttp.ClientSession() as session,
        session.get(world.bridge.url + "/readyz") as answer,
    ):
        return answer.status == 200


async def lives_on(world: World) -> None:
    """See that another channel is served, and that the process is ready."""
    number = world.fresh()
    assert (await world.k.order(number)).code == "1000"
    await world.k.told("voucher", number)
    assert await ready(world)


async def letter_of(world: World, number: str) -> dict[str, Any]:
    async def found() -> list[dict[str, Any]]:
        return [one for one in await world.letters() if one["channel_order_num"] == number]

    [letter] = await until(found)
    return letter


async def test_a_replay_tries_a_channel_whose_breaker_is_open(bridged: World) -> None:
    ill = bridged.parties["ill"]
    ill.simulator.lots.force("http_500", times=3)
    await ill.order(first := bridged.fresh())
    letter = await letter_of(bridged, first)
    assert letter["kind"] == "delivery_failed"
    await shown(bridged, "breaker_state", ill, 2)
    assert (await listed(bridged, ill))["breaker"] == "open"
    posts = len(ill.simulator.deliveries)
    await ill.order(second := bridged.fresh())
    await lives_on(bridged)
    assert len(ill.simulator.deliveries) == posts, "an open breaker lets nothing pass"
    replayed = await called(bridged.place.config, "deadletters", "replay", letter["id"])
    assert replayed.code == 0, replayed.err
    for number in (first, second):
        await ill.told("voucher", number)
    assert len(ill.simulator.deliveries) == posts + 2
    await shown(bridged, "breaker_state", ill, 0)

    async def well() -> bool:
        told = await listed(bridged, ill)
        return (told["breaker"], told["last_answer"]) == ("closed", "HTTP 200, status 200")

    await until(well)


async def test_a_pause_by_hand_and_a_url_that_is_gone_survive_a_crash(bridged: World) -> None:
    held, gone = bridged.parties["held"], bridged.parties["gone"]
    gone.simulator.lots.force("gone")
    await gone.order(first := bridged.fresh())
    assert (await letter_of(bridged, first))["kind"] == "endpoint_gone"
    assert "voucher" in (await listed(bridged, gone))["gone"]
    [paused] = await channels(bridged, "pause", "held", "--reason", "their move")
    assert (paused["id"], paused["paused"], paused["pause_reason"]) == ("held", True, "their move")
    await shown(bridged, "paused", held, 1)
    await bridged.bridge.kill()
    await bridged.bridge.start()
    await still_paused(bridged, held)
    await still_gone(bridged, gone)


async def still_paused(world: World, held: Party) -> None:
    await held.order(number := world.fresh())

    async def waits() -> bool:
        return bool((await listed(world, held))["backlog"] == 1)

    await until(waits)
    await lives_on(world)
    assert held.simulator.deliveries == []
    await channels(world, "resume", "held")
    await held.told("voucher", number)
    assert not (await listed(world, held))["paused"]


async def still_gone(world: World, gone: Party) -> None:
    posts = len(gone.simulator.deliveries)
    await gone.order(number := world.fresh())
    assert (await letter_of(world, number))["kind"] == "endpoint_gone"
    assert len(gone.simulator.deliveries) == posts
    [resumed] = await channels(world, "resume", "gone")
    assert resumed["gone"] == []

    async def arrives() -> bool:
        await gone.order(world.fresh())
        return bool(gone.simulator.of_type("voucher"))

    await until(arrives)
