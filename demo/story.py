"""The demo's story: an order and its partial refund, a broken channel, a changed product.

Why it exists: it says what happens and what is seen, in order. It must not start anything,
nor know how a thing is looked for: looks.py does.
"""

from collections.abc import Awaitable, Callable
from datetime import date, datetime, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from demo import looks
from demo.steps import Steps
from demo.world import World
from worker.simulators.channel_driver import sample_order

GOOD: Final = "265793fc7ef711eaa2505404a6b35c1e"
"""channel_order_num of the document's own example."""
BAD: Final = "265793fc7ef711eaa2505404a6b35c1f"
LATE: Final = "265793fc7ef711eaa2505404a6b35c20"

PRODUCT_ID, PRODUCT_CODE, EDITED = 11063, "P11063", 2

BOUGHT: Final = [
    "accepted: createOrder answered",
    "created at ZZY (order/Create)",
    "paid at ZZY (order/Pay)",
    "notice: ZZY issued the tickets",
    "vouchers at the channel",
    "SMS with the code on the guest's phone",
    "one of five checked at the gate",
    "check notification at the channel",
]
GIVEN_BACK: Final = [
    "refundOrder answered",
    "notice: ZZY approved (order/Refund)",
    "refund notification at the channel",
    "queryOrder: how the order stands",
    "the other two checked at the gate",
    "check notification at the channel",
]
BROKEN: Final = [
    "accepted: createOrder answered",
    "the channel refuses the vouchers",
    "dead letter: deadletters list",
    "replayed: deadletters replay",
    "vouchers at the channel",
]
CHANGED: Final = [
    "product notification at the channel",
    "queryProduct: the new rule",
    "accepted: createOrder for three",
    "order_failed at the channel",
]


async def an_order(world: World, steps: Steps) -> None:
    """Sell five tickets, and let one visitor in."""
    steps.part("The document's own order: five tickets for tomorrow", BOUGHT)
    answer = await world.driver.create(sample_order(GOOD, _tomorrow()))
    await steps.see(looks.answered(answer, f"order_num {answer.order_num}"))
    await steps.see(looks.happened(world, GOOD, "create_succeeded"))
    await steps.see(looks.happened(world, GOOD, "pay_succeeded"))
    await steps.see(looks.happened(world, GOOD, "ticket_issued"))
    await steps.see(looks.told(world, "voucher", GOOD, looks.vouchers))
    await steps.see(looks.texted(world))
    world.zzy.platform.check(answer.order_num, 1)
    await steps.see(looks.happened(world, GOOD, "verification_noticed"))
    await steps.see(looks.told(world, "check", GOOD, looks.check))


async def a_partial_refund(world: World, steps: Steps) -> None:
    """Give two of the five back; the other two are used."""
    steps.part("Two of its tickets are given back", GIVEN_BACK)
    ours = await world.order_num(GOOD)
    wanted = {"order_num": ours, "refund_num": "R-1", "count": 2}
    answer = await world.driver.post("/public/refundOrder", wanted)
    await steps.see(looks.refund_answered(answer))
    await steps.see(looks.happened(world, GOOD, "refund_noticed"))
    await steps.see(looks.told(world, "refund", GOOD, looks.refund))
    await steps.see(looks.order_stands(world, ours, refunded=2))
    world.zzy.platform.check(ours, 2)
    await steps.see(looks.happened(world, GOOD, "verification_noticed", time=2))
    await steps.see(looks.told(world, "check", GOOD, looks.check, time=2))


async def a_failed_delivery(world: World, steps: Steps) -> None:
    """Sell to a channel that takes nothing, and replay what died."""
    steps.part("A second order, while the channel is broken", BROKEN)
    world.channel.lots.change(refuse=1.0)
    answer = await world.driver.create(sample_order(BAD, _tomorrow()))
    await steps.see(looks.answered(answer, f"order_num {answer.order_num}"))
    await steps.see(looks.refused(world))
    letter = await steps.see(looks.dead_letter(world))
    world.channel.lots.change(refuse=0.0)
    await steps.see(looks.replayed(world, letter.split()[0]))
    await steps.see(looks.told(world, "voucher", BAD, looks.vouchers))


async def a_changed_product(world: World, steps: Steps) -> None:
    """Let ZZY sell at most two an order, and order three."""
    steps.part("ZZY changes the product: two tickets an order at most", CHANGED)
    world.zzy.platform.change_product(PRODUCT_ID, EDITED, {"max_by_order": 2})
    await steps.see(looks.told(world, "product", "", looks.product))
    await steps.see(looks.product_stands(world, PRODUCT_CODE, max_by_order=2))
    created = world.zzy.api.calls["create"]
    answer = await world.driver.create(sample_order(LATE, _tomorrow(), count=3, amount=18.0))
    await steps.see(looks.answered(answer, f"order_num {answer.order_num}"))
    await steps.see(looks.refused_early(world, LATE, code="3007", created=created))


PARTS: Final[tuple[Callable[[World, Steps], Awaitable[None]], ...]] = (
    an_order,
    a_partial_refund,
    a_failed_delivery,
    a_changed_product,
)


def _tomorrow() -> date:
    return datetime.now(ZoneInfo("Asia/Shanghai")).date() + timedelta(days=1)
