"""One run: many stories at once, then quiet, the verdict, everything again, and the same."""

import asyncio
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any

from tests.e2e.world import World, world
from tests.ledger import judge
from tests.ledger.accounts import account_breaks
from tests.ledger.books import Book
from tests.ledger.gather import gathered, replayed, until_quiet
from tests.ledger.leaks import leaks
from tests.ledger.lots import install
from tests.ledger.player import Player
from tests.ledger.setup import CHOICE, SECRETS, SETTINGS, TOP_UP, ZZY_TIMEOUT, channel_faults
from tests.ledger.stage import Stage
from tests.ledger.stories import Story, story
from worker import app
from worker.runtime.banking import TOP_UP as TOPPED_UP
from worker.runtime.ports import Booking, Store
from worker.settings import load_settings
from worker.simulators.zzy import ZzySimulator

SHOWN = 5
"""How many broken orders are told in full."""


@dataclass(frozen=True)
class Plan:
    """What to run."""

    name: str
    urls: Mapping[str, str]
    seed: int
    numbers: Sequence[int]
    in_flight: int = 32
    kills: int = 0
    again: str = (
        "TICKETBRIDGE_LEDGER={seed}:{number} .venv/bin/python -m pytest"
        " tests/ledger/test_ledger.py -k '{name} and one'"
    )
    """The command that tells one story again."""


@dataclass
class Verdict:
    """What came of it."""

    plan: Plan
    books: dict[str, Book] = field(default_factory=dict)
    players: dict[str, Player] = field(default_factory=dict)
    broken: dict[str, list[str]] = field(default_factory=dict)
    """By our number; by "" what concerns no single order."""

    def text(self) -> str:
        """Tell the broken orders: promise, story, answers, history, and how to run them again."""
        lines = list(self.broken.get("", []))
        numbers = [number for number in self.broken if number]
        counted = Counter(
            why.partition(":")[0] for number in numbers for why in self.broken[number]
        )
        lines.append(f"{len(numbers)} of {len(self.books)} orders: {dict(counted)}")
        lines += [
            f"{self.players[n].story.number}: {why}" for n in numbers for why in self.broken[n]
        ]
        for number in numbers[:SHOWN]:
            lines += ["", f"=== {number}", *self.broken[number], *self._told(number)]
        return "\n".join(lines)

    def _told(self, number: str) -> list[str]:
        player, book = self.players[number], self.books[number]
        one: Story = player.story
        again = self.plan.again.format(seed=one.seed, number=one.number, name=self.plan.name)
        return [
            one.told(),
            *(f"  {said}" for said in book.said),
            *(
                f"  {step.at:%M:%S.%f} {step.kind} -> {step.phase}: {step.text}"
                for step in book.history
            ),
            *(line for order in book.zzy for line in ("  ZZY:", *order.history)),
            f"  told: {[(d.type, d.params.get('status', '')) for d in book.delivered]}",
            f"  alone: {again}",
        ]

    def answers(self) -> Counter[str]:
        """Count what was asked and answered."""
        return Counter(f"{s.act} {s.code}" for book in self.books.values() for s in book.said)

    def supplied(self) -> Counter[str]:
        """Count what the supplier's books hold: checks, forced refunds, audits, faults."""
        found: Counter[str] = Counter()
        for book in self.books.values():
            for order in book.zzy:
                found["checked"] += order.checked > 0
                found["paid"] += order.times_paid
                for refund in order.refunds:
                    kind = refund.status.name.lower() if refund.refund_id else "forced"
                    part = " part" if refund.count < order.quantity else ""
                    found[kind + part] += 1
        return found

    def ends(self) -> Counter[str]:
        """Count where the orders ended."""
        stored = [book.stored for book in self.books.values()]
        return Counter("none" if s is None else "human" if s.human else s.phase for s in stored)


async def run(plan: Plan, folder: Path) -> Verdict:
    """Play the stories of a plan and judge them."""
    urls: dict[str, Any] = {**plan.urls, "zzy_timeout": ZZY_TIMEOUT}
    async with world(CHOICE, folder, SETTINGS, urls) as made:
        lots = install(made.zzy)
        for party in made.parties.values():
            party.simulator.lots.set(channel_faults(plan.seed))
        async with app.opened(load_settings(made.place.config, {})) as parts:
            await top_up(parts.store, len(plan.numbers))
            stage = Stage(made, parts.broker, lots, plan.kills > 0)
            players = [Player(stage, story(plan.seed, number)) for number in plan.numbers]
            await _play(plan, made, players)
            return await judged(plan, stage, parts.store, players)


async def top_up(store: Store, orders: int, at: datetime | None = None) -> None:
    """Put on the prepaid channel's account what is enough for most of so many orders."""
    amount, at = TOP_UP * max(orders, 10), at or datetime.now(UTC)
    booking = Booking("first", "prepaid", TOPPED_UP, amount, "", "ann", at)
    assert (await store.book(booking)).entry is not None


async def _play(plan: Plan, made: World, players: Sequence[Player]) -> None:
    waiting = iter(players)

    async def one_after_another() -> None:
        for player in waiting:
            await player.play()

    playing = asyncio.gather(*(one_after_another() for _ in range(plan.in_flight)))
    for kill in range(1, plan.kills + 1):
        enough = kill * len(players) // (plan.kills + 1)
        await made.zzy.changes.until(partial(_has, made.zzy, enough), seconds=300)
        await made.bridge.kill()
        await made.bridge.start()
    await playing


async def judged(plan: Plan, stage: Stage, store: Store, players: Sequence[Player]) -> Verdict:
    """Wait for quiet, judge every order, send everything again, and judge what that changed."""
    await until_quiet(stage, store, players)
    books = await gathered(stage, store, players)
    broken = {number: found for number, book in books.items() if (found := judge.broken(book))}
    await replayed(stage, stage.broker, players)
    await until_quiet(stage, store, players)
    for number, after in (await gathered(stage, store, players)).items():
        if found := list(judge.replay_is_harmless(books[number], after)):
            broken[number] = [*broken.get(number, []), *(f"replay: {why}" for why in found)]
    at_large = [*await _account(store), *await _leaks(stage, players)]
    for party in stage.world.parties.values():
        at_large += {f"a channel refused: {d.problem}" for d in _refused(party.simulator)}
    if at_large:
        broken[""] = at_large
    return Verdict(plan, books, {player.order_num: player for player in players}, broken)


def _refused(simulator: Any) -> list[Any]:  # noqa: ANN401  (a simulator's deliveries)
    faults = {"drop", "http_500", "gone", "too_many", "refuse", ""}
    return [d for d in simulator.deliveries if d.problem not in faults]


async def _account(store: Store) -> list[str]:
    account = await store.account("prepaid")
    assert account is not None
    return account_breaks(account, await store.account_entries("prepaid"))


async def _leaks(stage: Stage, players: Sequence[Player]) -> list[str]:
    metrics = await stage.metrics()
    log = "\n".join(log.read_text() for log in stage.logs())
    words = set(SECRETS)
    for player in players:
        words |= {player.story.take_phone, *player.story.tourists, *player.story.tourists.values()}
        for order in stage.world.zzy.ledger.by_origin(player.order_num):
            words |= {ticket.code for ticket in order.tickets}
    return [
        f"leaked in the {where}: {found}"
        for where, text in (("log", log), ("metrics", metrics))
        if (found := leaks(text, words))
    ]


def _has(zzy: ZzySimulator, orders: int) -> bool:
    """Tell whether ZZY has so many orders."""
    return len(zzy.ledger.orders) >= orders
