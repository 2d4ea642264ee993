"""One seed, from the first order to the verdict."""

import asyncio
import gc
import hashlib
import shutil
import tempfile
import time
import uuid
from collections import Counter
from collections.abc import Coroutine
from dataclasses import replace
from functools import partial
from pathlib import Path
from random import Random
from typing import Any
from unittest.mock import patch

from tests.ledger.player import Player
from tests.ledger.run import Plan, Verdict, judged, top_up
from tests.ledger.setup import channel_faults
from tests.ledger.stories import Story, story
from tests.simulation import disk
from tests.simulation.awaits import Await, at, points, suspended
from tests.simulation.canonical import canonical
from tests.simulation.loop import VirtualLoop
from tests.simulation.machine import (
    FOR_EVER,
    Machine,
    Process,
    SkewedClock,
    locks_known,
    task_factory,
)
from tests.simulation.network import Network, SimulatedHttp
from tests.simulation.plan import (
    IMPATIENT,
    LAYOUTS,
    LIFE,
    ORDERS,
    PAY_DEADLINES,
    SPREAD,
    Outcome,
    Wish,
)
from tests.simulation.planted import planted
from tests.simulation.stage import (
    PATIENCE_SECONDS,
    QUIET_SECONDS,
    SimulatedStage,
    place,
    settings_of,
    surround,
)
from tests.simulation.weather import Weather
from worker import configured
from worker.adapters import adapters
from worker.simulators.channel_faults import ChannelFaults
from worker.sqlite import SqliteFile
from worker.surroundings import Surroundings
from worker.telemetry import set_up_logging


class Simulation:
    """The parts of one run."""

    def __init__(self, wish: Wish, folder: Path, templates: Path) -> None:
        self.wish = wish
        self.weather = Weather(wish.seed, wish.without)
        dice = self.weather.dice("plan")
        self.layout = dice.choice(list(LAYOUTS)) if not wish.fatal else "together"
        self.pay_deadline = dice.choice(PAY_DEADLINES)
        own_broker_file = dice.random() < 0.4
        numbers = range(dice.randint(*ORDERS))
        self.numbers = [n for n in numbers if wish.orders is None or n in wish.orders]
        self.starts = {n: dice.uniform(0, SPREAD) for n in numbers}
        self.loop = VirtualLoop(self.weather.dice("turns"), self._before)
        self.loop.set_task_factory(task_factory)
        self.weather.now = self.loop.time
        self.clock = SkewedClock(self.loop)
        self.true = SkewedClock(self.loop)
        self._trace = hashlib.sha256()
        self.network = Network(self.weather.fare, self.note)
        self.place = place(
            folder,
            self.pay_deadline,
            own_broker_file=own_broker_file,
            sealed=wish.seed % 2 == 0,
            impatient=dice.random() < IMPATIENT,
        )
        for name in ("bridge.db", "broker.db"):
            shutil.copy(templates / "bridge.db", folder / name)
        self.settings = settings_of(self.place)
        self.machine = Machine(
            self.loop,
            self.settings,
            Surroundings(
                clock=self.clock,
                file=self.file,
                http=partial(SimulatedHttp, self.network),
                serve=self.network.serve_on,
            ),
            self.network.cut_off,
        )
        self._points = points()
        self.killed_at: Counter[Await] = Counter()
        self.machine.observe = self._observe
        if wish.stand:
            self._there = at(wish.stand)
            self._unfinished: dict[Process, tuple[int, list[asyncio.Task[Any]]]] = {}
            self.machine.fatal_moment = self._stands_there
        self._lives = self.weather.dice("lives")
        self.machine.lifespan = self._lifespan
        self.machine.pause = lambda: self._lives.uniform(0.05, 2.0)

    def note(self, text: str) -> None:
        """Write a line of the event log, of which the digest is made."""
        self._trace.update(f"{self.loop.time():.6f} {text}\n".encode())

    @property
    def digest(self) -> str:
        return self._trace.hexdigest()

    def file(self, path: Path) -> SqliteFile:
        return disk.DiskFile(path, self._disk_fate)

    def _disk_fate(self, name: str, kind: str) -> tuple[float, str, float]:
        found = self.weather.disk_fate(name, kind)
        self.note(f"disk {name} {kind} {found[1]}")
        return found

    def _before(self, owner: Process | None) -> bool:
        if owner is not None:
            self._trace.update(owner.name.encode())
        return self.machine.before(owner)

    def _observe(self, process: Process) -> None:
        """Note at which awaits a process is killed."""
        for task in process.tasks:
            if not task.done():
                self.killed_at.update(suspended(task, self._points))

    def _stands_there(self, process: Process) -> bool:
        """Tell whether a task of the process stands where it is to be killed; once in a run."""
        if self.weather.calm or (self.wish.stand and self.killed_at[self.wish.stand]):
            return False
        seen, unfinished = self._unfinished.get(process, (0, []))
        new = process.tasks[seen:]
        left = [task for task in (*unfinished, *new) if not task.done()]
        self._unfinished[process] = (seen + len(new), left)
        return any(suspended(task, self._there) for task in left)

    def _lifespan(self) -> int:
        if self.wish.fatal:
            return FOR_EVER if self.machine.graveyard else self.wish.fatal
        strength = self.weather.strength["kill"]
        drawn = self._lives.expovariate(1 / LIFE)
        if self.weather.calm or not strength:
            return FOR_EVER
        return int(drawn / strength) + 1

    # --- the run ---------------------------------------------------------------------------

    async def run(self) -> Verdict:
        for name, roles in LAYOUTS[self.layout].items():
            self.machine.start(name, roles)
        bad = self.weather.strength["channels"]
        faults = channel_faults(self.wish.seed) if bad else ChannelFaults()
        made, lots = surround(self.place, self.network, self.true, faults)
        calm_file = partial(disk.DiskFile, fate=_calm_fate)
        async with adapters(self.settings, self.true, calm_file) as parts:
            await parts.store.start()
            await parts.broker.start()
            await top_up(parts.store, len(self.numbers), self.true.now())
            stage = SimulatedStage(
                made,
                parts.broker,
                lots,
                crashes=True,
                pay_deadline=self.pay_deadline,
                patience=PATIENCE_SECONDS,
                quiet_seconds=QUIET_SECONDS,
                clock=self.true,
            )
            players = [Player(stage, self._story(n)) for n in self.numbers]
            troubles = [asyncio.ensure_future(one) for one in self._troubles()]
            await asyncio.gather(*(self._play(player) for player in players))
            for trouble in troubles:
                trouble.cancel()
            await self._calm(stage)
            plan = Plan(self.layout, {}, self.wish.seed, self.numbers, again=AGAIN)
            verdict = await judged(plan, stage, parts.store, players)
            if self.machine.surprises:
                found = [f"surprise: {text}" for text in self.machine.surprises]
                verdict.broken[""] = [*verdict.broken.get("", []), *found]
            return verdict

    def _story(self, number: int) -> Story:
        if self.wish.fatal:
            return canonical(number)
        told = story(self.wish.seed, number)
        if not self.weather.strength["zzy"]:
            none = dict.fromkeys(told.faults.chances(), 0.0)
            told = replace(told, faults=told.faults.model_copy(update=none))
        if self.wish.acts is not None:
            told = replace(told, acts=told.acts[: self.wish.acts])
        return told

    async def _play(self, player: Player) -> None:
        await asyncio.sleep(self.starts[player.story.number])
        await player.play()

    def _troubles(self) -> list[Coroutine[Any, Any, None]]:
        return [self._clock_jumps(), self._outages(), self._stops()]

    async def _clock_jumps(self) -> None:
        dice = self.weather.dice("clock")
        while self.weather.strength["clock"]:
            await asyncio.sleep(dice.expovariate(self.weather.strength["clock"] / 10))
            jump = dice.choice([0.7, -0.7, 0.3, -0.3, 2.0, 20.0])
            if self.clock.skew + jump > -1:
                self.clock.skew += jump if jump > 0 or self.clock.skew < 1 else 0
                self.weather.struck["clock"] += 1

    async def _outages(self) -> None:
        dice = self.weather.dice("outages")
        while self.weather.strength["outage"]:
            await asyncio.sleep(dice.expovariate(self.weather.strength["outage"] / 10))
            name = dice.choice(["bridge.db", "broker.db"])
            self.weather.down_until[name] = self.loop.time() + dice.uniform(0.1, 4)
            self.weather.struck["outage"] += 1

    async def _stops(self) -> None:
        dice = self.weather.dice("stops")
        names = list(LAYOUTS[self.layout])
        while self.weather.strength["stop"]:
            await asyncio.sleep(dice.expovariate(self.weather.strength["stop"] / 15))
            self.machine.stop(dice.choice(names))
            self.weather.struck["stop"] += 1

    async def _calm(self, stage: SimulatedStage) -> None:
        self.weather.calm = True
        self.weather.down_until.clear()
        stage.calm()
        for process in self.machine.processes.values():
            process.fatal_step = FOR_EVER
        while not all(p.ready for p in self.machine.processes.values()):  # noqa: ASYNC110
            await asyncio.sleep(0.1)


