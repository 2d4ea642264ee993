"""What all stories of a run share: the world they are played in, and how patient they are."""

from collections.abc import Sequence
from copy import deepcopy
from dataclasses import dataclass, field
from pathlib import Path

import aiohttp

from tests.e2e.world import World
from tests.ledger.lots import LotsByOrder
from tests.ledger.setup import PAY_DEADLINE
from worker.clock import Clock, SystemClock
from worker.runtime.ports import Broker, Message
from worker.simulators.records import Order

PATIENCE_SECONDS = 60.0
QUIET_SECONDS = 240.0


@dataclass
class Stage:
    """The world, and what is known of how it was set up."""

    world: World
    broker: Broker
    lots: LotsByOrder
    crashes: bool = False
    """Whether the worker is killed in between."""
    pay_deadline: float = PAY_DEADLINE
    patience: float = PATIENCE_SECONDS
    """How long a channel asks again and again until it has an answer."""
    more_queues: Sequence[str] = ()
    """Queues besides the usual ones in which nothing may lie when all is quiet."""
    processes: Sequence[str] = ()
    """The URLs of the processes whose metrics are searched; none: the world's own bridge."""
    clock: Clock = field(default_factory=SystemClock)
    quiet_seconds: float = QUIET_SECONDS
    """How long to wait until nothing moves any more."""
    logs_in: Path | None = None
    """Where the logs of the processes lie, if not in the world's own folder."""
    published: list[Message] = field(default_factory=list)
    """The commands of upstream systems that met their order, to replay them."""

    def logs(self) -> list[Path]:
        """Return what every process of the bridge has written."""
        return sorted((self.logs_in or self.world.place.folder).rglob("worker.log"))

    def zzy_orders(self, number: str) -> list[Order]:
        """Return the supplier's orders under one of our numbers, as they stand now."""
        return deepcopy(self.world.zzy.ledger.by_origin(number))

    async def delayed(self) -> int:
        """Return how many messages wait to be tried again, where that can be seen."""
        return 0

    async def metrics(self) -> str:
        """Return what every process of the bridge exposes."""
        found = ""
        async with aiohttp.ClientSession() as session:
            for url in self.processes or [self.world.place.url]:
                async with session.get(url + "/metrics") as answer:
                    found += await answer.text()
        return found
