"""Commands through the door: taken once, answered, and what cannot be taken."""

import asyncio
import json
from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

import pytest

from contracts import queues
from tests.runtime.messages import (
    OUR_NUM,
    cancel_message,
    create_message,
    refund_message,
    unanswered_message,
)
from tests.runtime.world import AUDIT, CANCELLED, CREATED, PAID, TIMEOUT, Gate, World
from worker.errors import StoreRefusedError, StoreUnavailableError
from worker.runtime.commands import STRANGER_RETRY, UNHEARD_RETRIES
from worker.runtime.outcome import Ack, Park, Retry
from worker.runtime.ports import Loaded, Message

PAST = date(2026, 4, 1)
ASKED: dict[str, Any] = {"reply_to": "embedded.gone", "correlation_id": "c1"}


async def test_an_order_is_created_and_paid_in_one_handling(world: World) -> None:
    await world.paid()
    assert world.zzy.calls == ["create", "pay"]
    assert await world.kinds() == ["order_commanded", "create_succeeded", "pay_succeeded"]
    row = await world.row()
    assert (row.version, row.phase, row.zzy_order_id) == (3, "awaiting_ticket", "4623122")


async def test_the_timeline_holds_log_ids_and_no_personal_data(world: World) -> None:
    await world.paid()
    text = " ".join(entry.text for entry in await world.store.timeline(OUR_NUM))
    assert "LogId log-c" in text
    assert [
        secret for secret in ("张三", "13456451211", "110101199003070134") if secret in text
    ] == []


@pytest.mark.parametrize("redelivered", [True, False])
async def test_a_redelivered_command_does_nothing_again(world: World, *, redelivered: bool) -> None:
    message = create_message(message_id="once")
    world.zzy.will("create", CREATED)
    world.zzy.will("pay", PAID)
    await world.commands.handle(message)
    again = create_message(message_id="once", redelivered=redelivered)
    assert await world.commands.handle(again) == Ack()
    assert world.zzy.calls == ["create", "pay"]
    assert len(await world.kinds()) == 3


async def test_an_order_from_the_future_is_not_taken(world: World) -> None:
    late = create_message(at=world.clock.now() + timedelta(seconds=301))
    parked = await world.commands.handle(late)
    assert isinstance(parked, Park)
    assert (parked.kind, world.zzy.calls) == ("unreadable", [])


async def test_the_same_order_twice_at_once_is_one_order(world: World) -> None:
    world.zzy.will("create", CREATED)
    world.zzy.will("pay", PAID)
    both = (world.commands.handle(create_message()) for _ in range(2))
    assert await asyncio.gather(*both) == [Ack(), Ack()]
    assert world.zzy.calls == ["create", "pay"]


async def test_who_asks_is_answered_over_the_broker(world: World) -> None:
    await world.broker.consume(queues.ORDERS, world.commands.handle, concurrency=4)
    world.zzy.will("create", CREATED)
    world.zzy.will("pay", PAID)
    answer = await world.broker.request(create_message(correlation_id="c1"), wait=10)
    assert json.loads(answer or b"{}") == {
        "code": "1000",
        "message": "成功",
        "data": {"order_num": OUR_NUM},
        "final": True,
    }
    unknown = await world.broker.request(cancel_message("f" * 32, correlation_id="c2"), wait=10)
    assert json.loads(unknown or b"{}")["code"] == "4001"


async def test_who_missed_a_refusal_is_notified_of_it_once(world: World) -> None:
    refused = create_message(day=PAST, message_id="m-1", **ASKED)
    await world.commands.handle(refused)
    assert await world.told() == [], "whoever asked was answered"
    for _ in range(2):
        assert await world.commands.handle(unanswered_message("m-1")) == Ack()
    assert await world.told() == ["order_failed"]
    assert await world.kinds() == ["order_commanded", "outcome_unheard"]


async def test_what_goes_on_needs_no_word_to_who_missed_an_answer(world: World) -> None:
    world.zzy.will("create", CREATED)
    world.zzy.will("pay", PAID)
    await world.commands.handle(create_message(message_id="m-1"))
    before = await world.row()
    assert await world.commands.handle(unanswered_message("m-1")) == Ack()
    assert await world.row() == before
    assert await world.told() == []


async def test_an_order_is_judged_before_who_missed_its_answer_is_told(world: World) -> None:
    early = unanswered_message("m-2")
    assert isinstance(await world.commands.handle(early), Retry)
    await world.commands.handle(create_message(day=PAST, message_id="m-1", **ASKED))
    assert isinstance(await world.commands.handle(early), Retry), "that was another try"
    await world.commands.handle(create_message(day=PAST, message_id="m-2", **ASKED))
    assert await world.commands.handle(early) == Ack()
    assert await world.told() == ["order_failed"]


async def test_whose_order_was_never_taken_is_given_up(world: World) -> None:
    outcomes = [
        await world.commands.handle(unanswered_message("m-1", attempt=attempt))
        for attempt in range(len(UNHEARD_RETRIES) + 1)
    ]
    assert [type(outcome) for outcome in outcomes] == [Retry] * len(UNHEARD_RETRIES) + [Ack]


