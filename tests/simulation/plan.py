"""What is run of one seed, and what comes of it."""

from collections import Counter
from dataclasses import dataclass, field

from tests.simulation.awaits import Await
from worker.roles import Role

I, S, R = Role.INGRESS, Role.SAGA, Role.RELAY  # noqa: E741
LAYOUTS: dict[str, dict[str, frozenset[Role]]] = {
    "together": {"all": frozenset({I, S, R})},
    "apart": {"ingress": frozenset({I}), "saga": frozenset({S}), "relay": frozenset({R})},
    "two sagas": {
        "ingress": frozenset({I}),
        "saga": frozenset({S}),
        "saga too": frozenset({S}),
        "relay": frozenset({R}),
    },
    "two of all": {"all": frozenset({I, S, R}), "all too": frozenset({S, R})},
}
ORDERS = (30, 60)
PAY_DEADLINES = (8.0, 15.0, 15.0, 40.0)
SPREAD = 12.0
"""Seconds within which the orders begin."""
IMPATIENT = 0.2
"""How often the relay gives up after two attempts, so that dead letters come to be."""
LIFE = 2500
"""How many steps a process lives on average, where kills are drawn once."""


@dataclass(frozen=True)
class Wish:
    """What to run: a seed, or a part of it."""

    seed: int
    without: tuple[str, ...] = ()
    """Groups of faults that are left out."""
    orders: tuple[int, ...] | None = None
    """The numbers of the orders that are played; None: all."""
    acts: int | None = None
    """How many acts of each story are played at most."""
    fatal: int = 0
    """Play one canonical order alone, and kill the worker before this step of its; 0: as drawn."""
    stand: Await | None = None
    """Kill the first process of which something stands at this await, besides those drawn."""
    plant: str = ""
    """The fault of planted.py that is put into the worker."""


@dataclass
class Outcome:
    """What came of it."""

    wish: Wish
    orders: int = 0
    numbers: int = 0
    guilty: frozenset[int] = frozenset()
    """The numbers of the orders to which a promise was broken."""
    broken: dict[str, list[str]] = field(default_factory=dict)
    text: str = ""
    struck: Counter[str] = field(default_factory=Counter)
    ends: Counter[str] = field(default_factory=Counter)
    steps: int = 0
    virtual: float = 0
    seconds: float = 0
    digest: str = ""
    layout: str = ""
    killed_at: Counter[Await] = field(default_factory=Counter)
    """How often a process was killed while something of it stood at each await."""

    @property
    def promises(self) -> frozenset[str]:
        """The names of the promises that were broken."""
        return frozenset(why.partition(":")[0] for found in self.broken.values() for why in found)
