"""Product notices (产品变更通知): what is fetched, then who is told."""

import json

import pytest

from contracts import queues
from tests.runtime.messages import notice_message
from tests.runtime.selling import Selling, described, priced
from tests.runtime.world import Inbox, World
from worker.runtime.outcome import Ack, Outcome, Retry
from worker.runtime.products import FETCH_RETRIES


async def selling(world: World) -> Selling:
    """Have ZZY list one product, and have it fetched."""
    zzy = Selling(described(), days=[priced("2026-05-02")])
    world.zzy.products = zzy.products  # type: ignore[method-assign, assignment]
    world.zzy.prices = zzy.prices  # type: ignore[method-assign, assignment]
    await world.catalogue.sync()
    zzy.asked.clear()
    world.clock.advance(1)
    return zzy


async def tell(world: World, status: int, attempt: int = 0, product: int = 11063) -> Outcome:
    body = {"ProductId": product, "Status": status}
    return await world.notices.handle(notice_message("order_product_notify", body, attempt=attempt))


def standing(world: World) -> str:
    known = world.catalogue.known("11063")
    return known.standing if known else ""


@pytest.mark.parametrize(
    ("status", "asked"),
    [
        (0, []),
        (1, ["product 11063", "prices 11063"]),
        (2, ["product 11063"]),
        (3, ["product 11063", "prices 11063"]),
    ],
)
async def test_what_a_notice_fetches(world: World, status: int, asked: list[str]) -> None:
    zzy = await selling(world)
    assert await tell(world, status) == Ack()
    assert zzy.asked == asked
    assert standing(world) == ("off" if status == 0 else "on")


async def test_a_new_product_and_one_that_is_gone(world: World) -> None:
    zzy = await selling(world)
    zzy.listed = [described(7)]
    await tell(world, 1, product=7)
    assert world.catalogue.known("7") is not None
    await tell(world, 2)
    assert standing(world) == "gone"


async def test_a_notice_of_zzy_s_silence_is_tried_again_and_told_all_the_same(
    world: World,
) -> None:
    zzy = await selling(world)
    inbox = Inbox()
    await world.broker.consume(queues.relay_queue("k"), inbox, concurrency=1)
    zzy.silent = True
    for attempt, delay in enumerate(FETCH_RETRIES):
        outcome = await tell(world, 2, attempt=attempt)
        assert isinstance(outcome, Retry)
        assert outcome.delay == delay
    assert inbox.empty()
    assert await tell(world, 2, attempt=len(FETCH_RETRIES)) == Ack()
    told = json.loads((await inbox.get()).body)["data"]
    assert json.loads(told["params"])["change"] == "changed"


async def test_channels_are_told_in_the_code_that_they_order_by(world: World) -> None:
    await selling(world)
    inbox = Inbox()
    await world.broker.consume(queues.relay_queue("k"), inbox, concurrency=1)
    await tell(world, 3)
    told = json.loads((await inbox.get()).body)["data"]
    assert json.loads(told["params"])["product_code"] == "P11063"
