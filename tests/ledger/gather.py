"""Waits until everything is quiet, and collects the evidence of every order."""

import asyncio
import json
from collections import defaultdict
from collections.abc import Coroutine, Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from contracts import queues
from tests.ledger.books import Book, Delivered, Entry, Noticed, Notified, Step, Stored
from tests.ledger.player import OTHER_PHONE, Player
from tests.ledger.setup import AUDIT_REPLIES, SETTLEMENT_PRICE, VOUCHERS_BY
from tests.ledger.stage import Stage
from worker.runtime import snapshot
from worker.runtime.ports import Broker, OrderRow, Store
from worker.saga.states import FINAL, Phase
from worker.simulators.channel_driver import DriverAnswer
from worker.simulators.zzy_notices import Notice

LOOK_SECONDS = 0.3
AT_ONCE = 8
"""How many orders are asked about, or played again, at the same time."""
QUESTIONS = 30
OK = 200
DONE = {*FINAL, Phase.ISSUED}
PENDING = {"pending", "sending"}


async def until_quiet(stage: Stage, store: Store, players: Sequence[Player]) -> None:
    """Wait until nothing moves any more: no notice, message, timer, delivery or outbox row."""
    numbers = {player.order_num for player in players}
    app_keys = {player.story.app_key for player in players}
    watched = [queues.ORDERS, queues.NOTICES, queues.SMS, *map(queues.relay_queue, app_keys)]
    watched += stage.more_queues
    try:
        async with asyncio.timeout(stage.quiet_seconds):
            untold = set(numbers)
            while True:
                still = await _still(stage, store, watched)
                untold = {n for n in untold if await _is_untold(store, n)} if still else numbers
                if still and not untold:
                    return
                await asyncio.sleep(LOOK_SECONDS)
    except TimeoutError:
        return  # what is still moving then is for the judge to name


async def _still(stage: Stage, store: Store, watched: Iterable[str]) -> bool:
    if any(notice.state == "waiting" for notice in stage.world.zzy.notifier.sent):
        return False
    for queue in watched:
        if await stage.broker.depth(queue):
            return False
    if await stage.delayed() or (await store.figures()).oldest_unsent_at is not None:
        return False
    return all(_settled(row) for row in await store.orders(limit=100_000))


def _settled(row: OrderRow) -> bool:
    return row.wake_at is None and (bool(row.human) or row.phase in {*DONE, Phase.NEW})


async def _is_untold(store: Store, number: str) -> bool:
    return any(row.status in PENDING for row in await store.notifications(number))


@dataclass
class Shared:
    """What concerns many orders, sorted by order once."""

    delivered: dict[str, list[Delivered]] = field(default_factory=lambda: defaultdict(list))
    notices: dict[str, list[Noticed]] = field(default_factory=lambda: defaultdict(list))
    letters: dict[str, set[str]] = field(default_factory=lambda: defaultdict(set))
    alarms: dict[str, set[str]] = field(default_factory=lambda: defaultdict(set))
    entries: dict[str, list[Entry]] = field(default_factory=lambda: defaultdict(list))
    texted: dict[str, list[str]] = field(default_factory=lambda: defaultdict(list))


async def gathered(stage: Stage, store: Store, players: Sequence[Player]) -> dict[str, Book]:
    """Return the evidence of every order, by our number."""
    shared = await _shared(stage, store)
    books: dict[str, Book] = {}

    async def write(player: Player) -> None:
        books[player.order_num] = await _book(stage, store, shared, player)

    await _few_at_once(write(player) for player in players)
    return {player.order_num: books[player.order_num] for player in players}


async def _shared(stage: Stage, store: Store) -> Shared:
    shared, world = Shared(), stage.world
    for party in world.parties.values():
        for d in party.simulator.deliveries:
            if not d.problem:
                number = d.params.get("channel_order_num") or d.params.get("order_num", "")
                ours = party.number(number)
                shared.delivered[ours].append(Delivered(d.webhook_id, d.type, d.params))
    for notice in world.zzy.notifier.sent:
        one = Noticed(notice.service, notice.state, notice.body)
        shared.notices[notice.origin_order_id].append(one)
    for letter in await store.dead_letters(limit=100_000):
        shared.letters[letter.order_num] |= {letter.message.type, letter.message.message_id}
    for log in stage.logs():
        for order_num, kind in alarms(log):
            shared.alarms[order_num].add(kind)
    for entry in await store.account_entries("prepaid"):
        shared.entries[entry.order_num].append(Entry(entry.kind, entry.amount))
    for sms in world.sms.sent:
        shared.texted[sms.phone].append(sms.body)
    return shared


