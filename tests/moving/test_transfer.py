"""``transfer``: from the one file to servers, orders in every phase, none lost or paid twice."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

import pytest

from contracts import queues
from tests.e2e.bridge import Place, started
from tests.e2e.calling import called
from tests.e2e.load import Load, place_orders
from tests.e2e.verdict import Verdict, until_quiet
from tests.e2e.world import Choice, Other, Party, World, surroundings
from worker import app
from worker.broker.rabbitmq import RabbitBroker
from worker.errors import BrokerUnavailableError, TicketbridgeError
from worker.roles import Role
from worker.runtime.ports import Message
from worker.settings import load_settings
from worker.simulators.channel import Credentials

ALL = frozenset(Role)
PRICES = """
[[settlement_prices]]
app_key = "prepaid"
product_code = "P11063"
price = "50.05"
"""
CHOICE = Choice(
    settings={
        "reply_wait_seconds": "0.3",
        "unknown_retry_delays": '["5s", "1s", "1s", "1s"]',
        "ticket_deadline_seconds": "5",
        "ticket_probe_delays": '["1s", "1s", "2s"]',
    },
    others=(
        Other(Credentials("down")),
        Other(Credentials("gone")),
        Other(Credentials("prepaid"), {"account": '"prepaid"'}),
    ),
    more=PRICES,
)


@dataclass
class Move:
    """A world whose bridge moves from the one file to servers."""

    world: World
    old: Place
    new: Place

    @asynccontextmanager
    async def running(self, place: Place, roles: frozenset[Role] = ALL) -> AsyncIterator[None]:
        settings = load_settings(place.config, {"TICKETBRIDGE_CONSOLE__ENABLED": "false"})
        async with app.running(settings, roles):
            yield

    async def transferred(self, code: int = 0) -> str:
        """Run the command; return what it printed, or what it complained of."""
        ran = await called(self.old.config, "transfer", "--to", str(self.new.config))
        assert ran.code == code, ran.err
        return ran.err if code else ran.out


@pytest.fixture
async def move(tmp_path: Path, amqp_url: str, postgres_url: str) -> AsyncIterator[Move]:
    async with surroundings(CHOICE, tmp_path, {}, {}) as world:
        old = world.place
        new = replace(old, folder=tmp_path / "new", database_url=postgres_url, broker_url=amqp_url)
        for place in (old, new):
            place.folder.mkdir(exist_ok=True)
            place.write()
        yield Move(world, old, new)


async def in_every_phase(world: World) -> dict[str, str]:
    """Leave an order in each phase; return our numbers by what they are like."""
    zzy, parties = world.zzy, world.parties
    for key, fault in (("down", "http_500"), ("gone", "gone")):
        parties[key].simulator.lots.change(**{fault: 1.0})
    ours = {}
    for like in ("issued", "audit", "prepaid", "down", "gone"):
        party = parties.get(like, world.k)
        ours[like] = (await party.order(like)).order_num
        await party.simulator.changes.until(partial(_was_posted_to, party), seconds=15)
    zzy.lots.force("dropped_notice")
    for like in ("no_notice", "create_unknown", "pay_unknown"):
        if like.endswith("_unknown"):
            zzy.lots.force("drop_after", at=like.partition("_")[0])
        ours[like] = (await world.k.order(like)).order_num
    await world.k.told("voucher", "audit")
    zzy.lots.change(refund_audit="by_hand")
    assert (await world.k.driver.cancel(ours["audit"])).code == "4000"
    return ours


async def all_ended(move: Move, ours: dict[str, str]) -> None:
    """See each order through to its end, at ZZY and at its channel."""
    world = move.world
    for key in ("down", "gone"):
        world.parties[key].simulator.lots.change(http_500=0.0, gone=0.0)
    world.zzy.platform.decide_refund(world.book(ours["audit"]).refunds[0].refund_id, approved=True)
    (letter,) = await letters(move.new)
    assert (await called(move.new.config, "deadletters", "replay", letter)).code == 0
    for like, number in ours.items():
        party = world.parties.get(like, world.k)
        await party.told("voucher", like, seconds=30)
        assert world.book(number).times_paid == 1, like
        assert party.news(like).count("voucher") == 1
    (told,) = await world.k.told("refund", "audit")
    assert told.params["status"] == "approved"
    assert world.zzy.ledger.paid_twice() == []
    assert len(world.zzy.ledger.paid_orders()) == len(ours)


async def letters(place: Place) -> list[str]:
    async with app.opened_store(load_settings(place.config, {})) as store:
        return [letter.id for letter in await store.dead_letters()]


async def topped_up(place: Place) -> None:
    words = ("top-up", "prepaid", "1000.01", "--reference", "1")
    ran = await called(place.config, "accounts", *words)
    assert ran.code == 0, ran.err


async def balance(place: Place) -> str:
    ran = await called(place.config, "accounts", "show", "prepaid")
    assert ran.code == 0, ran.err
    return ran.out


async def test_a_transfer_that_was_cut_short_is_begun_again(
    move: Move, monkeypatch: pytest.MonkeyPatch
) -> None:
    await called(move.old.config, "migrate")
    async with move.running(move.old, frozenset({Role.INGRESS})):
        await asyncio.gather(move.world.k.order("one"), move.world.k.order("two"))
    await cut_short(move, monkeypatch)
    await move.transferred()
    assert "messages: 0" in await move.transferred(), "a third time does no harm"
    async with move.running(move.new, frozenset({Role.SAGA})):
        ours = [move.world.k.number(number) for number in ("one", "two")]
        await move.world.at_zzy(lambda: len(move.world.zzy.ledger.paid_orders()) == len(ours))
        assert [move.world.book(number).times_paid for number in ours] == [1, 1]


@pytest.mark.acceptance
async def test_orders_in_every_phase_go_on_at_the_servers(
    move: Move, monkeypatch: pytest.MonkeyPatch
) -> None:
    await topped_up(move.old)
    async with move.running(move.old):
        ours = await in_every_phase(move.world)
        assert "in use" in await move.transferred(code=1)
    async with move.running(move.old, frozenset({Role.INGRESS})):
        ours["queued"] = (await move.world.k.order("queued")).order_num
    before = await balance(move.old)
    await cut_short(move, monkeypatch)
    said = await move.transferred()
    assert f"moved to postgresql://{move.new.database_url.rpartition('@')[2]}" in said
    assert "messages: 0" not in said
    assert await balance(move.new) == before
    assert [line["action"] for line in await audit(move.new)].count("database.transfer") == 1
    async with move.running(move.new):
        await all_ended(move, ours)


def _was_posted_to(party: Party) -> bool:
    return bool(party.simulator.deliveries)


async def audit(place: Place) -> list[dict[str, str]]:
    return (await called(place.config, "audit", "list", "--json")).lines


async def cut_short(move: Move, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the broker fail after a message; no worker may use the file from then on."""
    sent: list[Message] = []
    whole = RabbitBroker.publish

    async def once(self: RabbitBroker, message: Message, *, delay: float = 0) -> None:
        if sent:
            raise BrokerUnavailableError("gone")
        sent.append(message)
        await whole(self, message, delay=delay)

    monkeypatch.setattr(RabbitBroker, "publish", once)
    assert "gone" in await move.transferred(code=1)
    monkeypatch.undo()
    with pytest.raises(TicketbridgeError, match="moved by `transfer`"):
        async with move.running(move.old):
            pass


