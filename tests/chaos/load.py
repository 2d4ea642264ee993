"""Bounded load: stories of tests/ledger, so many a second, and probes that tell of recovery."""

import asyncio
import time
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from itertools import count

import aiohttp

from tests.e2e.world import World
from tests.ledger.player import Player
from tests.ledger.stage import Stage
from tests.ledger.stories import ONE_FOR_ALL, Story, story
from worker.simulators.channel_driver import ChannelDriver, DriverAnswer
from worker.simulators.zzy_faults import ZzyFaults

FIRST_PROBE = 50_000
PROBES = 4
PROBE_PAUSE = 0.25
GIVE_UP_SECONDS = 60.0
MOST_IN_FLIGHT = 120
RICH = 3
"""One story in so many has all its acts; the others have one at most, and go quicker."""


@dataclass(frozen=True)
class Asked:
    """A request of a channel's, and how it was answered."""

    at: float
    path: str
    status: int
    """0: the connection broke, or no answer came in time."""
    text: str


class Watched(ChannelDriver):
    """A channel's driver that remembers how each request was answered."""

    def __init__(self, url: str, app_key: str, secret: str, asked: list[Asked]) -> None:
        super().__init__(url, app_key, secret)
        self._asked = asked

    async def post(self, path: str, params: object) -> DriverAnswer:
        began = time.monotonic()
        try:
            answer = await super().post(path, params)  # type: ignore[arg-type]
        except (aiohttp.ClientError, TimeoutError) as error:
            self._asked.append(Asked(began, path, 0, type(error).__name__))
            raise
        self._asked.append(Asked(began, path, answer.status, f"{answer.code} {answer.message}"))
        return answer


def watch(world: World, asked: list[Asked]) -> list[ChannelDriver]:
    """Let every channel of a world remember; return the drivers to close."""
    drivers: list[ChannelDriver] = []
    for party in world.parties.values():
        who = party.simulator.credentials
        party.driver = Watched(world.place.url, who.app_key, who.app_secrets[0], asked)
        drivers.append(party.driver)
    return drivers


def plain(seed: int, number: int) -> Story:
    """Return an order to which nothing happens but what must: created, paid, told."""
    return replace(
        story(seed, number),
        app_key="k",
        product_code=ONE_FOR_ALL,
        faults=ZzyFaults(resend_first=0.3, resend_max=2),
        begins="created",
        by_queue=False,
        age=0.0,
        ending="decided",
        acts=(),
    )


def lively(seed: int, number: int) -> Story:
    """Return a story of the ledger's; most are cut short."""
    told = story(seed, number)
    return told if number % RICH == 0 else replace(told, acts=told.acts[:1])


@dataclass
class Load:
    """Orders that come at a rate, each in a task of its own."""

    stage: Stage
    seed: int
    rate: float
    players: list[Player] = field(default_factory=list)
    failed: list[str] = field(default_factory=list)
    """Stories that could not be played to their end."""
    _numbers: Iterator[int] = field(default_factory=count)
    _probes: Iterator[int] = field(default_factory=lambda: count(FIRST_PROBE))
    _playing: set[asyncio.Task[None]] = field(default_factory=set)
    _stopped: asyncio.Event = field(default_factory=asyncio.Event)

    async def run(self) -> None:
        """Begin stories until stopped; where too many are under way, wait for one to end."""
        while not self._stopped.is_set():
            if len(self._playing) < MOST_IN_FLIGHT:
                self._begin(lively(self.seed, next(self._numbers)))
            try:
                async with asyncio.timeout(1 / self.rate):
                    await self._stopped.wait()
            except TimeoutError:
                continue

    async def finish(self) -> None:
        """Begin no more, and wait for what is under way."""
        self._stopped.set()
        if self._playing:
            await asyncio.wait(self._playing)

    def _begin(self, told: Story) -> Player:
        player = Player(self.stage, told)
        self.players.append(player)
        task = asyncio.ensure_future(self._play(player))
        self._playing.add(task)
        task.add_done_callback(self._playing.discard)
        return player

    async def _play(self, player: Player) -> None:
        try:
            await player.play()
        except Exception as error:  # noqa: BLE001  (told at the end; the load goes on)
            self.failed.append(f"{player.story.number}: {type(error).__name__}: {error}")

    async def recovered(self, since: float) -> float:
        """Return how many seconds after ``since`` orders placed now have their vouchers.

        A few are placed one after the other; the last to arrive counts.
        """
        players = []
        for _ in range(PROBES):
            players.append(self._begin(plain(self.seed, next(self._probes))))
            await asyncio.sleep(PROBE_PAUSE)
        channel = self.stage.world.k.simulator
        numbers = [player.order_num for player in players]
        try:
            await channel.changes.until(
                lambda: all(channel.of_type("voucher", number) for number in numbers),
                seconds=GIVE_UP_SECONDS,
            )
        except TimeoutError:
            return float("inf")
        return time.monotonic() - since