def alarms(log: Path) -> Iterable[tuple[str, str]]:
    """Return the alarms of a log that name an order."""
    for line in log.read_text().splitlines():
        if '"event":"alarm"' in line:
            told = json.loads(line)
            yield told.get("order_num", ""), told["kind"]


async def _book(stage: Stage, store: Store, shared: Shared, player: Player) -> Book:
    number, story = player.order_num, player.story
    row = (await store.load(number)).row
    answer = await _asked(stage, player)
    notified = await store.notifications(number)
    return Book(
        order_num=number,
        count=story.count,
        settlement_price=SETTLEMENT_PRICE if story.app_key == "prepaid" else None,
        audit_reply=AUDIT_REPLIES.get(story.app_key, "wait"),
        vouchers_by=VOUCHERS_BY.get(story.app_key, "notify"),
        pay_deadline=stage.pay_deadline,
        said=list(player.said),
        zzy=stage.zzy_orders(number),
        stored=_stored(row),
        history=[Step(e.at, e.kind, e.phase, e.text) for e in await store.timeline(number)],
        notified=[Notified(n.webhook_id, n.type, n.seq, n.status) for n in notified],
        delivered=shared.delivered[number],
        texted=" ".join(_texted(shared, player)),
        report=answer.data if isinstance(answer.data, dict) else {},
        letters=frozenset(shared.letters[number]),
        alarms=frozenset(shared.alarms[number]),
        notices=shared.notices[number],
        entries=shared.entries[number],
        read_at=stage.clock.now(),
        crashes=stage.crashes,
    )


def _texted(shared: Shared, player: Player) -> list[str]:
    """Return what the guest's phone got: of two contents the one that came first stands."""
    phones = [player.story.take_phone]
    if any(s.act == "create_otherwise" and s.code == "1000" for s in player.said):
        phones.append(OTHER_PHONE)
    return [text for phone in phones for text in shared.texted[phone]]


async def _asked(stage: Stage, player: Player) -> DriverAnswer:
    """Ask queryOrder, and again where a busy machine did not answer in time."""
    left = QUESTIONS
    while True:
        answer = await player.party.driver.post(
            "/public/queryOrder", {"order_num": player.order_num}
        )
        left -= 1
        if answer.status == OK or not left:
            return answer
        await stage.clock.sleep(LOOK_SECONDS)


def _stored(row: OrderRow | None) -> Stored | None:
    order = snapshot.read(row)
    if row is None or order is None:
        return None
    return Stored(
        phase=row.phase,
        human=row.human or "",
        wake_at=row.wake_at,
        accepted_at=order.accepted_at,
        codes=frozenset({v.code for v in order.vouchers} | {order.order_code}),
        checked=order.checked,
        refund_open=order.refund is not None,
    )


async def replayed(stage: Stage, broker: Broker, players: Sequence[Player]) -> None:
    """Send everything once more: notices, commands, and what every channel asked to refund."""
    notices: dict[str, list[Notice]] = defaultdict(list)
    for notice in [*stage.world.zzy.notifier.sent]:
        if notice.state == "acknowledged":
            notices[notice.origin_order_id].append(notice)
    await _few_at_once(_noticed_again(stage, one) for one in notices.values())
    for message in stage.published:
        await broker.publish(message)
    await _few_at_once(_asked_again(player) for player in players)


async def _noticed_again(stage: Stage, notices: Iterable[Notice]) -> None:
    for notice in notices:
        await stage.world.zzy.notifier._attempt(notice)


async def _asked_again(player: Player) -> None:
    for said in player.said:
        if said.act == "refund" and said.code == "1000":
            await player.party.driver.post("/public/refundOrder", said.asked)


async def _few_at_once(work: Iterable[Coroutine[Any, Any, None]]) -> None:
    """Do all of it, a few orders at a time, each order's in its order."""
    left = iter(work)

    async def one_after_another() -> None:
        for one in left:
            await one

    await asyncio.gather(*(one_after_another() for _ in range(AT_ONCE)))