@pytest.mark.acceptance
async def test_what_is_moved_to_must_be_empty_and_nothing_is_closed_until_it_is(
    move: Move,
) -> None:
    await topped_up(move.new)
    await called(move.old.config, "migrate")
    assert "the database to move to is not empty" in await move.transferred(code=1)
    async with move.running(move.new, frozenset({Role.INGRESS})):
        await move.world.k.order("waits")
    assert "the virtual host to move to is not empty: ticketbridge.orders" in (
        await move.transferred(code=1)
    )
    async with move.running(move.old):
        assert (await move.world.k.order("stays")).code == "1000"


@pytest.mark.acceptance
async def test_a_transfer_can_be_taken_back(move: Move, monkeypatch: pytest.MonkeyPatch) -> None:
    async with move.running(move.old, frozenset({Role.INGRESS})):
        await move.world.k.order("one")
        await move.world.k.order("two")
    await called(move.old.config, "migrate")
    ran = await called(move.old.config, "transfer", "--take-back")
    assert (ran.code, ran.err) == (1, "ticketbridge: no transfer was begun\n")
    await cut_short(move, monkeypatch)
    replace(move.new, database_url=f"{move.new.database_url}_other").write()
    assert "it is on its way to postgresql://" in await move.transferred(code=1)
    ran = await called(move.old.config, "transfer", "--take-back")
    assert (ran.code, ran.out) == (0, "taken back: workers may use the file again\n")
    async with move.running(move.old):
        await move.world.k.told("voucher", "two")


@pytest.mark.acceptance
async def test_a_configuration_that_lacks_a_channel_or_a_key_moves_nothing(move: Move) -> None:
    async with move.running(move.old, frozenset({Role.INGRESS})):
        await move.world.k.order("one")
    await called(move.old.config, "migrate")
    key = '[privacy]\nencryption_keys = ["' + "0f" * 32 + '"]\n'
    replace(move.old, more=f"{move.old.more}\n{key}").write()
    assert "lacks the encryption keys" in await move.transferred(code=1)
    move.old.write()
    waiting = queues.relay_queue("gone")
    async with app.opened(load_settings(move.old.config, {})) as parts:
        await parts.broker.publish(Message(waiting, "channel.notification.v1", b"{}", "m"))
    replace(move.new, more="").write()
    assert f"lacks the channels of {waiting}" in await move.transferred(code=1)
    async with move.running(move.old, frozenset({Role.INGRESS})):
        await move.world.k.order("two")
    ran = await called(move.old.config, "transfer", "--to", str(move.old.config))
    assert "must name postgresql:// and amqp://" in ran.err


# --- under load ------------------------------------------------------------------------------


@pytest.mark.acceptance
@pytest.mark.timeout(300)
async def test_a_killed_worker_under_load_is_moved_and_every_order_ends(move: Move) -> None:
    """Faults all the time, the worker and then the transfer's own process killed."""
    world, numbers = move.world, [f"n{number}" for number in range(200)]
    world.zzy.lots.change(dropped_notice=0.1, lost_answer=0.1, latency_max=0.05)
    async with started(move.old) as bridge:
        placing = asyncio.ensure_future(place_orders(world.k.driver, numbers, 32))
        await world.zzy.changes.until(lambda: len(world.zzy.ledger.orders) > 100, seconds=60)
        await bridge.kill()
        await move.transferred()
        async with started(move.new):
            load = await placing
            known = Load(load.answers)
            async with app.opened_store(load_settings(move.new.config, {})) as store:
                rows = await until_quiet(store, known)
    assert Verdict(world.zzy, world.k.simulator, known, rows).broken() == []
