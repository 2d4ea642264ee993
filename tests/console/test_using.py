"""The console as people use it: keyboard, switches, what is fetched anew, a session that ends."""

import pytest
from playwright.async_api import Page, expect

from tests.console.browsing import PHONE, Visit
from tests.console.place import PASSWORD
from worker.console.config import Level

pytestmark = pytest.mark.asyncio(loop_scope="session")


async def background(page: Page) -> str:
    return str(await page.evaluate("getComputedStyle(document.documentElement).backgroundColor"))


async def test_log_in_look_around_log_out(visit: Visit) -> None:
    page = await visit.page(None)
    await page.goto("/channels")
    await page.get_by_label("Name").fill("operator")
    await page.get_by_label("Password").fill(PASSWORD)
    await page.keyboard.press("Enter")
    await expect(page.get_by_role("heading", name="Channels", exact=True)).to_be_visible()
    await expect(page.get_by_role("link", name="Audit")).to_have_count(0)
    await page.get_by_role("button", name="Log out").click()
    await expect(page.get_by_role("status")).to_have_text("You are logged out.")
    await page.goto("/channels")
    await expect(page.get_by_role("heading", name="Log in")).to_be_visible()


async def test_the_keyboard_reaches_everything(visit: Visit) -> None:
    page = await visit.page(Level.ADMIN)
    await page.goto("/")
    await page.keyboard.press("Tab")
    await expect(page.get_by_role("link", name="Skip to content")).to_be_focused()
    await page.keyboard.press("Enter")
    await expect(page.locator("main")).to_be_focused()
    await page.keyboard.press("?")
    await expect(page.get_by_role("dialog")).to_be_visible()
    await page.keyboard.press("Escape")
    await expect(page.get_by_role("dialog")).to_have_count(0)
    await page.keyboard.press("g")
    await page.keyboard.press("p")
    await expect(page.get_by_role("heading", name="Catalogue")).to_be_visible()
    await page.keyboard.press("/")
    await expect(page.get_by_role("searchbox")).to_be_focused()
    await page.keyboard.type("11007g")
    await expect(page.get_by_role("searchbox")).to_have_value("11007g")
    await page.keyboard.press("Backspace")
    await page.keyboard.press("Enter")
    await expect(page.locator("tbody tr")).to_have_count(1)
    await page.keyboard.press("j")
    await page.keyboard.press("Enter")
    await expect(page.locator("h1")).to_contain_text("长城一日票 11007")


async def test_language_and_theme_are_switched_and_kept(visit: Visit) -> None:
    page = await visit.page(Level.VIEWER)
    await page.goto("/channels")
    light = await background(page)
    await page.get_by_role("button", name="中文").click()
    await expect(page.locator("h1")).to_have_text("渠道")
    for _ in range(2):  # system, light, dark
        await page.locator("button[name=theme]").click()
    await expect(page.locator("html")).to_have_attribute("data-theme", "dark")
    assert await background(page) != light
    await page.goto("/")
    await expect(page.locator("html")).to_have_attribute("lang", "zh-CN")
    await expect(page.locator("html")).to_have_attribute("data-theme", "dark")


async def test_the_overview_draws_and_is_fetched_anew(visit: Visit) -> None:
    page = await visit.page(Level.VIEWER)
    await page.goto("/?range=6h")
    await expect(page.locator(".uplot canvas")).to_have_count(7)
    await page.evaluate("document.querySelector('.uplot').id = 'first'")
    async with page.expect_response("**/?range=6h"), page.expect_response("**/?range=6h"):
        await page.evaluate("document.body.dispatchEvent(new Event('tick'))")
    await expect(page.locator("#first")).to_have_count(0)
    await expect(page.locator(".uplot canvas")).to_have_count(7)
    await page.get_by_text("As a table").click()
    assert await page.locator(".table-of-plots tbody tr").count() > 5


async def test_a_session_that_ends_shows_the_log_in(visit: Visit) -> None:
    page = await visit.page(Level.VIEWER)
    await page.goto("/channels")
    token = (await page.context.cookies())[0]["value"]
    await visit.console.sessions.end(token)
    await page.evaluate("document.body.dispatchEvent(new Event('tick'))")
    await expect(page.get_by_role("heading", name="Log in")).to_be_visible()
    visit.errors.clear()  # the browser reports the 401 that htmx was answered


async def test_a_channel_is_paused_slowed_and_resumed(visit: Visit) -> None:
    page = await visit.page(Level.OPERATOR)
    await page.goto("/channels")
    card = page.locator("section.card").filter(has_text="demo channel")
    await card.locator("summary", has_text="Pause").click()
    await card.get_by_role("button", name="Pause").click()
    await expect(page.get_by_role("status")).to_have_count(0)  # the reason is missing
    await card.locator("details[open]").get_by_label("Reason").fill("their maintenance until six")
    await card.get_by_role("button", name="Pause").click()
    await expect(page.get_by_role("status")).to_have_text("k is paused.")
    await expect(card).to_contain_text("their maintenance until six")
    await card.locator("summary", has_text="Set the rate").click()
    await card.get_by_label("A second").fill("2.5")
    await card.locator("details[open]").get_by_label("Reason").fill("slowly at first")
    await card.get_by_role("button", name="Set the rate").click()
    await expect(card).to_contain_text("2.5 a second")
    await card.locator("summary", has_text="Resume").click()
    await card.locator("details[open]").get_by_label("Reason").fill("they are back")
    await card.get_by_role("button", name="Resume").click()
    await expect(page.get_by_role("status")).to_have_text("k is sent to again.")
    (control,) = [c for c in await visit.console.store.channel_controls() if c.app_key == "k"]
    assert (control.paused_at, control.rate) == (None, 2.5)


async def test_what_was_done_stands_in_the_audit(visit: Visit) -> None:
    await visit.console.parts.channel_desk.pause("m", "for the audit", actor="console:wang")
    page = await visit.page(Level.ADMIN, size=PHONE)
    await page.goto("/audit?actor=console:wang")
    await expect(page.locator("tbody tr")).to_have_count(1)
    await expect(page.locator("tbody tr")).to_contain_text("for the audit")
    await page.goto("/audit?actor=console:li")
    await page.get_by_role("link", name="Older").click()
    await expect(page.locator("tbody tr")).to_have_count(10)


async def test_a_form_works_without_scripts(visit: Visit) -> None:
    page = await visit.page(Level.OPERATOR, javascript=False)
    await page.goto("/catalogue")
    await page.locator("summary").click()
    await page.get_by_label("Reason").fill("a new price")
    await page.get_by_role("button", name="Fetch now").click()
    await expect(page.get_by_role("status")).to_contain_text("ZZY's list cannot be had")


async def test_a_wrong_rate_is_refused_with_a_page(visit: Visit) -> None:
    page = await visit.page(Level.OPERATOR)
    await page.goto("/channels")
    csrf = await page.locator("input[name=csrf]").first.get_attribute("value")
    for wrong in ("-1", "1e9", "nan", "many"):
        form: dict[str, str | float | bool] = {"csrf": csrf or "", "rate": wrong, "reason": "x"}
        answer = await page.request.post("/channels/k/rate", form=form)
        assert answer.status == 400
        assert "The rate must be a number" in await answer.text()
        answer = await page.request.post("/channels/none/rate", form=form)
        assert answer.status == 404
