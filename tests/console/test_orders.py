"""Orders, an order and the exception desk in the browser: found, read, masked, helped on."""

import pytest

from contracts.commands import ResolveOrderCommand
from tests.console.browsing import Visit
from tests.console.orders import DONE, ISSUED, STUCK, Saga
from tests.console.place import Console
from tests.saga.facts import DEMAND, V1
from worker.console.config import Level
from worker.runtime.auditing import AuditQuery

pytestmark = pytest.mark.asyncio(loop_scope="session")


async def test_an_order_is_found_and_read_and_nobody_is_named(visit: Visit) -> None:
    page = await visit.page(Level.VIEWER)
    await page.goto("/orders")
    await page.get_by_label("Search").fill(V1.code)
    await page.keyboard.press("Enter")
    await page.wait_for_url("**q=*")
    rows = page.locator("#orders tbody tr")
    assert await rows.count() == 1
    assert "voucher" in await rows.inner_text()
    await page.get_by_role("link", name=ISSUED).click()
    text = await page.locator("main").inner_text()
    assert DEMAND.take_phone not in text
    assert V1.code not in text.split()
    assert await page.locator("form[action$=reveal]").count() == 0
    image = page.locator("figure img")
    assert await image.evaluate("i => i.decode().then(() => i.naturalWidth > 0)")


async def test_what_is_revealed_is_recorded(filled: Console, visit: Visit) -> None:
    page = await visit.page(Level.OPERATOR)
    await page.goto(f"/orders/{ISSUED}")
    await page.locator("form:has(input[value=phone]) button").click()
    await page.get_by_text(DEMAND.take_phone).wait_for()
    entries = await filled.store.audit_entries(AuditQuery(subject=ISSUED))
    assert [(one.action, one.result) for one in entries] == [("order.reveal", "shown: phone")]
    assert entries[0].actor.startswith("console:")


async def test_the_desk_names_the_money_first_and_an_operator_settles(
    filled: Console, visit: Visit, saga: Saga
) -> None:
    page = await visit.page(Level.OPERATOR)
    await page.goto("/desk")
    first = page.locator("#desk tbody tr").first
    assert "¥120.00" in await first.inner_text()
    await first.get_by_role("link", name=STUCK).click()
    act = page.locator("details.act", has_text="money is back")
    await act.locator("summary").click()
    await act.locator("textarea").fill("asked by telephone")
    await act.get_by_role("checkbox").check()
    await act.locator("button").click()
    await page.locator(".flash.good").wait_for()
    assert DONE in await page.locator(".flash").inner_text()
    [command] = [one for one in saga.asked if one.type == ResolveOrderCommand.TYPE]
    assert b'"action":"settle","settled":"refunded"' in command.body
    entries = await filled.store.audit_entries(AuditQuery(subject=STUCK))
    assert [one.action for one in entries] == ["order.settle", "order.settle"]
