"""Tells a broken seed again with less in it, as long as it breaks the same promise."""

import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from tests.simulation.plan import Outcome, Wish
from tests.simulation.pool import outcomes
from tests.simulation.weather import GROUPS


def command(wish: Wish) -> str:
    """Return what runs it again."""
    parts = [f".venv/bin/python -m tests.simulation --seed {wish.seed}"]
    if wish.without:
        parts.append(f"--without {','.join(wish.without)}")
    if wish.orders is not None:
        parts.append(f"--orders {','.join(map(str, wish.orders))}")
    if wish.acts is not None:
        parts.append(f"--acts {wish.acts}")
    if wish.fatal:
        parts.append(f"--deaths {wish.fatal},{wish.fatal + 1},1")
    if wish.plant:
        parts.append(f"--plant {wish.plant}")
    return " ".join(parts)


def shrunken(found: Outcome, templates: Path, jobs: int, seconds: float) -> Outcome:
    """Return the smallest run found in so many seconds that breaks one of the same promises."""
    ends = time.monotonic() + seconds
    best, again = found, True
    while again and time.monotonic() < ends:
        again = False
        for smaller in outcomes(_less(best), templates, jobs):
            if smaller.promises & found.promises and _size(smaller.wish) < _size(best.wish):
                best, again = smaller, True
                break
            if time.monotonic() > ends:
                break
    return best


def _size(wish: Wish) -> tuple[int, int, int]:
    orders = 10_000 if wish.orders is None else len(wish.orders)
    acts = 100 if wish.acts is None else wish.acts
    return orders, len(GROUPS) - len(wish.without), acts


def _less(best: Outcome) -> Iterator[Wish]:
    """Return smaller wishes, the boldest first."""
    wish, guilty = best.wish, tuple(sorted(best.guilty))
    orders = wish.orders if wish.orders is not None else tuple(range(best.numbers))
    if guilty and len(guilty) < len(orders):
        yield replace(wish, orders=guilty[:1])
        yield replace(wish, orders=guilty)
    if len(orders) > 1:
        half = len(orders) // 2
        yield replace(wish, orders=orders[:half])
        yield replace(wish, orders=orders[half:])
    left = [group for group in GROUPS if group not in wish.without]
    struck = [group for group in left if best.struck[group]]
    idle = tuple(group for group in left if not best.struck[group] and group != "zzy")
    if idle:
        yield replace(wish, without=(*wish.without, *idle))
    for group in struck if "zzy" in wish.without else [*struck, "zzy"]:
        yield replace(wish, without=(*wish.without, group))
    for acts in range(8 if wish.acts is None else wish.acts):
        yield replace(wish, acts=acts)
    if 1 < len(orders) <= 12:
        for one in orders:
            yield replace(wish, orders=tuple(n for n in orders if n != one))
