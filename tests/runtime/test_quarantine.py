"""Notices that may be forged: one signature, and more than one body."""

import asyncio
from dataclasses import replace

from structlog.testing import capture_logs

from contracts import headers, queues
from tests.runtime.messages import OUR_NUM, create_message, notice_message, ticket_notice
from tests.runtime.world import CREATED, NO_CODES, PAID, PATIENCE, Gate, World
from worker.runtime.outcome import Ack, Outcome, Park, Retry
from worker.runtime.ports import Message


def kind(outcome: Outcome) -> str:
    return outcome.kind if isinstance(outcome, Park) else type(outcome).__name__


async def vouchers(world: World) -> list[str]:
    return [voucher.code for voucher in (await world.order()).vouchers]


async def test_a_second_body_under_a_signature_is_quarantined(world: World) -> None:
    await world.paid()
    assert await world.notices.handle(ticket_notice("c-1", signature="s")) == Ack()
    world.zzy.will("probe", NO_CODES)
    forged = ticket_notice("forged", signature="s")
    assert kind(await world.notices.handle(forged)) == "notice_quarantined"
    assert world.zzy.calls[-1] == "probe", "PersonQrCodes is asked what is true"
    assert await vouchers(world) == ["c-1"]
    freshly_signed = ticket_notice("forged", signature="t")
    assert await world.notices.handle(freshly_signed) == Ack(), "a true one returns"


async def test_the_same_body_under_its_signature_is_a_redelivery(world: World) -> None:
    await world.paid()
    for _ in range(2):
        assert await world.notices.handle(ticket_notice("c-1", signature="s")) == Ack()


async def test_two_bodies_that_race_under_one_signature(world: World) -> None:
    await world.paid()
    world.zzy.will("probe", NO_CODES, NO_CODES)
    both = (world.notices.handle(ticket_notice(code, signature="s")) for code in ("true", "forged"))
    assert sorted(map(kind, await asyncio.gather(*both))) == ["Ack", "notice_quarantined"]
    assert len(await vouchers(world)) == 1


async def test_a_forgery_that_had_no_effect_still_uses_the_signature_up(world: World) -> None:
    await world.paid()
    body = {"OriginOrderId": OUR_NUM, "OrderId": 4623122, "OrderTotal": 2, "CheckedNumber": 0}
    first = notice_message("order_verify_notify", body, signature="s")
    assert await world.notices.handle(first) == Ack()
    second = notice_message("order_verify_notify", {**body, "CheckedNumber": 2}, signature="s")
    world.zzy.will("probe", NO_CODES)
    assert kind(await world.notices.handle(second)) == "notice_quarantined"
    line = (await world.store.timeline(OUR_NUM))[-1]
    assert (line.kind, line.text) == (
        "evidence_heard",
        "PersonQrCodes shows 0 codes, 0 of them known to us",
    )
    assert (await world.order()).checked == 0


async def test_a_person_may_replay_what_was_quarantined(world: World) -> None:
    await world.paid()
    assert await world.notices.handle(ticket_notice("c-1", signature="s")) == Ack()
    replayed = ticket_notice("c-2", signature="s", headers={headers.REPLAY_OF: "d1"})
    assert await world.notices.handle(replayed) == Ack()
    assert await vouchers(world) == ["c-1", "c-2"]


async def test_a_second_body_that_comes_before_its_order_is_set_apart_at_once(
    world: World,
) -> None:
    assert await world.notices.handle(ticket_notice("first", signature="s")) == Ack()
    assert kind(await world.notices.handle(ticket_notice("second", signature="s"))) == (
        "notice_quarantined"
    )
    await world.paid()
    await world.notices.sweep()
    assert await vouchers(world) == ["first"]
    assert await world.store.held_notices(limit=9) == []


async def test_a_second_body_during_a_call_of_ours_is_set_apart(world: World) -> None:
    gate = Gate(CREATED)
    world.zzy.will("create", gate)
    world.zzy.will("pay", PAID)
    order = asyncio.create_task(world.commands.handle(create_message()))
    await gate.is_out()
    first, second = (ticket_notice(code, signature="s") for code in ("first", "second"))
    assert isinstance(await world.notices.handle(first), Retry)
    assert kind(await world.notices.handle(second)) == "notice_quarantined"
    gate.let_go()
    await order
    assert await world.notices.handle(replace(first, attempt=1)) == Ack()
    assert await vouchers(world) == ["first"]


async def test_at_most_ten_bodies_of_a_signature_become_letters(world: World) -> None:
    await world.paid()
    assert await world.notices.handle(ticket_notice("true", signature="s")) == Ack()
    world.zzy.will("probe", *[NO_CODES] * 10)
    forgeries = [ticket_notice(f"forged {n}", signature="s") for n in range(13)]
    with capture_logs() as logs:
        outcomes = [await world.notices.handle(one) for one in forgeries]
    letters = [one.letter for one in outcomes if isinstance(one, Park)]
    assert (len(set(letters)), outcomes[10:]) == (10, [Ack()] * 3)
    assert [line["kept"] for line in logs if line["event"] == "alarm"] == [True] * 10 + [False] * 3
    again = await world.notices.handle(replace(forgeries[0], message_id="another request"))
    assert isinstance(again, Park)
    assert again.letter == letters[0], "the same body is the same letter, and asks ZZY no more"


async def test_the_verdict_is_told_before_anything_slow(world: World) -> None:
    await world.paid()
    await world.broker.consume(queues.NOTICES, world.notices.handle, concurrency=4)
    gate = Gate(NO_CODES)

    async def ask(notice: Message) -> bytes | None:
        return await world.broker.request(notice, wait=PATIENCE)

    assert await ask(ticket_notice("true", signature="s")) == b"taken"
    assert await ask(ticket_notice("true", signature="s")) == b"taken", "a repeat"
    world.zzy.will("probe", gate)
    assert await ask(ticket_notice("forged", signature="s")) == b"forged"
    gate.let_go()
    early = {"OriginOrderId": "later", "OrderId": 5, "OrderTotal": 2, "CheckedNumber": 1}
    held = notice_message("order_verify_notify", early, signature="t")
    assert await ask(held) == b"taken"
    other = notice_message("order_verify_notify", {**early, "CheckedNumber": 2}, signature="t")
    assert await ask(other) == b"forged"
    product = notice_message("order_product_notify", {"ProductId": 11063, "Status": 0})
    assert await ask(product) == b"taken"


async def test_what_one_signature_can_have_held_for_unknown_orders_is_bounded(
    world: World,
) -> None:
    body = {"OriginOrderId": "nobody's", "OrderTotal": 2, "CheckedNumber": 1}
    notices = [
        notice_message("order_verify_notify", {**body, "OrderId": number}, signature="s")
        for number in range(1, 211)
    ]
    with capture_logs() as logs:
        for notice in [*notices, notices[0]]:
            assert await world.notices.handle(notice) == Ack()
    assert len(await world.store.held_notices(limit=999)) == 200
    assert [line["kept"] for line in logs if line["event"] == "alarm"] == [False] * 10
    fresh = notice_message("order_verify_notify", {**body, "OrderId": 210}, signature="t")
    assert await world.notices.handle(fresh) == Ack()
    assert len(await world.store.held_notices(limit=999)) == 201, "a true one returns"
