"""What people read of a compared day and of refunds, in the browser."""

import csv
import io

import aiohttp
import pytest

from tests.console.browsing import Visit
from tests.console.money import DAY
from tests.console.place import Console
from worker.console import texts
from worker.console.config import Level
from worker.reconciliation import Kind

pytestmark = pytest.mark.asyncio(loop_scope="session")


async def test_every_kind_has_its_words_in_both_languages() -> None:
    for kind in Kind:
        assert texts.known(f"reconciliation.kind_{kind}")
        for language in texts.LANGUAGES:
            text = texts.text(
                language, f"reconciliation.do_{kind}", order_num="N", zzy_order_id="Z"
            )
            assert "{" not in text


async def test_a_day_is_shown_by_kind_with_what_to_do(visit: Visit) -> None:
    page = await visit.page(Level.VIEWER)
    await page.goto("/reconciliation")
    rows = page.locator("#differences tbody tr")
    assert await rows.count() == len(Kind)
    await page.get_by_role("link", name="failed here, paid at ZZY").click()
    assert await rows.count() == 1
    assert "Ask ZZY to refund its order 4623122" in await rows.inner_text()
    assert "python -m worker orders show" in await rows.inner_text()
    await page.goto("/reconciliation?day=2020-01-01")
    assert await page.locator(".nothing").count() == 1


async def test_it_speaks_chinese(visit: Visit) -> None:
    page = await visit.page(Level.VIEWER, language="zh")
    await page.goto("/reconciliation?kind=refunded_but_valid")
    row = page.locator("#differences tbody tr")
    assert "请中智游作废其订单 4623122 的凭证" in await row.inner_text()


async def test_the_link_on_the_page_leads_to_the_csv(visit: Visit) -> None:
    page = await visit.page(Level.VIEWER, language="zh")
    await page.goto("/reconciliation")
    async with page.expect_download() as begun:
        await page.get_by_role("link", name="CSV").click()
    download = await begun.value
    assert download.suggested_filename == f"reconciliation-{DAY}.csv"


async def test_a_day_is_taken_away_as_csv(filled: Console) -> None:
    async with aiohttp.ClientSession(filled.url) as session:
        path = f"/reconciliation/{DAY}.csv"
        assert (await session.get(path, allow_redirects=False)).status == 303
        cookies = {filled.cookie: await filled.session(Level.VIEWER)}
        answer = await session.get(path, cookies=cookies)
        assert answer.headers["Content-Disposition"].endswith(f'"reconciliation-{DAY}.csv"')
        rows = list(csv.DictReader(io.StringIO((await answer.text()).lstrip("\ufeff"))))
        assert {row["kind"] for row in rows} == {str(kind) for kind in Kind}
        assert (await session.get("/reconciliation/x.csv", cookies=cookies)).status == 404


async def test_refunds_that_are_open_and_that_ended(visit: Visit) -> None:
    page = await visit.page(Level.VIEWER)
    await page.goto("/refunds")
    opened = await page.locator("#open").inner_text()
    for shown in ("refund-open", "R-audited", "ApplyId 71", "¥100.00", "under audit"):
        assert shown in opened
    ended = page.locator("#ended tbody tr")
    assert await ended.count() == 2
    said = await page.locator("#ended").inner_text()
    assert "rejected" in said
    assert "forced by the supplier" in said
    await page.get_by_role("link", name="rejected").click()
    assert await ended.count() == 1
    assert "已过期" in await ended.inner_text()
