"""Notices: early, repeated, forged, raced, given up; and product notices."""

import asyncio
from dataclasses import replace
from datetime import timedelta

import pytest

from contracts import headers, queues
from tests.doubles import NOON
from tests.runtime.messages import (
    OUR_NUM,
    cancel_message,
    create_message,
    notice_message,
    refund_notice,
    ticket_notice,
)
from tests.runtime.world import AUDIT, CREATED, NO_CODES, PAID, Gate, Inbox, World
from worker.errors import BrokerUnavailableError, StoreUnavailableError
from worker.runtime.outcome import Ack, Outcome, Park, Retry
from worker.runtime.ports import HeldNotice, Message


def kind(outcome: Outcome) -> str:
    return outcome.kind if isinstance(outcome, Park) else type(outcome).__name__


async def vouchers(world: World) -> list[str]:
    return [voucher.code for voucher in (await world.order()).vouchers]


async def test_a_ticket_notice_delivers(world: World) -> None:
    relay = Inbox()
    await world.broker.consume(queues.relay_queue("k"), relay, concurrency=1)
    await world.paid()
    assert await world.notices.handle(ticket_notice("c-1")) == Ack()
    message = await relay.get()
    assert message.type == "channel.notification.v1"
    assert "c-1" in message.body.decode()
    assert (await world.order()).phase == "issued"


async def test_a_repeat_freshly_signed_does_nothing(world: World) -> None:
    await world.paid()
    for _ in range(3):
        assert await world.notices.handle(ticket_notice("c-1")) == Ack()
    assert await world.told() == ["voucher"]
    assert (await world.kinds()).count("ticket_issued") == 1


async def test_a_notice_before_its_order_is_held_and_taken(world: World) -> None:
    early = ticket_notice("c-1")
    assert await world.notices.handle(early) == Ack()
    assert await world.notices.handle(early) == Ack()
    assert len(await world.store.held_notices(limit=9)) == 1
    await world.paid()
    await world.notices.sweep()
    assert await vouchers(world) == ["c-1"]
    assert await world.store.held_notices(limit=9) == []


async def test_a_refund_notice_before_its_order_waits_for_zzys_number(world: World) -> None:
    assert await world.notices.handle(refund_notice("")) == Ack()
    world.zzy.will("probe", NO_CODES)
    await world.paid()
    await world.notices.sweep()
    assert (await world.order()).phase == "refunded"
    assert await world.told() == ["refund"]


