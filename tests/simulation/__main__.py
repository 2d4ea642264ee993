"""``python -m tests.simulation``: run seeds, one after another or many, and say what broke.

``--seeds 1000 --first 1`` runs a range on both cores; ``--seed 7`` one of them. A seed that
breaks a promise is told again with less and less in it, as long as it breaks the same one.
"""

import argparse
import asyncio
import os
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.simulation.awaits import UNREACHED, Await, awaits
from tests.simulation.plan import Outcome, Wish
from tests.simulation.planted import PLANTS
from tests.simulation.pool import outcomes
from tests.simulation.shrink import command, shrunken
from tests.simulation.weather import GROUPS
from worker.store.migrate import migrate_sqlite

TOLD = 3
"""How many broken seeds are shrunk and told."""


def main() -> int:
    """Run what the arguments say; 1 where a promise was broken."""
    if os.environ.get("PYTHONHASHSEED") != "0":
        again = [sys.executable, "-m", "tests.simulation", *sys.argv[1:]]
        os.execve(sys.executable, again, {**os.environ, "PYTHONHASHSEED": "0"})  # noqa: S606
    asked = _arguments()
    with templates() as folder:
        if asked.hunt:
            return hunt(asked, folder)
        if asked.stand:
            return stand(asked, folder)
        total, broken = Total(), []
        for outcome in outcomes(_wishes(asked), folder, asked.jobs):
            total.add(outcome)
            if asked.digest:
                say(f"{outcome.wish.seed} {outcome.digest}")
            if outcome.broken:
                broken.append(outcome)
                say(f"seed {outcome.wish.seed} broke {', '.join(sorted(outcome.promises))}")
            if total.seeds % asked.progress == 0:
                say(total.line())
        say(total.text() + (total.points() if asked.points else ""))
        for outcome in broken[:TOLD]:
            told = outcome
            if asked.shrink:
                told = shrunken(outcome, folder, asked.jobs, asked.shrink)
            say(f"\n===== seed {outcome.wish.seed}: {command(told.wish)}\n{told.text}")
        return 1 if broken else 0


def hunt(asked: argparse.Namespace, folder: Path) -> int:
    """Run seeds with each planted fault until it is found; 1 where one is not."""
    missed = 0
    for name in PLANTS if asked.hunt == ("all",) else asked.hunt:
        asked.plant, tried, found = name, 0, frozenset[str]()
        for outcome in outcomes(_wishes(asked), folder, asked.jobs):
            tried, found = tried + 1, outcome.promises & PLANTS[name].breaks
            if found:
                break
        missed += not found
        told = f"found after {tried} seeds: {', '.join(sorted(found))}"
        say(f"{name}: {told if found else f'not found in {tried} seeds'}")
    return 1 if missed else 0


def stand(asked: argparse.Namespace, folder: Path) -> int:
    """Kill a process at each await of the audit; 1 where none came by, or a promise broke."""
    bad = 0
    for place in (one for one in awaits() if one not in UNREACHED):
        asked.place, tried, killed = place, 0, False
        for outcome in outcomes(_wishes(asked), folder, asked.jobs):
            tried += 1
            if outcome.broken:
                bad += 1
                say(f"seed {outcome.wish.seed} broke {', '.join(sorted(outcome.promises))}")
                say(outcome.text)
            if killed := outcome.killed_at[place] > 0:
                break
        bad += not killed
        told = f"killed there in seed {tried}" if killed else f"nothing came by in {tried} seeds"
        say(f"{place.module} {place.function} {place.what}: {told}")
    return 1 if bad else 0


