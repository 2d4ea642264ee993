"""One order's page: on a phone, by the keyboard alone, with its history, in Chinese."""

import pytest
from playwright.async_api import expect

from contracts.commands import ResendVoucherCommand
from tests.console.browsing import PHONE, Visit
from tests.console.orders import AGAIN, DONE, STUCK, Saga
from tests.console.place import Console
from worker.console.config import Level
from worker.runtime.auditing import AuditQuery

pytestmark = pytest.mark.asyncio(loop_scope="session")


async def test_the_keyboard_resends_vouchers_on_a_phone(
    filled: Console, visit: Visit, saga: Saga
) -> None:
    page = await visit.page(Level.OPERATOR, size=PHONE)
    await page.goto(f"/orders/{AGAIN}")
    act = page.locator("details.act", has_text="Send the vouchers again")
    for _ in range(60):
        await page.keyboard.press("Tab")
        if await act.locator("summary").evaluate("s => s === document.activeElement"):
            break
    await page.keyboard.press("Enter")
    await page.keyboard.press("Tab")
    await page.keyboard.press("b")
    await expect(act.locator("select")).to_have_value("sms")
    await page.keyboard.press("Tab")
    await page.keyboard.type("the guest lost them")
    await page.keyboard.press("Tab")
    await expect(act.locator("button")).to_be_focused()
    await page.keyboard.press("Enter")
    await expect(page.locator(".flash.good")).to_contain_text(DONE)
    [command] = [one for one in saga.asked if one.type == ResendVoucherCommand.TYPE]
    assert b'"by":"sms"' in command.body
    entries = await filled.store.audit_entries(AuditQuery(subject=AGAIN, action="order.resend"))
    assert {one.reason for one in entries} == {"the guest lost them"}


async def test_escape_leaves_an_act_alone(visit: Visit) -> None:
    page = await visit.page(Level.OPERATOR, size=PHONE)
    await page.goto(f"/orders/{STUCK}")
    act = page.locator("#acts details.act").first
    await act.locator("summary").focus()
    await page.keyboard.press("Enter")
    await act.locator("textarea").focus()
    await page.keyboard.press("Escape")
    await expect(act.locator("summary")).to_be_focused()
    await expect(act.locator("textarea")).to_be_hidden()


async def test_the_history_leads_to_a_dead_letter(visit: Visit) -> None:
    page = await visit.page(Level.VIEWER, size=PHONE)
    await page.goto(f"/orders/{AGAIN}")
    died = page.locator("#history tr.letter")
    await expect(died).to_contain_text("died")
    await expect(died).to_contain_text("HTTP 500 <script>")
    await died.get_by_role("link").click()
    await expect(page).to_have_url(f"{visit.console.url}/letters/of-again")


async def test_it_says_in_chinese_why_a_human_is_needed(visit: Visit) -> None:
    page = await visit.page(Level.VIEWER, language="zh", size=PHONE)
    for path in (f"/orders/{STUCK}", "/desk"):
        await page.goto(path)
        text = await page.locator("main").inner_text()
        assert "已付款但一直未出票" in text
        assert "no ticket came: ask ZZY" not in text
    await page.goto("/alarms")
    assert "中智游没有应答" in await page.locator("#alarms").inner_text()