@pytest.mark.parametrize("make", [cancel_message, refund_message])
async def test_who_takes_back_an_order_that_is_not_known_yet_is_looked_at_again(
    world: World, make: Callable[..., Message]
) -> None:
    early = await world.commands.handle(make())
    assert isinstance(early, Retry)
    assert early.delay == STRANGER_RETRY
    await world.paid()
    world.zzy.will("refund", AUDIT)
    assert await world.commands.handle(make(attempt=1)) == Ack()
    assert (await world.order()).refund is not None


async def test_a_cancel_during_create_is_decided_on_what_the_other_wrote(world: World) -> None:
    gate = Gate(CREATED)
    world.zzy.will("create", gate)
    world.zzy.will("cancel", CANCELLED)
    order = asyncio.create_task(world.commands.handle(create_message()))
    await gate.is_out()
    assert await world.commands.handle(cancel_message()) == Ack()
    gate.let_go()
    assert await order == Ack()
    assert world.zzy.calls == ["create", "cancel"]
    assert (await world.order()).phase == "cancelled"
    assert await world.told() == ["order_failed"]


async def test_a_cancel_during_pay_ends_as_a_refund(world: World) -> None:
    gate = Gate(PAID)
    world.zzy.will("create", CREATED)
    world.zzy.will("pay", gate)
    world.zzy.will("refund", AUDIT)
    order = asyncio.create_task(world.commands.handle(create_message()))
    await gate.is_out()
    await world.commands.handle(cancel_message())
    gate.let_go()
    await order
    assert world.zzy.calls == ["create", "pay", "refund"]
    refund = (await world.order()).refund
    assert refund is not None
    assert (refund.apply_id, refund.under_audit) == ("71", True)


async def test_who_asks_for_a_part_is_told_of_its_audit_while_the_wait_goes_on(
    world: World,
) -> None:
    await world.paid()
    world.zzy.will("refund", AUDIT)
    await world.broker.consume(queues.ORDERS, world.commands.handle, concurrency=4)
    for correlation_id in ("c1", "c2"):
        message = refund_message(correlation_id=correlation_id)
        answer = await world.broker.request(
            message, wait=0.2, final=lambda reply: bool(json.loads(reply)["final"])
        )
        told = json.loads(answer or b"{}")
        assert (told["code"], told["message"], told["final"]) == ("4000", "退款审核中", False)
        assert told["data"] == {"refund_id": f"{OUR_NUM}R1", "count": 1, "status": "pending"}
    assert world.zzy.calls == ["create", "pay", "refund"]


async def test_a_bad_date_is_refused_at_the_door(world: World) -> None:
    world.clock.advance(3 * 86_400)
    await world.commands.handle(create_message(at=world.clock.now()))
    assert (await world.order()).phase == "refused"
    assert world.zzy.calls == []


async def test_what_cannot_be_read_is_parked_and_its_asker_told(world: World) -> None:
    async def handled(message: Message) -> Park:
        outcome = await world.commands.handle(message)
        assert isinstance(outcome, Park)
        return outcome

    broken = create_message(body=b'{"type":"order.create.v1"}')
    assert (await handled(broken)).kind == "unreadable"
    assert (await handled(create_message(type="order.fly.v1"))).kind == "unknown_type"
    await world.broker.consume(queues.ORDERS, world.commands.handle, concurrency=1)
    answer = await world.broker.request(broken, wait=10)
    assert json.loads(answer or b"{}")["code"] == "9001"


async def test_a_database_that_does_not_answer_is_asked_again_later(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def down(*_: object) -> Loaded:
        raise StoreUnavailableError

    monkeypatch.setattr(world.store, "load", down)
    waits = [await world.commands.handle(cancel_message(attempt=n)) for n in range(6)]
    assert all(isinstance(wait, Retry) for wait in waits)
    assert [wait.delay for wait in waits if isinstance(wait, Retry)] == [1, 5, 5, 30, 30, 30]


async def test_a_command_that_the_database_cannot_take_is_parked(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def refuse(*_: object) -> None:
        raise StoreRefusedError

    monkeypatch.setattr(world.store, "commit", refuse)
    outcome = await world.commands.handle(create_message())
    assert isinstance(outcome, Park)
    assert outcome.kind == "store_refused"


async def test_an_answer_that_cannot_be_stored_is_found_by_the_timer(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    commit = world.store.commit
    commits = 0

    async def fails_after_the_pay(transition: object) -> object:
        nonlocal commits
        commits += 1
        if commits == 3:
            raise StoreUnavailableError
        return await commit(transition)  # type: ignore[arg-type]

    monkeypatch.setattr(world.store, "commit", fails_after_the_pay)
    world.zzy.will("create", CREATED)
    world.zzy.will("pay", PAID)
    message = create_message()
    assert isinstance(await world.commands.handle(message), Retry)
    assert (
        await world.commands.handle(create_message(message_id=message.message_id, attempt=1))
        == Ack()
    )
    assert world.zzy.calls == ["create", "pay"], "the redelivery must not pay again"
    assert await world.fire(20) == 1
    assert (await world.order()).pay_doubtful


async def test_a_call_whose_lease_ran_out_before_it_was_made_is_not_made(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    commit = world.store.commit

    async def slow(transition: object) -> object:
        world.clock.advance(20)
        return await commit(transition)  # type: ignore[arg-type]

    monkeypatch.setattr(world.store, "commit", slow)
    await world.commands.handle(create_message())
    assert world.zzy.calls == []
    monkeypatch.undo()
    world.zzy.will("create", TIMEOUT)
    await world.fire(0)
    await world.fire(1)
    assert world.zzy.calls == ["create"]
