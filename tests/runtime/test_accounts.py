"""An order of a prepaid channel: from the command to the account, whatever goes wrong."""

import asyncio
from collections.abc import Sequence
from decimal import Decimal
from typing import Any

import pytest
from structlog.testing import capture_logs

from tests.doubles import NOON
from tests.runtime.messages import (
    OUR_NUM,
    cancel_message,
    create_message,
    refund_notice,
    ticket_notice,
)
from tests.runtime.world import AUDIT, CREATED, NO_CODES, PAID, TIMEOUT, Gate, World, die
from worker.runtime.accounts import AccountWatch
from worker.runtime.outcome import Ack
from worker.runtime.ports import Booking, Committed, Message, Transition
from worker.runtime.pulse import Pulse
from worker.saga.effects import Reply
from worker.telemetry.metrics import exposition
from worker.translation.settlement import Price, Tariff
from worker.translation.supplier import Refused

PRICE = Decimal("50.5")
WHOLE = PRICE * 2
LOW = Decimal(150)
REFUSED = Refused("500", "系统繁忙", "log-e")


@pytest.fixture
def prepaid(world: World) -> World:
    """Give the channel k an account and its product a price."""
    open_account(world)
    return world


def open_account(world: World, price: Decimal | None = PRICE) -> None:
    prices = {} if price is None else {"11063": (Price(None, price),)}
    world.commands._tariff = Tariff({"k": prices})
    world.commands._saga._watch = AccountWatch({"k": LOW})


async def top_up(world: World, amount: str) -> None:
    booking = Booking(f"t{amount}", "k", "top_up", Decimal(amount), "", "ann", NOON)
    assert (await world.store.book(booking)).entry is not None


async def standing(world: World) -> tuple[Decimal, Decimal]:
    account = await world.store.account("k")
    assert account is not None
    return account.balance, account.held


async def ledger(world: World) -> list[str]:
    return [one.kind for one in await world.store.account_entries("k")]


async def answers(world: World, *messages: Message) -> Sequence[tuple[str, str]]:
    """Take the messages and return what is answered to each."""
    told: dict[str, tuple[str, str]] = {}

    async def reply(_order_num: str, effect: Reply) -> None:
        told[effect.to.correlation_id] = (effect.code, effect.message)

    performer: Any = world.commands._saga._performer
    performer.reply = reply
    for message in messages:
        assert await world.commands.handle(message) == Ack()
        await world.settle()
    return list(told.values())


def asking(name: str, **fields: Any) -> Message:  # noqa: ANN401
    return create_message(reply_to="r", correlation_id=name, **fields)


SHORT = ("3009", "账户余额不足，请联系管理员")


async def test_an_order_is_held_then_charged(prepaid: World) -> None:
    await top_up(prepaid, "1000")
    gate = Gate(PAID)
    prepaid.zzy.will("create", CREATED)
    prepaid.zzy.will("pay", gate)
    taking = asyncio.create_task(prepaid.commands.handle(create_message()))
    await gate.is_out()
    assert await standing(prepaid) == (1000, WHOLE)
    gate.let_go()
    assert await taking == Ack()
    assert await standing(prepaid) == (1000 - WHOLE, 0)
    assert (await prepaid.order()).terms.settlement_price == PRICE


async def test_an_empty_account_refuses_and_leaves_the_number_free(prepaid: World) -> None:
    assert await answers(prepaid, asking("a")) == [SHORT]
    await top_up(prepaid, "100.99")
    assert await answers(prepaid, asking("b")) == [SHORT]
    assert prepaid.zzy.calls == []
    assert (await prepaid.order()).phase == "refused"
    assert await prepaid.told() == []
    await top_up(prepaid, "0.01")
    await prepaid.paid()
    assert await ledger(prepaid) == ["top_up", "top_up", "hold", "charge"]
    assert await standing(prepaid) == (0, 0)


async def test_a_repeat_of_a_good_order_is_no_matter_of_money(prepaid: World) -> None:
    await top_up(prepaid, str(WHOLE))
    await prepaid.paid()
    assert await answers(prepaid, asking("again")) == [("1000", "成功")]
    assert await ledger(prepaid) == ["top_up", "hold", "charge"]


