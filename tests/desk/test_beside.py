"""Money, dead letters and early notices stand in an order's history, where they happened."""

from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from pathlib import Path

import pytest

from tests.deadletters.letters import letter
from tests.doubles import NOON
from tests.runtime.messages import OUR_NUM, create_message, ticket_notice
from tests.runtime.world import CREATED, PAID, World, world
from worker.desk.beside import LETTER, MONEY, NOTICE, Line
from worker.desk.history import CALL, DECISION, history
from worker.runtime.auditing import AuditEntry
from worker.runtime.lettering import LetterChange, LetterQuery, Replayed
from worker.runtime.outcome import Ack
from worker.runtime.ports import Booking, HeldNotice
from worker.saga.policy import Policy
from worker.translation.settlement import Price, Tariff


@pytest.fixture
async def here(tmp_path: Path) -> AsyncIterator[World]:
    async with world(tmp_path) as opened:
        yield opened


async def lines(here: World, *sorts: str) -> list[Line]:
    told = await history(here.store, await here.row(), Policy())
    assert [line.at for line in told.lines] == sorted(line.at for line in told.lines)
    return [line for line in told.lines if line.sort in sorts]


async def test_what_the_account_paid_stands_between_the_decisions(here: World) -> None:
    here.commands._tariff = Tariff({"k": {"11063": (Price(None, Decimal("50.5")),)}})
    await here.store.book(Booking("t", "k", "top_up", Decimal(1000), "", "ann", NOON))

    async def slow() -> object:
        here.clock.advance(3)
        return CREATED

    here.zzy.will("create", slow)
    here.zzy.will("pay", PAID)
    assert await here.commands.handle(create_message()) == Ack()
    found = await lines(here, DECISION, CALL, MONEY)
    names = [line.what for line in found if line.sort == MONEY]
    assert names == ["account_hold", "account_charge"]
    held = next(line for line in found if line.what == "account_hold")
    assert held.text == "¥101.00; balance ¥1000.00, held ¥101.00"
    assert [line.what for line in found].index("account_hold") < [
        line.what for line in found
    ].index("create_succeeded")


async def test_a_dead_letter_died_was_replayed_died_again_and_was_discarded(here: World) -> None:
    await here.paid()
    store = here.store
    one = replace(letter(), id="l1", order_num=OUR_NUM, reason="HTTP 500 for 13456451211")
    await store.add_dead_letter(one)
    await store.mark_replayed(Replayed(["l1"], NOON, NOON + timedelta(seconds=5)))
    await store.add_dead_letter(replace(one, last_failed_at=NOON + timedelta(seconds=9)))
    await store.add_dead_letter(replace(one, id="l2", order_num="another"))
    change = LetterChange(
        "discarded", ("open",), NOON + timedelta(seconds=20), "cli:ann", "by post"
    )
    entry = AuditEntry(NOON, "cli:ann", "deadletter.discard", "l1", id="a1")
    assert await store.change_letters(LetterQuery(ids=("l1",)), change, entry) == ["l1"]
    found = await lines(here, LETTER)
    assert [((line.at - NOON).seconds, line.state, line.letter_id) for line in found] == [
        (0, "died", "l1"),
        (5, "replayed", "l1"),
        (9, "died again", "l1"),
        (20, "discarded", "l1"),
    ]
    assert found[-1].text == "by cli:ann: by post"
    assert "13456451211" not in found[0].text


async def test_a_notice_that_came_early_says_how_long_it_was_held(here: World) -> None:
    assert await here.notices.handle(ticket_notice("c-1")) == Ack()
    here.clock.advance(7)
    await here.paid()
    await here.notices.sweep()
    [issued] = [line for line in await lines(here, DECISION) if line.what == "ticket_issued"]
    assert "held for 7.0 s, until its order was known" in issued.text
    assert await here.notices.handle(ticket_notice("c-2")) == Ack()
    later = [line for line in await lines(here, DECISION) if line.what == "ticket_issued"]
    assert "held" not in later[-1].text


async def test_a_notice_that_still_waits_is_a_line(here: World) -> None:
    await here.paid()
    zzy = (await here.row()).zzy_order_id or ""
    for name, number in (("n1", zzy), ("n2", "another")):
        await here.store.hold_notice(HeldNotice(name, "", number, "zzy.notice.v1", b"{}", NOON))
    [line] = await lines(here, NOTICE)
    assert (line.what, line.state, line.at) == ("notice_held", "held", NOON)
