"""``make bench``: what an order costs on each set-up, beside the floor.

The set-ups run side by side, each with its own simulators, and take turns; so whatever
happens to the machine meanwhile happens to all of them. Options: ``--help``.
"""

import argparse
import asyncio
import json
import sys
import time
from dataclasses import asdict
from pathlib import Path

from bench.cpu import cpu_seconds
from bench.load import bodies, place
from bench.report import Round, machine, percentile, show, summarise
from bench.setups import House, Setup

SETTLE_SECONDS = 0.3
"""Between rounds, so that late acknowledgements count for the round they belong to."""


def _round(house: House, setup: Setup, orders: int, in_flight: int) -> Round:
    requests = bodies(orders)
    groups = (setup.pids, house.rabbit.pids, house.postgres.pids)
    before = [cpu_seconds(pids) for pids in groups]
    load = asyncio.run(place(setup.url, setup.channel_url, requests, in_flight))
    time.sleep(SETTLE_SECONDS)
    used = [
        (cpu_seconds(pids) - start) * 1000 / orders
        for pids, start in zip(groups, before, strict=True)
    ]
    return Round(
        setup.name,
        orders / load.seconds,
        *used,
        percentile(load.latencies, 0.5) * 1000,
        percentile(load.latencies, 0.99) * 1000,
        load.repeated,
    )


def _told(repeated: int) -> str:
    return f", {repeated} requests repeated after 9999" if repeated else ""


def main() -> int:
    parser = argparse.ArgumentParser(prog="make bench ARGS=…", description=__doc__)
    parser.add_argument("--orders", type=int, default=1000, help="a round; default 1000")
    parser.add_argument("--rounds", type=int, default=5, help="for each set-up; default 5")
    parser.add_argument("--in-flight", type=int, default=64, help="orders at a time; default 64")
    parser.add_argument("--warm-up", type=int, default=200, help="orders before; default 200")
    parser.add_argument("--json", type=Path, help="also write the result to this file")
    options = parser.parse_args()
    about = {**machine(), **{k: v for k, v in vars(options).items() if k != "json"}}
    rounds: list[Round] = []
    with House() as house:
        setups = [
            house.floor(),
            house.ours("RabbitMQ + PostgreSQL", embedded=False),
            house.ours("embedded", embedded=True),
        ]
        for setup in setups:
            _round(house, setup, options.warm_up, options.in_flight)
        for number in range(options.rounds):
            for setup in setups:
                rounds.append(_round(house, setup, options.orders, options.in_flight))
                sys.stderr.write(
                    f"round {number + 1} of {options.rounds}, {setup.name}: "
                    f"{rounds[-1].orders_per_second:.0f} orders/s, "
                    f"{rounds[-1].cpu_ms:.2f} ms CPU an order"
                    f"{_told(rounds[-1].repeated)}\n"
                )
    summary = summarise(rounds)
    show(summary)
    if options.json:
        result = {"about": about, "summary": summary, "rounds": [asdict(r) for r in rounds]}
        options.json.write_text(json.dumps(result, indent=2, ensure_ascii=False) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
