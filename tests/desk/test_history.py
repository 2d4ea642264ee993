"""An order's history with its calls and what each took, and what comes next."""

from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import pytest

from tests.doubles import NOON
from tests.runtime.messages import OUR_NUM, create_message
from tests.runtime.world import CREATED, TIMEOUT, World, world
from tests.saga.beginnings import (
    awaiting,
    creating,
    has_tickets,
    no_ticket,
    part_audited,
    pay_doubtful,
    paying,
)
from tests.saga.facts import POLICY
from tests.saga.playbook import Playbook
from worker.desk.history import CALL, history
from worker.runtime.outcome import Ack
from worker.runtime.ports import NotificationResult
from worker.saga.policy import Policy
from worker.saga.states import Phase
from worker.saga.upcoming import upcoming


@pytest.fixture
async def here(tmp_path: Path) -> AsyncIterator[World]:
    async with world(tmp_path) as opened:
        yield opened


async def test_each_call_is_a_line_with_how_long_it_took(here: World) -> None:
    async def slow() -> object:
        here.clock.advance(3)
        return TIMEOUT

    here.zzy.will("create", CREATED)
    here.zzy.will("pay", slow)
    assert await here.commands.handle(create_message()) == Ack()
    told = await history(here.store, await here.row(), Policy())
    calls = [line for line in told.lines if line.sort == CALL]
    assert [(line.what, line.state, line.log_id) for line in calls] == [
        ("Create", "succeeded", "log-c"),
        ("Pay", "unknown", ""),
    ]
    assert [line.took for line in calls] == [timedelta(0), timedelta(seconds=3)]
    assert told.next is not None
    assert told.next.does == ("call PersonQrCodes",)
    assert [line.what for line in told.lines][:2] == ["order_commanded", "Create"]


async def test_a_call_that_is_out_has_no_answer_yet_and_a_notification_took_its_time(
    here: World,
) -> None:
    await here.paid()
    told = await history(here.store, await here.row(), Policy())
    assert all(line.state != "no answer yet" for line in told.lines)
    here.zzy.will("refund", TIMEOUT)
    notified = await here.store.notifications(OUR_NUM)
    assert notified == []


async def test_a_notification_says_how_often_it_was_tried_and_how_long_it_took(
    here: World,
) -> None:
    here.zzy.will("create", TIMEOUT)
    assert await here.commands.handle(create_message()) == Ack()
    for _ in POLICY.unknown_retries:
        here.zzy.will("create", TIMEOUT)
        await here.fire(60)
    [row] = await here.store.notifications(OUR_NUM)
    at = row.created_at + timedelta(seconds=4)
    result = NotificationResult(row.webhook_id, "delivered", 2, "HTTP 200", at)
    await here.store.record_deliveries([result])
    told = await history(here.store, await here.row(), Policy())
    line = told.lines[-1]
    assert (line.what, line.state) == ("notification_order_failed", "delivered")
    assert line.text == "#1 tried 2 times: HTTP 200"
    assert line.took == timedelta(seconds=4)
    assert told.next is None


@pytest.mark.parametrize(
    ("story", "seconds", "waits_for", "does", "phase"),
    [
        (creating(), 20, "Create", ("wait on",), Phase.CREATING),
        (paying(), 20, "Pay", ("wait on",), Phase.PAYING),
        (pay_doubtful(), 1, "", ("call PersonQrCodes",), Phase.PAYING),
        (awaiting(), 600, "", ("call PersonQrCodes",), Phase.AWAITING_TICKET),
        (part_audited(), 259_200, "", ("call a human",), Phase.ISSUED),
    ],
)
def test_what_comes_next_is_what_the_table_says(
    story: Playbook, seconds: float, waits_for: str, does: tuple[str, ...], phase: Phase
) -> None:
    coming = upcoming(story.order, POLICY)
    assert coming is not None
    assert coming.at == story.now + timedelta(seconds=seconds)
    assert (coming.waits_for, coming.does, coming.phase) == (waits_for, does, phase)
    assert coming.at > NOON


@pytest.mark.parametrize("story", [has_tickets(), no_ticket()])
def test_what_waits_for_nothing_has_nothing_next(story: Playbook) -> None:
    assert upcoming(story.order, POLICY) is None
