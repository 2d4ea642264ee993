"""What the demo looks at, and the words that it shows of it.

Why it exists: each look returns nothing until its thing is there to be seen as it should
be. It must not cause what it looks for.
"""

import json
from collections.abc import Awaitable, Callable
from typing import Any, Final

from demo.world import World
from worker.simulators.channel import Delivery
from worker.simulators.channel_driver import DriverAnswer

SUCCESS: Final = "1000"

Look = Callable[[], Awaitable[str | None]]


def answered(answer: DriverAnswer, words: str) -> Look:
    """Look at an answer that must be a success."""

    async def look() -> str | None:
        right = answer.code == SUCCESS
        return f"{answer.code} {answer.message}, {words}" if right else None

    return look


def refund_answered(answer: DriverAnswer) -> Look:
    """Look at the answer to refundOrder."""
    data: dict[str, Any] = answer.data or {}
    return answered(answer, f"{data.get('status')}, refund_id {data.get('refund_id')}")


def happened(world: World, number: str, kind: str, *, time: int = 1) -> Look:
    """Look for something in an order's history, for the ``time``-th time."""

    async def look() -> str | None:
        texts = [text for what, text in await world.timeline(number) if what == kind]
        return texts[time - 1] if len(texts) >= time else None

    return look


def told(
    world: World, kind: str, number: str, words: Callable[[Delivery], str], *, time: int = 1
) -> Look:
    """Look for the ``time``-th notification of a kind that the channel took."""

    async def look() -> str | None:
        taken = world.channel.of_type(kind, number)
        return words(taken[time - 1]) if len(taken) >= time else None

    return look


def refused_early(world: World, number: str, *, code: str, created: int) -> Look:
    """Look for a failure with ``code`` of an order that ZZY was never asked to create."""

    async def look() -> str | None:
        failures = world.channel.of_type("order_failed", number)
        if not failures or world.zzy.api.calls["create"] != created:
            return None
        told = failures[0].params
        words = f"{told['code']} {told['message']}; no order/Create"
        return words if told["code"] == code else None

    return look


def texted(world: World) -> Look:
    """Look for an SMS at the gateway."""

    async def look() -> str | None:
        sent = world.sms.sent
        return f"to {sent[0].phone}: {sent[0].parameters['text']}" if sent else None

    return look


def order_stands(world: World, order_num: str, *, refunded: int) -> Look:
    """Ask queryOrder until so many tickets came back."""

    async def look() -> str | None:
        answer = await world.driver.post("/public/queryOrder", {"order_num": order_num})
        told: dict[str, Any] = answer.data or {}
        if told.get("refunded") != refunded:
            return None
        refunds = ", ".join(f"{one['refund_num']} {one['status']}" for one in told["refunds"])
        left = told["count"] - told["checked"] - refunded
        return (
            f"{told['state']}: {told['checked']} used, {refunded} refunded ({refunds}), "
            f"{left} usable"
        )

    return look


def product_stands(world: World, product_code: str, *, max_by_order: int) -> Look:
    """Ask queryProduct until it tells this rule."""

    async def look() -> str | None:
        answer = await world.driver.post("/public/queryProduct", {"product_code": product_code})
        told: list[dict[str, Any]] = answer.data["products"] if answer.data else []
        if [one["max_by_order"] for one in told] != [max_by_order]:
            return None
        return f"{told[0]['product_name']}, max_by_order {max_by_order}"

    return look


def refused(world: World) -> Look:
    """Look for deliveries that the channel did not take."""

    async def look() -> str | None:
        attempts = [d for d in world.channel.deliveries if d.problem]
        return f"{len(attempts)} attempts, none taken" if len(attempts) > 1 else None

    return look


def dead_letter(world: World) -> Look:
    """Look for a dead letter."""

    async def look() -> str | None:
        _, out = await world.command("deadletters", "list", "--json")
        letters = [json.loads(line) for line in out.splitlines()]
        return f"{letters[0]['id']} {letters[0]['kind']}" if letters else None

    return look


def replayed(world: World, letter: str) -> Look:
    """Replay a dead letter."""

    async def look() -> str | None:
        code, out = await world.command("deadletters", "replay", letter)
        return out.strip() if code == 0 else None

    return look


# --- the words of notifications ---------------------------------------------------------


def vouchers(delivery: Delivery) -> str:
    """Say of a voucher notification what it brought."""
    count = len(delivery.params["vouchers"])
    return f"{count} voucher, signatures checked, {delivery.webhook_id[:16]}…"


def check(delivery: Delivery) -> str:
    """Say of a check notification how many were used."""
    told = delivery.params
    return (
        f"check_result {told['check_result']}: {told['check_count']} checked, "
        f"{told['no_check_count']} left of {told['total_count']}"
    )


def refund(delivery: Delivery) -> str:
    """Say of a refund notification what came of it."""
    told = delivery.params
    return f"{told['status']}: {told['count']} tickets, refund_id {told['refund_id']}"


def product(delivery: Delivery) -> str:
    """Say of a product notification what it is about."""
    told = delivery.params
    return f"{told['product_code']} {told['change']}, {delivery.webhook_id[:16]}…"