AGAIN = ".venv/bin/python -m tests.simulation --seed {seed} --orders {number}"


def _calm_fate(_name: str, _kind: str) -> tuple[float, str, float]:
    return 0.0005, disk.FINE, 0.0


def simulate(wish: Wish, templates: Path) -> Outcome:
    """Run one seed in this process; call it once in a process of its own."""
    gc.disable()
    began = time.process_time()
    dice = Random(f"{wish.seed}:uuid")
    folder = Path(tempfile.mkdtemp(dir=templates))
    try:
        numbered = patch.object(uuid, "uuid4", partial(_number, dice))
        with numbered, locks_known(), planted(wish.plant):
            return _simulated(wish, folder, templates, began)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _number(dice: Random) -> uuid.UUID:
    return uuid.UUID(int=dice.getrandbits(128), version=4)


def _simulated(wish: Wish, folder: Path, templates: Path, began: float) -> Outcome:
    made = Simulation(wish, folder, templates)
    with (folder / "worker.log").open("w", buffering=1) as log:
        set_up_logging("json", "info", secrets=configured.secrets(made.settings), stream=log)
        asyncio.set_event_loop(made.loop)
        verdict = made.loop.run_until_complete(made.run())
    struck = made.weather.struck + Counter(kill=made.machine.killed)
    return Outcome(
        wish,
        orders=len(verdict.books),
        broken=verdict.broken,
        text=verdict.text() if verdict.broken else "",
        struck=struck,
        ends=verdict.ends(),
        steps=sum(p.steps for p in made.machine.graveyard + list(made.machine.processes.values())),
        virtual=made.loop.time(),
        seconds=time.process_time() - began,
        digest=made.digest,
        layout=made.layout,
        killed_at=made.killed_at,
        numbers=len(made.numbers),
        guilty=frozenset(verdict.players[n].story.number for n in verdict.broken if n),
    )
