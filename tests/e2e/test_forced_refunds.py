"""A forced refund that ZZY itself contradicts waits for a person, where that is wanted."""

import pytest

from tests.e2e.calling import called
from tests.e2e.notices import REFUND, envelope, post
from tests.e2e.test_notices import issued, letter_of
from tests.e2e.world import Choice, World
from worker.simulators.records import Order

WORLD = Choice(settings={"forced_refund_check": '"hold"', "ticket_deadline_seconds": "60"})

pytestmark = pytest.mark.asyncio(loop_scope="module")


async def force(world: World, book: Order) -> None:
    """Send a forced refund of everything as ZZY would sign it; its books know nothing of it."""
    body = {
        "OrderId": book.order_id,
        "RefundApplyNo": "",
        "RefundStatus": 1,
        "RefundReason": "",
        "VoucherCode": [],
    }
    answer = await post(world.place.url, envelope(REFUND, body))
    assert (answer.code, answer.taken) == (1000, True)


async def test_it_is_held_until_zzy_agrees(bridged: World) -> None:
    book = await issued(bridged, number := bridged.fresh())
    await force(bridged, book)
    await letter_of(bridged, "notice_forced_refund")
    assert (await bridged.show(book.origin_order_id))["human"].startswith("ZZY forced a refund")
    assert bridged.k.news(number) == ["voucher"]
    bridged.zzy.platform.force_refund(book.origin_order_id)
    [told] = await bridged.k.told("refund", number)
    assert (told.params["status"], told.params["count"]) == ("forced", 5)
    assert (await bridged.show(book.origin_order_id))["human"] == ""


async def test_a_person_lets_it_pass(bridged: World) -> None:
    book = await issued(bridged, number := bridged.fresh())
    await force(bridged, book)
    letter = await letter_of(bridged, "notice_forced_refund", book.origin_order_id)
    show = await called(bridged.place.config, "deadletters", "show", letter["id"])
    assert '"kind": "evidence_heard"' in show.out
    assert "PersonQrCodes shows 1 code, 1 of them known to us" in show.out
    ran = await called(bridged.place.config, "deadletters", "replay", letter["id"])
    assert ran.code == 0, ran.err
    [told] = await bridged.k.told("refund", number)
    assert told.params["status"] == "forced"