async def test_an_order_that_is_committed_while_its_notice_is_being_held(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    hold = world.store.hold_notice

    async def hold_late(notice: HeldNotice) -> None:
        await world.paid()
        await hold(notice)

    monkeypatch.setattr(world.store, "hold_notice", hold_late)
    assert await world.notices.handle(ticket_notice("c-1")) == Ack()
    assert await vouchers(world) == ["c-1"]
    assert await world.store.held_notices(limit=9) == []


async def test_a_notice_before_creates_answer_comes_again_ever_later(world: World) -> None:
    gate = Gate(CREATED)
    world.zzy.will("create", gate)
    world.zzy.will("pay", PAID)
    order = asyncio.create_task(world.commands.handle(create_message()))
    await gate.is_out()
    waits = [await world.notices.handle(ticket_notice("c-1", attempt=n)) for n in range(9)]
    assert [w.delay for w in waits if isinstance(w, Retry)] == [1, 1, 5, 5, 30, 120, 600, 600, 600]
    gate.let_go()
    await order
    assert await world.notices.handle(ticket_notice("c-1", attempt=9)) == Ack()
    assert await vouchers(world) == ["c-1"]


async def test_the_notice_during_the_pay_call(world: World) -> None:
    gate = Gate(PAID)
    world.zzy.will("create", CREATED)
    world.zzy.will("pay", gate)
    order = asyncio.create_task(world.commands.handle(create_message()))
    await gate.is_out()
    assert await world.notices.handle(ticket_notice("c-1")) == Ack()
    gate.let_go()
    assert await order == Ack()
    assert (await world.order()).phase == "issued"
    assert await world.told() == ["voucher"]


async def test_a_refund_notice_during_the_refund_call_is_held_until_its_answer(
    world: World,
) -> None:
    await world.paid()
    gate = Gate(AUDIT)
    world.zzy.will("refund", gate)
    cancel = asyncio.create_task(world.commands.handle(cancel_message()))
    await gate.is_out()
    assert isinstance(await world.notices.handle(refund_notice("71")), Retry)
    gate.let_go()
    await cancel
    assert await world.notices.handle(refund_notice("71", attempt=1)) == Ack()
    assert (await world.order()).phase == "refunded"


async def test_a_rejection_that_comes_twice_calls_nobody(world: World) -> None:
    await world.paid()
    world.zzy.will("refund", AUDIT)
    await world.commands.handle(cancel_message())
    for reason in ("late", "later"):
        body = {
            "OrderId": 4623122,
            "RefundApplyNo": "71",
            "RefundStatus": 2,
            "RefundReason": reason,
        }
        assert await world.notices.handle(notice_message("order_refund_notify", body)) == Ack()
    assert (await world.row()).human is None
    assert await world.told() == ["refund"]


async def test_a_notice_for_another_zzy_order_is_recorded_without_effect(world: World) -> None:
    await world.paid()
    body = {"OriginOrderId": OUR_NUM, "OrderId": 999, "OrderTotal": 2, "CheckedNumber": 1}
    assert await world.notices.handle(notice_message("order_verify_notify", body)) == Ack()
    assert (await world.kinds())[-1] == "verification_noticed"
    assert (await world.order()).checked == 0


# --- what cannot be taken -----------------------------------------------------------------


async def test_after_a_day_without_its_order_a_notice_is_a_dead_letter(world: World) -> None:
    dead = Inbox()
    await world.broker.consume(queues.DEAD, dead, concurrency=1)
    await world.notices.handle(ticket_notice("c-1"))
    world.clock.advance(86_400)
    await world.notices.sweep()
    assert len(await world.store.held_notices(limit=9)) == 1
    world.clock.advance(1)
    await world.notices.sweep()
    message = await dead.get()
    assert message.headers[headers.DEAD_KIND] == "notice_unknown_order"
    assert message.headers[headers.DEAD_QUEUE] == queues.NOTICES
    assert message.headers[headers.DEAD_AT] == (NOON + timedelta(seconds=86_401)).isoformat()
    assert await world.store.held_notices(limit=9) == []


async def test_a_notice_is_not_forgotten_while_the_broker_is_down(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def down(_: Message) -> None:
        raise BrokerUnavailableError

    await world.notices.handle(ticket_notice("c-1"))
    world.clock.advance(90_000)
    monkeypatch.setattr(world.broker, "publish", down)
    with pytest.raises(BrokerUnavailableError):
        await world.notices.sweep()
    assert len(await world.store.held_notices(limit=9)) == 1


async def test_what_cannot_be_read_is_parked(world: World) -> None:
    broken = replace(ticket_notice("c-1"), body=b"{}")
    assert kind(await world.notices.handle(broken)) == "notice_unreadable"
    assert kind(await world.notices.handle(refund_notice("71", 0))) == "notice_unreadable"


async def test_a_database_that_does_not_answer_is_asked_again(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def down(*_: object) -> None:
        raise StoreUnavailableError

    monkeypatch.setattr(world.store, "load", down)
    assert isinstance(await world.notices.handle(ticket_notice("c-1")), Retry)


async def test_a_product_notice_is_relayed_every_time(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    relay = Inbox()
    await world.broker.consume(queues.relay_queue("k"), relay, concurrency=1)
    message = notice_message("order_product_notify", {"ProductId": 11063, "Status": 0})
    for _ in range(2):
        assert await world.notices.handle(message) == Ack()
    first, second = await relay.get(), await relay.get()
    assert first.message_id == second.message_id
    assert "off" in first.body.decode()

    async def down(_: Message) -> None:
        raise BrokerUnavailableError

    monkeypatch.setattr(world.broker, "publish", down)
    assert isinstance(await world.notices.handle(message), Retry)
