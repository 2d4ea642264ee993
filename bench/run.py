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
from typing import Any

from bench.backlog import backlog
from bench.contest import CONTESTANTS, in_turn
from bench.crowd import crowd
from bench.figures import DEAD_CHANNEL, MEMORY, MILLION, Figure, ratios
from bench.growth import IN_EARNEST, STORED, WAITING, memory, million
from bench.neighbours import dead_channel
from bench.report import (
    machine,
    show_figures,
    show_roles,
    show_rounds,
    show_seen,
    summarise,
    summarise_roles,
)
from bench.roles import RoleRound, ingress_figure, one_at_a_time
from bench.rounds import Round
from bench.setups import House

LONG = ("dead", "million", "memory", "crowd", "backlog")
SEEN = {"crowd", "backlog"}
"""What is shown as it was seen, and promises nothing."""
PLANS = Path(__file__).parent.parent / "docs" / "benchmarks" / "plans.md"


def options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="make bench ARGS=…", description=__doc__)
    parser.add_argument("--orders", type=int, default=1000, help="a round; default 1000")
    parser.add_argument("--rounds", type=int, default=5, help="for each set-up; default 5")
    parser.add_argument("--in-flight", type=int, default=64, help="orders at a time; default 64")
    parser.add_argument("--warm-up", type=int, default=200, help="orders before; default 200")
    parser.add_argument(
        "--only",
        nargs="+",
        choices=CONTESTANTS,
        default=list(CONTESTANTS),
        metavar="SET-UP",
        help=f"beside the floor only these: {', '.join(CONTESTANTS)}",
    )
    parser.add_argument(
        "--long",
        nargs="*",
        choices=LONG,
        default=[],
        help="measure these too, which take long; without a word, all of them",
    )
    parser.add_argument(
        "--alone", action="store_true", help="measure nothing else than what --long names"
    )
    parser.add_argument("--stored", type=int, default=STORED, help="orders in a full database")
    parser.add_argument(
        "--waiting", type=int, default=WAITING, help="of others, those that wait for their tickets"
    )
    parser.add_argument(
        "--commands", type=int, default=WAITING, help="that wait in the queue when a saga starts"
    )
    parser.add_argument(
        "--plans", action="store_true", help=f"with million: write {PLANS.name} anew"
    )
    parser.add_argument(
        "--many", type=int, default=100_000, help="orders before memory is looked at"
    )
    parser.add_argument("--json", type=Path, help="also write the result to this file")
    chosen = parser.parse_args()
    if "--long" in sys.argv and not chosen.long:
        chosen.long = list(LONG)
    return chosen


def main() -> int:
    chosen = options()
    plan = {key: value for key, value in vars(chosen).items() if key != "json"}
    about = {**machine(), **plan}
    rounds, roles = ([], []) if chosen.alone else _contest(chosen)
    long, details = _long(chosen)
    figures = [*ratios(rounds), ingress_figure(roles), *long]
    summary = summarise(rounds)
    show_rounds(summary)
    show_roles(summarise_roles(roles))
    for name in SEEN & details.keys():
        show_seen(details[name])
    show_figures(figures)
    if chosen.json:
        result = {
            "about": about,
            "figures": [figure.plain() for figure in figures],
            "summary": summary,
            "roles_summary": summarise_roles(roles),
            "rounds": [asdict(r) for r in rounds],
            "roles": [asdict(r) for r in roles],
            **details,
        }
        chosen.json.write_text(json.dumps(result, indent=2, ensure_ascii=False) + "\n")
    return int(any(figure.verdict == "missed" for figure in figures))


def _contest(chosen: argparse.Namespace) -> tuple[list[Round], list[RoleRound]]:
    """Play the rounds of the set-ups, and of one role at a time."""
    with House() as house:
        rounds = in_turn(house, chosen)
    with House() as house:
        return rounds, one_at_a_time(house, chosen.rounds, chosen.orders, chosen.warm_up)


def _long(chosen: argparse.Namespace) -> tuple[list[Figure], dict[str, Any]]:
    """Measure what takes long, as far as it is wanted; the rest is not measured."""
    stored, held = Figure(MILLION), Figure(MEMORY)
    dead = Figure(DEAD_CHANNEL)
    details: dict[str, Any] = {}
    if "dead" in chosen.long:
        with House() as house:
            dead = dead_channel(house, chosen.rounds, chosen.orders // 2)
    if "million" in chosen.long:
        with House(**IN_EARNEST) as house:
            stored, played, plans = million(house, chosen)
        details["million"] = [asdict(r) for r in played]
        if chosen.plans:
            PLANS.write_text(plans)
    if "memory" in chosen.long:
        with House() as house:
            held, details["memory"] = memory(house, chosen.many, chosen.in_flight)
    if "crowd" in chosen.long:
        with House() as house:
            details["crowd"] = crowd(house, chosen.rounds, chosen.orders)
    if "backlog" in chosen.long:
        with House() as house:
            details["backlog"] = backlog(house, chosen.commands, chosen.rounds)
    return [stored, held, dead], details


if __name__ == "__main__":
    sys.exit(main())
