"""Runs seeds in processes of their own, two at a time: each begins as if it were the first.

A run is forked from this process, which has everything loaded and no thread; what it leaves
behind (tasks of killed workers above all) ends with its process.
"""

import gc
import os
import pickle
import selectors
import signal
import time
import traceback
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from stdnum.cn import ric

from tests.simulation.plan import Outcome, Wish
from tests.simulation.run import simulate
from worker.simulators.channel_driver import made_up_id_card

LIMIT_SECONDS = 300.0
"""How long one run may take on a busy machine."""


@dataclass
class _Child:
    wish: Wish
    process: int
    pipe: int
    began: float
    data: bytearray = field(default_factory=bytearray)


def outcomes(wishes: Iterable[Wish], templates: Path, jobs: int) -> Iterator[Outcome]:
    """Run the wishes and return what came of each, in the order in which they end."""
    ric.is_valid(made_up_id_card(1))  # reads its tables once for all runs
    gc.collect()
    gc.freeze()
    waiting = iter(wishes)
    children: dict[int, _Child] = {}
    chooser = selectors.DefaultSelector()
    try:
        more = True
        while more or children:
            while more and len(children) < jobs:
                wish = next(waiting, None)
                if wish is None:
                    more = False
                    break
                child = _forked(wish, templates)
                children[child.pipe] = child
                chooser.register(child.pipe, selectors.EVENT_READ)
            for key, _ in chooser.select(1.0):
                child = children[key.fd]
                read = os.read(key.fd, 1 << 20)
                child.data += read
                if not read:
                    yield _ended(chooser, children, child)
            for child in list(children.values()):
                if time.monotonic() - child.began > LIMIT_SECONDS:
                    os.kill(child.process, signal.SIGKILL)
    finally:
        for child in list(children.values()):
            os.kill(child.process, signal.SIGKILL)
            os.waitpid(child.process, 0)


def _forked(wish: Wish, templates: Path) -> _Child:
    read, write = os.pipe()
    process = os.fork()
    if process:
        os.close(write)
        return _Child(wish, process, read, time.monotonic())
    try:
        os.close(read)
        with os.fdopen(write, "wb") as pipe:
            pickle.dump(_tried(wish, templates), pipe)
    finally:
        os._exit(0)


def _tried(wish: Wish, templates: Path) -> Outcome:
    try:
        return simulate(wish, templates)
    except Exception:  # noqa: BLE001  (told, and the next seed runs)
        return _failed(wish, traceback.format_exc())


def _failed(wish: Wish, why: str) -> Outcome:
    return Outcome(wish, broken={"": [f"simulation: {why}"]}, text=why)


def _ended(chooser: selectors.BaseSelector, children: dict[int, _Child], child: _Child) -> Outcome:
    chooser.unregister(child.pipe)
    os.close(child.pipe)
    del children[child.pipe]
    os.waitpid(child.process, 0)
    if child.data:
        found = pickle.loads(child.data)  # noqa: S301  (a process of ours wrote it)
        assert isinstance(found, Outcome)
        return found
    return _failed(child.wish, f"the run of seed {child.wish.seed} did not end")