async def test_who_comes_late_with_a_refusal_looks_at_the_account_again(
    prepaid: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = prepaid.store.commit

    async def commit(transition: Transition) -> Committed:
        done = await real(transition)
        if done.short:
            monkeypatch.undo()
            assert await prepaid.commands.handle(create_message()) == Ack()
            await top_up(prepaid, "1000")
        return done

    monkeypatch.setattr(prepaid.store, "commit", commit)
    await prepaid.paid()
    assert (await prepaid.order()).phase == "awaiting_ticket"
    assert await standing(prepaid) == (1000 - WHOLE, 0)


async def test_what_zzy_refuses_is_released(prepaid: World) -> None:
    await top_up(prepaid, "1000")
    prepaid.zzy.will("create", REFUSED)
    assert await prepaid.commands.handle(create_message()) == Ack()
    assert await ledger(prepaid) == ["top_up", "hold", "release"]
    assert await standing(prepaid) == (1000, 0)


async def test_a_crash_books_nothing_twice(prepaid: World) -> None:
    await top_up(prepaid, "1000")
    prepaid.zzy.will("create", die, CREATED)
    prepaid.zzy.will("pay", TIMEOUT)
    message = create_message()
    with pytest.raises(asyncio.CancelledError):
        await prepaid.commands.handle(message)
    prepaid.restart()
    open_account(prepaid, Decimal(99))
    again = create_message(message_id=message.message_id, redelivered=True)
    assert await prepaid.commands.handle(again) == Ack()
    assert await standing(prepaid) == (1000, WHOLE)
    await prepaid.fire(20)
    await prepaid.fire(1)
    assert await standing(prepaid) == (1000, WHOLE)
    await prepaid.notices.handle(ticket_notice("c-1"))
    assert await standing(prepaid) == (1000 - WHOLE, 0)
    assert await ledger(prepaid) == ["top_up", "hold", "charge"]


async def test_a_cancel_credits_once_its_refund_is_approved(prepaid: World) -> None:
    await top_up(prepaid, "1000")
    await prepaid.paid()
    prepaid.zzy.will("refund", AUDIT)
    await prepaid.commands.handle(cancel_message())
    assert await standing(prepaid) == (1000 - WHOLE, 0)
    for _ in range(3):
        assert await prepaid.notices.handle(refund_notice(f"{OUR_NUM}R1")) == Ack()
    assert await ledger(prepaid) == ["top_up", "hold", "charge", "credit"]
    assert await standing(prepaid) == (1000, 0)


async def test_a_forced_refund_credits_too(prepaid: World) -> None:
    await top_up(prepaid, "1000")
    await prepaid.paid()
    await prepaid.notices.handle(ticket_notice("c-1", "c-2"))
    prepaid.zzy.will("probe", NO_CODES)
    await prepaid.notices.handle(refund_notice(""))
    assert (await prepaid.order()).phase == "refunded"
    assert await standing(prepaid) == (1000, 0)


async def test_an_order_whose_tickets_fail_is_credited_when_the_money_is_back(
    prepaid: World,
) -> None:
    await top_up(prepaid, "1000")
    await prepaid.paid()
    prepaid.zzy.will("refund", AUDIT)
    await prepaid.notices.handle(ticket_notice(status=2))
    assert await standing(prepaid) == (1000 - WHOLE, 0)
    await prepaid.notices.handle(refund_notice(f"{OUR_NUM}R1"))
    assert await standing(prepaid) == (1000, 0)


async def test_a_product_without_a_price_is_refused_and_the_operator_told(world: World) -> None:
    open_account(world, None)
    with capture_logs() as logs:
        told = await answers(world, asking("a"))
    assert told == [("3000", "创建订单失败：产品没有结算价")]
    assert [line["kind"] for line in logs if line["event"] == "alarm"] == [
        "settlement_price_missing"
    ]
    open_account(world)
    await top_up(world, str(WHOLE))
    await world.paid()


async def test_the_gauges_show_each_account(prepaid: World) -> None:
    await top_up(prepaid, "300.5")
    gate = Gate(PAID)
    prepaid.zzy.will("create", CREATED)
    prepaid.zzy.will("pay", gate)
    taking = asyncio.create_task(prepaid.commands.handle(create_message()))
    await gate.is_out()
    await Pulse(prepaid.store, prepaid.clock, accounts=True).feel()
    text = exposition()[0].decode()
    assert 'ticketbridge_account_balance_yuan{app_key="k"} 300.5' in text
    assert 'ticketbridge_account_held_yuan{app_key="k"} 101.0' in text
    gate.let_go()
    await taking


async def test_the_operator_hears_of_a_low_account_when_the_line_is_crossed(
    prepaid: World,
) -> None:
    heard = []
    for number, (funds, price) in enumerate(
        (("301", PRICE), ("", PRICE), ("", Decimal(10)), ("150", PRICE), ("", PRICE))
    ):
        if funds:
            await top_up(prepaid, funds)
        open_account(prepaid, price)
        prepaid.zzy.will("create", CREATED)
        prepaid.zzy.will("pay", PAID)
        with capture_logs() as logs:
            await prepaid.commands.handle(create_message(number=f"low{number}"))
        heard.append([line["kind"] for line in logs if line["event"] == "alarm"])
    assert heard == [[], ["account_low"], [], ["account_low"], []]


async def test_a_crossing_that_a_crash_swallowed_is_seen_at_the_next_look(prepaid: World) -> None:
    await top_up(prepaid, "150")
    low = {"k": Decimal(200), "unknown": Decimal(1)}
    heard = []
    for watch, funds in ((AccountWatch(low), ""), (again := AccountWatch(low), ""), (again, "100")):
        if funds:
            await top_up(prepaid, funds)
        with capture_logs() as logs:
            await watch.look(prepaid.store)
            await watch.look(prepaid.store)
        heard.append([line["kind"] for line in logs if line["event"] == "alarm"])
    assert heard == [["account_low"], ["account_low"], []]
