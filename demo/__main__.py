"""The demo's frame: begin it, watch its parts, and say whether every step was seen.

Why it exists: ``make demo`` succeeds only if all that it promises was seen. It must not
start anything: world.py does; nor know a step: story.py does.
"""

import argparse
import asyncio
import sys
from typing import Final

from rich.console import Console

from demo import story
from demo.steps import Steps
from demo.world import started

NAMES: Final = {
    "embedded": "the embedded defaults (SQLite)",
    "rabbitmq": "RabbitMQ and PostgreSQL",
}


async def main(broker: str, console: Console) -> int:
    """Run the demo; return 0 only if every step was seen."""
    steps = Steps(console)
    console.print(f"[bold]ticketbridge[/] on {NAMES[broker]}; simulated ZZY, channel and SMS")
    async with started(broker) as world:
        try:
            with steps.on_screen():
                for part in story.PARTS:
                    await part(world, steps)
        except TimeoutError:
            console.print("[bold red]a step was not seen; the worker's last lines:[/]")
            console.print(world.last_words(), markup=False, highlight=False)
            return 1
        _, history = await world.command("orders", "show", story.GOOD)
        console.print(f"\n[bold]python -m worker orders show {story.GOOD}[/]")
        console.out(history, highlight=False)
    if not steps.all_seen:
        console.print("[bold red]a step was not looked for[/]")
        return 1
    console.print("[bold green]every step was seen[/]")
    return 0


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description="Orders and what becomes of them, live.")
    parser.add_argument("--broker", choices=sorted(NAMES), default="embedded")
    sys.exit(asyncio.run(main(parser.parse_args().broker, Console())))
