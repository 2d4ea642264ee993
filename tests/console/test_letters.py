"""Dead letters and replay jobs as people work with them, in the browser and at the door."""

import json
from dataclasses import replace

import pytest
from playwright.async_api import Page, expect

from tests.console.browsing import PHONE, Visit
from tests.console.letters import JOB, STALE, WRITTEN, order_letter
from tests.console.place import Console
from tests.deadletters.letters import ID_CARD, NAME, VOUCHER, letter
from tests.deadletters.letters import PHONE as THEIR_PHONE
from worker.clock import SystemClock
from worker.console import texts
from worker.console.config import Level
from worker.runtime.auditing import AuditEntry, AuditQuery
from worker.runtime.lettering import STATES
from worker.runtime.ports import DeadLetter
from worker.runtime.replaying import ACTIVE, CANCELLED, FINISHED, STOPPED

pytestmark = pytest.mark.asyncio(loop_scope="session")
PERSONAL = (ID_CARD, NAME, THEIR_PHONE, VOUCHER)


async def add(console: Console, name: str) -> DeadLetter:
    """Add a letter of this test's own."""
    made = replace(letter(), id=name, last_failed_at=SystemClock().now(), fingerprint=f"g{name}")
    await console.store.add_dead_letter(made)
    return made


async def audit(console: Console, subject: str) -> list[AuditEntry]:
    return list(await console.store.audit_entries(AuditQuery(subject=subject)))


async def state(console: Console, name: str) -> str:
    found = await console.store.dead_letter(name)
    assert found is not None
    return found.state


async def fits(page: Page) -> bool:
    wide = "document.documentElement.scrollWidth <= document.body.clientWidth"
    return bool(await page.evaluate(wide))


async def test_groups_filters_and_pages(visit: Visit) -> None:
    page = await visit.page(Level.VIEWER)
    await page.goto("/letters")
    assert await page.locator("#groups tbody tr").count() >= 4
    assert await page.locator("#letters tbody tr").count() == 50
    assert await page.locator("input[name=id]").count() == 0
    await page.locator("a[rel=next]").click()
    assert 1 <= await page.locator("#letters tbody tr").count() <= 50
    await page.goto("/letters?where=kind%3Dnotice_stale")
    assert await page.locator("#letters tbody tr").count() == 1
    await page.goto("/letters?search=the+last+answer+was")
    assert await page.locator("#letters tbody tr").count() >= 50
    await page.goto("/letters?where=failed_again%3Dyes")
    assert await page.locator("#letters tbody tr").count() == 30
    await page.goto("/letters?where=colour%3Dred")
    assert "colour" in await page.locator(".flash.bad").inner_text()


@pytest.mark.parametrize("path", [f"/letters/{WRITTEN}", "/letters", f"/replays/{JOB}", "/replays"])
async def test_a_script_in_a_message_is_only_text(visit: Visit, path: str) -> None:
    page = await visit.page(Level.OPERATOR, language="zh", theme="dark", size=PHONE)
    await page.goto(path)
    assert await page.title() not in {"stolen", "1"}
    assert "<script>" in await page.locator("main").inner_text()
    assert await page.locator("main script, main img").count() == 0
    assert await fits(page)


async def test_a_body_is_masked_until_somebody_reveals_it_and_is_recorded(visit: Visit) -> None:
    await add(visit.console, "reveal-me")
    page = await visit.page(Level.OPERATOR)
    await page.goto("/letters/reveal-me")
    shown = await page.content()
    assert [one for one in PERSONAL if one in shown] == []
    await page.locator("#message button").click()
    await expect(page.locator("#message .flash")).to_be_visible()
    assert NAME in await page.locator("#body").inner_text()
    [entry] = await audit(visit.console, "reveal-me")
    assert (entry.actor, entry.action) == ("console:operator", "deadletter.reveal")


async def test_a_notice_stands_beside_its_evidence_and_is_not_edited(visit: Visit) -> None:
    page = await visit.page(Level.OPERATOR)
    await page.goto(f"/letters/{STALE}")
    assert await page.locator("#evidence").count() == 1
    assert await page.get_by_text("Edit and replay").count() == 0


async def test_a_letter_is_discarded_noted_and_restored(visit: Visit) -> None:
    await add(visit.console, "put-aside")
    page = await visit.page(Level.OPERATOR)
    await page.goto("/letters/put-aside")
    await page.locator("summary", has_text="Discard").click()
    await page.locator("details[open] textarea[name=reason]").fill("sent by another way")
    await page.keyboard.press("Tab")
    await page.keyboard.press("Enter")
    await expect(page.locator(".flash")).to_contain_text("was discarded")
    assert await state(visit.console, "put-aside") == "discarded"
    await page.locator("summary", has_text="Add a note").click()
    await page.locator("details[open] textarea[name=text]").fill("the channel was asked")
    await page.locator("details[open] button").click()
    await expect(page.locator("#notes")).to_contain_text("the channel was asked")
    await page.locator("summary", has_text="Restore").click()
    await page.locator("details[open] textarea[name=reason]").fill("too soon")
    await page.locator("details[open] button").click()
    await expect(page.locator(".flash")).to_contain_text("open again")
    assert await state(visit.console, "put-aside") == "open"
    found = [(one.action, one.reason) for one in await audit(visit.console, "put-aside")]
    assert ("deadletter.discard", "sent by another way") in found


