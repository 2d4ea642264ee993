"""What people read of alarms and say of them, in the browser."""

import re

import pytest
from playwright.async_api import expect

from tests.console.browsing import Visit
from tests.console.place import Console
from worker.console.config import Level
from worker.runtime.alarm_records import RaisedAlarm, Severity, Telling
from worker.runtime.auditing import AuditQuery

pytestmark = pytest.mark.asyncio(loop_scope="session")


async def test_the_urgent_ones_stand_first_and_the_past_is_apart(visit: Visit) -> None:
    page = await visit.page(Level.VIEWER)
    await page.goto("/alarms")
    rows = page.locator("#alarms tbody tr")
    assert "critical" in await rows.first.inner_text()
    said = await page.locator("#alarms").inner_text()
    assert "zzy_down" in said
    assert "channel_silent" not in said
    assert await page.locator("#alarms details").count() == 0, "a viewer may do nothing"
    await page.get_by_role("link", name="Alarms that are over").click()
    assert "channel_silent" in await page.locator("#alarms").inner_text()


async def test_the_navigation_counts_what_nobody_looks_after(visit: Visit) -> None:
    page = await visit.page(Level.VIEWER, language="zh")
    await page.goto("/")
    await expect(page.locator("nav .mark")).to_have_text(re.compile(r"^[3-9]$"))


async def test_a_person_looks_after_an_alarm_and_ends_it(visit: Visit, filled: Console) -> None:
    now = filled.parts.clock.now()
    raised = RaisedAlarm("no_consumer", "of-this-test", Severity.CRITICAL, "it is so", now)
    opened = await filled.store.raise_alarm(raised, Telling())
    page = await visit.page(Level.OPERATOR)
    await page.goto("/alarms")
    row = page.locator("#alarms tbody tr", has_text="of-this-test")
    await row.locator("summary", has_text="I look after it").click()
    await row.get_by_role("button", name="I look after it").click()
    await expect(page.locator(".flash")).to_contain_text("You look after no_consumer of-this-test")
    assert "console:operator" in await row.inner_text()
    await row.locator("summary", has_text="It is over").click()
    await row.get_by_label("Reason").fill("started again")
    await row.get_by_role("button", name="It is over").click()
    await expect(page.locator(".flash")).to_contain_text("no_consumer of-this-test is over")
    assert await row.count() == 0
    written = await filled.store.audit_entries(AuditQuery(subject=opened.id))
    assert [(one.actor, one.action, one.reason) for one in written] == [
        ("console:operator", "alarm.resolve", "started again"),
        ("console:operator", "alarm.acknowledge", ""),
    ]
