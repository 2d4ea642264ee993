"""Forced refunds (强制退款) and other strange notices: what PersonQrCodes is asked, and when."""

import asyncio
from collections.abc import Mapping, Sequence
from typing import Any

import pytest
from structlog.testing import capture_logs

from contracts import headers
from contracts.zzy import PersonQrCodesAnswer
from tests.runtime.messages import OUR_NUM, notice_message, refund_notice, ticket_notice
from tests.runtime.world import NO_CODES, TIMEOUT, World, die
from tests.saga.facts import ZZY
from worker.runtime.outcome import Ack, Outcome, Park, Retry
from worker.runtime.ports import Message
from worker.translation.supplier import Refused, Succeeded

STILL = Succeeded(
    PersonQrCodesAnswer.parse(
        '{"IsSuccess":true,"Data":[{"Name":"张三","QrCode":"c-1"},{"Name":"李四","QrCode":"c-2"}]}'
    ),
    "",
)


def forced(*codes: str, **fields: Any) -> Message:  # noqa: ANN401
    body = {"OrderId": int(ZZY), "RefundApplyNo": "", "RefundStatus": 1, "VoucherCode": codes}
    return notice_message("order_refund_notify", body, **fields)


async def issued(world: World, *, hold: bool) -> None:
    world.hold_forced = hold
    world.restart()
    await world.paid()
    assert await world.notices.handle(ticket_notice("c-1", "c-2")) == Ack()


async def lines(world: World, kind: str) -> list[str]:
    return [one.text for one in await world.store.timeline(OUR_NUM) if one.kind == kind]


def alarms(logs: Sequence[Mapping[str, Any]]) -> list[object]:
    return [line["kind"] for line in logs if line["event"] == "alarm"]


def held(outcome: Outcome) -> Park:
    assert isinstance(outcome, Park)
    assert outcome.kind == "notice_forced_refund"
    return outcome


async def test_as_usual_it_is_taken_and_looked_into_afterwards(world: World) -> None:
    await issued(world, hold=False)
    world.zzy.will("probe", STILL)
    with capture_logs() as logs:
        assert await world.notices.handle(forced("c-1")) == Ack()
    assert (await world.order()).refunded == 1
    assert alarms(logs) == ["forced_refund", "forced_refund_doubtful"]
    shown = "PersonQrCodes shows 2 codes, 2 of them known to us"
    assert await lines(world, "evidence_heard") == [shown]
    assert await world.notices.handle(forced("c-1")) == Ack(), "a repeat asks nobody"


async def test_a_worker_that_died_before_it_asked_leaves_the_question_to_the_next(
    world: World,
) -> None:
    await issued(world, hold=False)
    world.zzy.will("probe", die, NO_CODES, STILL)
    with pytest.raises(asyncio.CancelledError):
        await world.notices.handle(forced("c-1"))
    world.restart()
    with capture_logs() as logs:
        assert await world.notices.handle(forced("c-1", redelivered=True)) == Ack()
        assert await world.notices.handle(forced("c-1", redelivered=True)) == Ack()
    assert alarms(logs) == ["forced_refund_doubtful"], "only where its code is still shown"
    assert (await world.order()).refunded == 1


async def test_as_usual_silence_of_zzy_holds_nothing_up(world: World) -> None:
    await issued(world, hold=False)
    world.zzy.will("probe", TIMEOUT)
    with capture_logs() as logs:
        assert await world.notices.handle(forced()) == Ack()
    assert (await world.order()).phase == "refunded"
    assert alarms(logs) == ["forced_refund"]
    assert await lines(world, "evidence_heard") == ["PersonQrCodes did not answer: timeout"]


async def test_held_while_its_codes_are_shown_and_taken_once_they_are_not(world: World) -> None:
    await issued(world, hold=True)
    world.zzy.will("probe", STILL, STILL, NO_CODES)
    first = held(await world.notices.handle(forced()))
    assert first.reason == "held: PersonQrCodes still shows 2 of what it takes"
    assert (await world.order()).refunded == 0
    assert (await world.row()).human is not None
    again = held(await world.notices.handle(forced()))
    assert again.letter == first.letter, "the same letter, however often it comes"
    assert await world.told() == ["voucher"]
    assert await world.notices.handle(forced()) == Ack()
    assert (await world.row()).human is None
    assert (await world.order()).phase == "refunded"
    assert await world.told() == ["voucher", "refund"]


async def test_a_person_lets_it_pass_by_a_replay(world: World) -> None:
    await issued(world, hold=True)
    world.zzy.will("probe", STILL)
    held(await world.notices.handle(forced()))
    for _ in range(2):
        replay = forced(headers={headers.REPLAY_OF: "d1"})
        assert await world.notices.handle(replay) == Ack()
    assert (await world.order()).phase == "refunded"
    assert await world.told() == ["voucher", "refund"]


async def test_only_the_codes_that_it_takes_speak_against_it(world: World) -> None:
    await issued(world, hold=True)
    only_second = PersonQrCodesAnswer.parse('{"IsSuccess":true,"Data":[{"QrCode":"c-2"}]}')
    world.zzy.will("probe", Succeeded(only_second, ""), STILL)
    assert await world.notices.handle(forced("c-1")) == Ack()
    held(await world.notices.handle(forced("c-2")))


@pytest.mark.parametrize("silence", [TIMEOUT, Refused("500", "系统繁忙", "")])
async def test_without_an_answer_it_is_asked_again_and_then_a_person_is(
    world: World, silence: object
) -> None:
    await issued(world, hold=True)
    world.zzy.will("probe", *[silence] * 5)
    waits = [await world.notices.handle(forced(attempt=n)) for n in range(4)]
    assert [one.delay for one in waits if isinstance(one, Retry)] == [1, 1, 5, 5]
    last = held(await world.notices.handle(forced(attempt=4)))
    assert last.reason == "held: PersonQrCodes gave no answer"
    assert (await world.order()).refunded == 0


async def test_our_own_refund_is_never_held(world: World) -> None:
    await issued(world, hold=True)
    world.zzy.will("probe", STILL)
    assert await world.notices.handle(refund_notice("stray")) == Ack()
    assert await world.told() == ["voucher"]
    assert (await world.row()).human is not None, "a stray one calls a person, as ever"


async def test_a_second_body_is_forged_before_anybody_is_asked(world: World) -> None:
    await issued(world, hold=True)
    world.zzy.will("probe", NO_CODES, STILL)
    assert await world.notices.handle(forced("c-1", signature="s")) == Ack()
    outcome = await world.notices.handle(forced("c-2", signature="s"))
    assert isinstance(outcome, Park)
    assert outcome.kind == "notice_quarantined"
    assert (await world.order()).refunded == 1


async def test_a_notice_that_contradicts_the_order_is_looked_into(world: World) -> None:
    await issued(world, hold=False)
    world.zzy.will("probe", STILL)
    assert await world.notices.handle(ticket_notice(status=2)) == Ack()
    assert await world.notices.handle(ticket_notice(status=2)) == Ack(), "a repeat asks nobody"
    assert (await world.row()).human is not None
    shown = "PersonQrCodes shows 2 codes, 2 of them known to us; in front of a human"
    assert await lines(world, "evidence_heard") == [shown]
    assert (await world.order()).phase == "issued"
