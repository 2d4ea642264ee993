"""``make bench``: what an order costs on each set-up, beside the floor.

The set-ups run side by side, each with its own ZZY and channel, and take turns; so whatever
happens to the machine meanwhile happens to all of them. Ends with 1 where a figure that must
hold is missed. Options: ``--help``.
"""

import argparse
import json
import sys
from dataclasses import asdict
from pathlib import Path

from bench.figures import DEAD_CHANNEL, EMBEDDED, INGRESS_P99, MEMORY, MILLION, OURS, Figure, ratios
from bench.load import bodies
from bench.report import machine, show_figures, show_rounds, summarise
from bench.rounds import Round, in_flight
from bench.setups import House


def options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="make bench ARGS=…", description=__doc__)
    parser.add_argument("--orders", type=int, default=1000, help="a round; default 1000")
    parser.add_argument("--rounds", type=int, default=5, help="for each set-up; default 5")
    parser.add_argument("--in-flight", type=int, default=64, help="orders at a time; default 64")
    parser.add_argument("--warm-up", type=int, default=200, help="orders before; default 200")
    parser.add_argument("--json", type=Path, help="also write the result to this file")
    return parser.parse_args()


def main() -> int:
    chosen = options()
    about = {**machine(), **{k: v for k, v in vars(chosen).items() if k != "json"}}
    with House() as house:
        rounds = in_turn(house, chosen)
    figures = [*ratios(rounds), *map(Figure, (INGRESS_P99, MILLION, MEMORY, DEAD_CHANNEL))]
    summary = summarise(rounds)
    show_rounds(summary)
    show_figures(figures)
    if chosen.json:
        result = {
            "about": about,
            "figures": [figure.plain() for figure in figures],
            "summary": summary,
            "rounds": [asdict(r) for r in rounds],
        }
        chosen.json.write_text(json.dumps(result, indent=2, ensure_ascii=False) + "\n")
    return int(any(figure.verdict == "missed" for figure in figures))


def in_turn(house: House, chosen: argparse.Namespace) -> list[Round]:
    """Play the rounds of all set-ups, one after another."""
    setups = [
        house.floor(),
        house.ours(OURS, embedded=False),
        house.ours(EMBEDDED, embedded=True),
    ]
    for setup in setups:
        in_flight(house, setup, bodies(chosen.warm_up), chosen.in_flight)
    rounds = []
    for number in range(chosen.rounds):
        for setup in setups:
            played = in_flight(house, setup, bodies(chosen.orders), chosen.in_flight)
            rounds.append(played)
            _tell(f"round {number + 1} of {chosen.rounds}", played)
    return rounds


def _tell(which: str, played: Round) -> None:
    repeated = f", {played.repeated} requests repeated after 9999" if played.repeated else ""
    sys.stderr.write(
        f"{which}, {played.setup}: {played.orders_per_second:.0f} orders/s, "
        f"{played.cpu_ms:.2f} ms CPU an order{repeated}\n"
    )


if __name__ == "__main__":
    sys.exit(main())