async def test_a_letter_is_replayed_at_once(visit: Visit) -> None:
    await add(visit.console, "send-me")
    page = await visit.page(Level.OPERATOR)
    await page.goto("/letters/send-me")
    await page.locator("summary", has_text="Replay").first.click()
    await page.locator("details[open] button").click()
    await expect(page.locator(".flash")).to_contain_text("was sent back")
    assert await state(visit.console, "send-me") == "replaying"


async def test_an_edit_is_checked_and_takes_the_letters_place(visit: Visit) -> None:
    await visit.console.store.add_dead_letter(order_letter(SystemClock().now(), "edit-me"))
    page = await visit.page(Level.OPERATOR)
    await page.goto("/letters/edit-me")
    await page.locator("summary", has_text="Edit and replay").click()
    await page.locator("details[open] button").click()
    body = json.loads(await page.locator("textarea[name=body]").input_value())
    body["data"]["order"]["take_phone"] = "13800000000"
    wrong = {**body, "type": "order.cancel.v1"}
    visit.errors.clear()
    await page.locator("textarea[name=body]").fill(json.dumps(wrong))
    await page.locator("textarea[name=reason]").fill("a wrong digit")
    await page.get_by_role("button", name="Check and replay").click()
    await expect(page.locator(".flash.bad")).to_contain_text("schema")
    visit.errors.clear()  # the browser tells of the 400
    await page.locator("textarea[name=body]").fill(json.dumps(body))
    await page.get_by_role("button", name="Check and replay").click()
    await expect(page.locator(".flash")).to_contain_text("took the place")
    copy = page.url.rpartition("/")[2]
    found = await visit.console.store.dead_letter(copy)
    assert found is not None
    assert (found.parent_id, found.state) == ("edit-me", "replaying")
    assert b"13800000000" in found.message.body
    assert await state(visit.console, "edit-me") == "superseded"
    actions = {entry.action for entry in await audit(visit.console, "edit-me")}
    assert actions == {"deadletter.reveal", "deadletter.edit"}


async def test_a_replay_of_many_is_looked_at_begun_cancelled_and_resumed(visit: Visit) -> None:
    await add(visit.console, "many")
    page = await visit.page(Level.OPERATOR)
    await page.goto("/replays/new?where=group%3Dgmany")
    assert await page.locator(".figure dd").first.inner_text() == "1"
    await page.locator("input[name=rate]").fill("5")
    await page.locator("form.card textarea[name=reason]").fill("mended")
    await page.get_by_role("button", name="Begin").click()
    await expect(page.locator("#progress")).to_contain_text("queued")
    job_id = page.url.rpartition("/")[2]
    for summary, button, told in (
        ("Cancel the job", "Cancel the job", "cancelled"),
        ("Resume", "Resume", "queued"),
    ):
        await page.locator("summary", has_text=summary).click()
        await page.locator("details[open] textarea[name=reason]").fill("as it is")
        await page.locator("details[open]").get_by_role("button", name=button).click()
        await expect(page.locator("#progress")).to_contain_text(told)
    await page.goto("/replays")
    await page.get_by_role("link", name=job_id).click()
    await expect(page.locator("#progress")).to_contain_text("queued")
    job = await visit.console.store.replay_job(job_id)
    assert job is not None
    assert (job.rate, job.total, job.created_by) == (5.0, 1, "console:operator")


async def test_those_chosen_are_discarded_together(visit: Visit) -> None:
    for name in ("bulk-1", "bulk-2"):
        await add(visit.console, name)
    page = await visit.page(Level.OPERATOR)
    await page.goto("/letters")
    for name in ("bulk-1", "bulk-2"):
        await page.locator(f"input[value={name}]").check()
    await page.get_by_role("button", name="With those chosen").click()
    await page.locator("summary", has_text="Discard all").click()
    await page.locator("details[open] textarea[name=reason]").fill("a drill")
    await page.locator("details[open] input[name=confirmed]").check()
    await page.locator("details[open] button").click()
    await expect(page.locator(".flash")).to_contain_text("2 letters were discarded")
    assert await state(visit.console, "bulk-1") == "discarded"


async def test_every_state_has_its_words() -> None:
    assert all(texts.known(f"letters.state_{one}") for one in STATES)
    jobs = (*ACTIVE, CANCELLED, FINISHED, STOPPED)
    assert all(texts.known(f"replays.state_{one}") for one in jobs)
