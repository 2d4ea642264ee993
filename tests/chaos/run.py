"""One run: load, one fault after another, how soon orders move again, quiet, the verdict."""

import asyncio
import os
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field
from pathlib import Path

from tests.chaos.faults import ALL, Fault
from tests.chaos.report import Line, Report
from tests.chaos.town import Size, Town, town
from tests.chaos.village import village
from tests.chaos.workers import until_ready
from tests.ledger.run import Plan, judged

MOST_HUMANS = 0.2
WARM_UP = 2.0


@dataclass(frozen=True)
class Course:
    """What to run: how long, at which rate, which faults."""

    seed: int
    seconds: float
    faults: Iterator[Fault] | Sequence[Fault]
    rate: float = 4.0
    size: Size | None = field(default_factory=Size)
    """None: the embedded set-up."""
    pause: float = 1.5
    """Seconds of undisturbed load between two faults."""


def tell(line: str) -> None:
    """Say a line where pytest shows it of a test that fails."""
    sys.stderr.write(line + "\n")


async def run(course: Course, folder: Path, tell: Callable[[str], None]) -> Report:
    """Run it and judge it. Raises ServerError where the parts cannot be had."""
    async with _place(course, folder) as made:
        report = Report(course.seed)
        loading = asyncio.ensure_future(made.load.run())
        began = time.monotonic()
        await asyncio.sleep(WARM_UP)
        for fault in course.faults:
            if time.monotonic() - began >= course.seconds:
                break
            line = await _strike(made, fault, began)
            report.faults.append(line)
            tell(str(line))
            await asyncio.sleep(course.pause)
        report.seconds = time.monotonic() - began
        tell(f"{len(made.load.players)} orders; waiting until all is quiet")
        await made.load.finish()
        await loading
        await _judge(made, course, report)
    return report


def _place(course: Course, folder: Path) -> AbstractAsyncContextManager[Town]:
    if course.size is None:
        return village(folder, course.seed, course.rate)
    return town(course.size, folder, course.seed, course.rate)


async def _strike(made: Town, fault: Fault, began: float) -> Line:
    """Do one fault and measure how soon orders move again, and all are ready."""
    start = time.monotonic()
    async with ALL[fault.kind].apply(made, fault) as meanwhile:
        await asyncio.sleep(fault.seconds)
    end = time.monotonic()
    recovered = await made.load.recovered(end)
    if problems := await until_ready(made.workers):
        made.broken.append(f"after {fault}: {problems}")
    ready = time.monotonic() - end
    crowd = os.getloadavg()[0]
    times = (start - began, end - start, recovered, ready, crowd, meanwhile)
    return Line(fault.kind, str(fault), *times)


async def _judge(made: Town, course: Course, report: Report) -> None:
    players = made.load.players
    plan = Plan("chaos", {}, course.seed, [player.story.number for player in players])
    verdict = await judged(plan, made.stage, made.store, players)
    report.orders = len(players)
    report.ends, report.answers = dict(verdict.ends()), dict(verdict.answers())
    report.supplied = dict(verdict.supplied())
    asked_again = Counter(f"{a.status} {a.text}" for a in made.asked if a.status != 200)
    report.refused = dict(asked_again)
    report.dead_letters = len(await made.store.dead_letters(limit=100_000))
    report.violations += made.broken
    report.violations += [f"a story was not played: {why}" for why in made.load.failed]
    for worker in made.workers:
        report.violations += [f"{worker.name} ended by itself: {code}" for code in worker.ended]
    if verdict.broken:
        report.violations.append(verdict.text())
    if report.ends.get("human", 0) > MOST_HUMANS * len(players):
        report.violations.append(f"too many in front of a human: {report.ends['human']}")
