"""The demo's story: one order that goes well, and one whose delivery fails.

Why it exists: it says what is seen, in order. It must not start anything: world.py does.
"""

import argparse
import asyncio
import json
import sys
from collections.abc import Awaitable, Callable
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from rich.console import Console

from demo.steps import Steps
from demo.world import World, started
from worker.simulators.channel import Delivery
from worker.simulators.channel_driver import sample_order

GOOD = "265793fc7ef711eaa2505404a6b35c1e"
"""channel_order_num of the document's own example."""
BAD = "265793fc7ef711eaa2505404a6b35c1f"

FIRST = [
    "accepted: createOrder answered",
    "created at ZZY (order/Create)",
    "paid at ZZY (order/Pay)",
    "notice: ZZY issued the tickets",
    "vouchers at the channel",
    "one of five checked at the gate",
    "check notification at the channel",
]
SECOND = [
    "accepted: createOrder answered",
    "the channel refuses the vouchers",
    "dead letter: deadletters list",
    "replayed: deadletters replay",
    "vouchers at the channel",
]

Look = Callable[[], Awaitable[str | None]]


async def main(broker: str, console: Console) -> int:
    """Run the demo; return 0 only if every step was seen."""
    steps = Steps(console)
    console.print(f"[bold]ticketbridge[/] on {_NAMES[broker]}; simulated ZZY and channel")
    async with started(broker) as world:
        try:
            with steps.on_screen():
                await _a_good_order(world, steps)
                await _a_failed_delivery(world, steps)
        except TimeoutError:
            console.print("[bold red]a step was not seen; the worker's last lines:[/]")
            console.print(world.last_words(), markup=False, highlight=False)
            return 1
        _, history = await world.command("orders", "show", GOOD)
        console.print(f"\n[bold]python -m worker orders show {GOOD}[/]")
        console.out(history, highlight=False)
    console.print("[bold green]every step was seen[/]")
    return 0


_NAMES = {"embedded": "the embedded defaults (SQLite)", "rabbitmq": "RabbitMQ and PostgreSQL"}


async def _a_good_order(world: World, steps: Steps) -> None:
    steps.part("The document's own order: five tickets for tomorrow", FIRST)
    answer = await world.driver.create(sample_order(GOOD, _tomorrow()))
    await steps.see(_always(f"{answer.code} {answer.message}, order_num {answer.order_num}"))
    await steps.see(_happened(world, GOOD, "create_succeeded"))
    await steps.see(_happened(world, GOOD, "pay_succeeded"))
    await steps.see(_happened(world, GOOD, "ticket_issued"))
    await steps.see(_told(world, "voucher", GOOD, _vouchers))
    world.zzy.platform.check(answer.order_num, 1)
    await steps.see(_happened(world, GOOD, "verification_noticed"))
    await steps.see(_told(world, "check", GOOD, _check))


async def _a_failed_delivery(world: World, steps: Steps) -> None:
    steps.part("A second order, while the channel is broken", SECOND)
    world.channel.lots.change(refuse=1.0)
    answer = await world.driver.create(sample_order(BAD, _tomorrow()))
    await steps.see(_always(f"{answer.code} {answer.message}, order_num {answer.order_num}"))
    await steps.see(_refused(world))
    letter = await steps.see(_dead_letter(world))
    world.channel.lots.change(refuse=0.0)
    await steps.see(_replayed(world, letter.split()[0]))
    await steps.see(_told(world, "voucher", BAD, _vouchers))


# --- what is looked at ----------------------------------------------------------------------


def _always(detail: str) -> Look:
    async def look() -> str | None:
        return detail

    return look


def _happened(world: World, number: str, kind: str) -> Look:
    async def look() -> str | None:
        return (await world.timeline(number)).get(kind)

    return look


def _told(world: World, kind: str, number: str, words: Callable[[Delivery], str]) -> Look:
    async def look() -> str | None:
        told = world.channel.of_type(kind, number)
        return words(told[0]) if told else None

    return look


def _refused(world: World) -> Look:
    async def look() -> str | None:
        attempts = [d for d in world.channel.deliveries if d.problem]
        return f"{len(attempts)} attempts, none taken" if len(attempts) > 1 else None

    return look


def _dead_letter(world: World) -> Look:
    async def look() -> str | None:
        _, out = await world.command("deadletters", "list", "--json")
        letters = [json.loads(line) for line in out.splitlines()]
        return f"{letters[0]['id']} {letters[0]['kind']}" if letters else None

    return look


def _replayed(world: World, letter: str) -> Look:
    async def look() -> str | None:
        code, out = await world.command("deadletters", "replay", letter)
        return out.strip() if code == 0 else None

    return look


def _vouchers(delivery: Delivery) -> str:
    count = len(delivery.params["vouchers"])
    return f"{count} voucher, signatures checked, {delivery.webhook_id[:16]}…"


def _check(delivery: Delivery) -> str:
    told = delivery.params
    return (
        f"check_result {told['check_result']}: {told['check_count']} checked, "
        f"{told['no_check_count']} left of {told['total_count']}"
    )


def _tomorrow() -> date:
    return datetime.now(ZoneInfo("Asia/Shanghai")).date() + timedelta(days=1)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description="Two orders, watched live.")
    parser.add_argument("--broker", choices=sorted(_NAMES), default="embedded")
    sys.exit(asyncio.run(main(parser.parse_args().broker, Console())))
