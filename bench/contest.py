"""The set-ups in turn, round by round."""

import argparse
import sys
from collections.abc import Callable
from dataclasses import dataclass

from bench.figures import CELERY, DBOS, EMBEDDED, FASTSTREAM, FLOOR, OURS
from bench.load import bodies
from bench.rounds import Round, in_flight
from bench.setups import House, Setup


@dataclass(frozen=True, slots=True)
class Contestant:
    """A set-up: how it starts, and which share of a round's orders it gets."""

    start: Callable[[House], Setup]
    share: float = 1.0
    """Below 1 for the slow, or a run would mean waiting for them."""


CONTESTANTS = {
    FLOOR: Contestant(lambda house: house.floor()),
    OURS: Contestant(lambda house: house.ours(OURS, embedded=False)),
    EMBEDDED: Contestant(lambda house: house.ours(EMBEDDED, embedded=True)),
    DBOS: Contestant(lambda house: house.peer(DBOS, "dbos", broker=False), 0.2),
    CELERY: Contestant(lambda house: house.peer(CELERY, "celery"), 0.4),
    FASTSTREAM: Contestant(lambda house: house.peer(FASTSTREAM, "faststream"), 0.4),
}


def in_turn(house: House, chosen: argparse.Namespace) -> list[Round]:
    """Play the rounds of all set-ups, one after another. Raises LostOrdersError."""

    def play(name: str, orders: int) -> Round:
        number = max(1, round(orders * CONTESTANTS[name].share))
        return in_flight(house, setups[name], bodies(number), chosen.in_flight)

    names = [name for name in CONTESTANTS if name == FLOOR or name in chosen.only]
    setups = {name: CONTESTANTS[name].start(house) for name in names}
    for name in setups:
        play(name, chosen.warm_up)
    rounds = []
    for number in range(chosen.rounds):
        for name in setups:
            rounds.append(play(name, chosen.orders))
            _tell(f"round {number + 1} of {chosen.rounds}", rounds[-1])
    return rounds


def _tell(which: str, played: Round) -> None:
    repeated = f", {played.repeated} requests repeated after 9999" if played.repeated else ""
    sys.stderr.write(
        f"{which}, {played.setup}: {played.orders_per_second:.0f} orders/s, "
        f"{played.cpu_ms:.2f} ms CPU an order{repeated}\n"
    )