class Total:
    """What all seeds came to."""

    def __init__(self) -> None:
        self.seeds = self.orders = self.steps = self.broken = 0
        self.cpu = self.virtual = 0.0
        self.struck: Counter[str] = Counter()
        self.ends: Counter[str] = Counter()
        self.layouts: Counter[str] = Counter()
        self.killed_at: Counter[Await] = Counter()
        self._began = time.monotonic()

    def add(self, one: Outcome) -> None:
        """Count one seed in."""
        self.seeds += 1
        self.orders += one.orders
        self.steps += one.steps
        self.cpu += one.seconds
        self.virtual += one.virtual
        self.broken += bool(one.broken)
        self.struck += one.struck
        self.ends += one.ends
        self.layouts[one.layout] += 1
        self.killed_at += one.killed_at

    def line(self) -> str:
        """Return how far it is."""
        return (
            f"{self.seeds} seeds, {self.orders} orders, {self.struck['kill']} kills, "
            f"{self.broken} broken, {time.monotonic() - self._began:.0f} s"
        )

    def points(self) -> str:
        """Return how often a process was killed at each await of the audit."""
        counts = ((self.killed_at[one], one) for one in awaits())
        lines = [f"\n  {n:6} {one.module} {one.function} {one.what}" for n, one in counts]
        return "".join(lines)

    def text(self) -> str:
        """Return the summary."""
        faults = ", ".join(f"{kind} {count}" for kind, count in sorted(self.struck.items()))
        ends = ", ".join(f"{end} {count}" for end, count in sorted(self.ends.items()))
        layouts = ", ".join(f"{name} {count}" for name, count in sorted(self.layouts.items()))
        return "\n".join(
            [
                self.line(),
                f"  faults: {faults}",
                f"  orders ended as: {ends}",
                f"  processes: {layouts}",
                f"  {self.steps} steps, {self.virtual / 3600:.1f} simulated hours",
                f"  {self.cpu / max(self.seeds, 1):.2f} s of CPU a seed",
                f"  violations: {self.broken}",
            ]
        )


def say(text: str) -> None:
    """Print at once."""
    sys.stdout.write(text + "\n")
    sys.stdout.flush()


@contextmanager
def templates() -> Iterator[Path]:
    """Make the empty databases that every run begins with a copy of."""
    memory = Path("/dev/shm")  # noqa: S108  (not a file of ours by name: a fresh folder in it)
    where = memory if memory.is_dir() else None
    with tempfile.TemporaryDirectory(prefix="simulation-", dir=where) as name:
        folder = Path(name)
        asyncio.run(migrate_sqlite(folder / "bridge.db"))
        yield folder


def _wishes(asked: argparse.Namespace) -> Iterator[Wish]:
    if asked.deaths:
        first, last, step = asked.deaths
        for fatal in range(first, last, step):
            yield Wish(1, GROUPS, (0,), fatal=fatal)
        return
    seeds = asked.seed or range(asked.first, asked.first + asked.seeds)
    for seed in seeds:
        yield Wish(
            seed, asked.without, asked.orders, asked.acts, plant=asked.plant, stand=asked.place
        )


def _numbers(text: str) -> tuple[int, ...]:
    return tuple(int(part) for part in text.split(","))


def _words(text: str) -> tuple[str, ...]:
    return tuple(text.split(",")) if text else ()


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.simulation", description=__doc__)
    parser.add_argument("--seeds", type=int, default=100, help="how many")
    parser.add_argument("--first", type=int, default=1)
    parser.add_argument("--seed", type=_numbers, help="these alone, separated by commas")
    parser.add_argument("--jobs", type=int, default=os.cpu_count() or 1)
    parser.add_argument("--without", type=_words, default=(), help="groups of faults to leave out")
    parser.add_argument("--orders", type=_numbers, help="the numbers of the orders to play")
    parser.add_argument("--acts", type=int, help="how many acts of each story to play")
    parser.add_argument("--plant", default="", help="a fault of tests/simulation/planted.py")
    parser.add_argument("--deaths", type=_numbers, help="FIRST,LAST,STEP: of one order's life")
    parser.add_argument("--hunt", type=_words, help="planted faults to find, or: all")
    parser.add_argument("--shrink", type=float, default=60, help="seconds to shrink a broken seed")
    parser.add_argument("--progress", type=int, default=50, help="seeds between two lines")
    parser.add_argument("--points", action="store_true", help="print where processes were killed")
    parser.add_argument("--digest", action="store_true", help="print each event log's digest")
    parser.add_argument("--stand", action="store_true", help="kill at each await of the audit")
    parser.set_defaults(place=None)
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
