"""Orders, an order and the exception desk in the browser: found, read, masked, helped on."""

import aiohttp
import pytest
import pytest_asyncio

from contracts import queues
from contracts.commands import ResolveOrderCommand
from contracts.events import OrderOutcome
from tests.console.browsing import Visit
from tests.console.place import Console
from tests.saga.beginnings import has_tickets, no_ticket
from tests.saga.facts import DEMAND, V1
from worker.clock import SystemClock
from worker.console.config import Level
from worker.runtime import snapshot
from worker.runtime.auditing import AuditQuery
from worker.runtime.outcome import Ack, Outcome
from worker.runtime.ports import Message, Transition
from worker.runtime.searching import SearchKeys
from worker.saga.states import Order

pytestmark = pytest.mark.asyncio(loop_scope="session")

STUCK, ISSUED = "a" * 32, "b" * 32


async def put(console: Console, order: Order) -> None:
    if (await console.parts.store.load(order.order_num)).row is None:
        row = snapshot.row(order, 1, SystemClock().now())
        terms = SearchKeys().new_terms(None, order)
        assert (await console.parts.store.commit(Transition(row, search=terms))).applied


@pytest_asyncio.fixture(loop_scope="session")
async def orders(filled: Console) -> Console:
    await put(filled, no_ticket().set(order_num=STUCK, channel_order_num="c-stuck").order)
    await put(filled, has_tickets().set(order_num=ISSUED, channel_order_num="c-issued").order)
    return filled


@pytest.mark.usefixtures("orders")
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
    assert await image.evaluate("i => i.complete && i.naturalWidth > 0")


async def test_what_is_revealed_is_recorded(orders: Console, visit: Visit) -> None:
    page = await visit.page(Level.OPERATOR)
    await page.goto(f"/orders/{ISSUED}")
    await page.locator("form:has(input[value=phone]) button").click()
    await page.get_by_text(DEMAND.take_phone).wait_for()
    entries = await orders.parts.store.audit_entries(AuditQuery(subject=ISSUED))
    assert [(one.action, one.result) for one in entries] == [("order.reveal", "shown: phone")]
    assert entries[0].actor.startswith("console:")


async def test_the_desk_names_the_money_first_and_an_operator_settles(
    orders: Console, visit: Visit
) -> None:
    asked: list[Message] = []

    async def answer(message: Message) -> Outcome:
        asked.append(message)
        outcome = OrderOutcome(code="1000", message="refunded: nobody is needed")
        await orders.parts.broker.reply(
            message.reply_to, message.correlation_id, outcome.to_bytes()
        )
        return Ack()

    await orders.parts.broker.consume(queues.ORDERS, answer, concurrency=1)
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
    assert "nobody is needed" in await page.locator(".flash").inner_text()
    [command] = [one for one in asked if one.type == ResolveOrderCommand.TYPE]
    assert b'"action":"settle","settled":"refunded"' in command.body
    entries = await orders.parts.store.audit_entries(AuditQuery(subject=STUCK))
    assert [one.action for one in entries] == ["order.settle", "order.settle"]


@pytest.mark.parametrize("what", ["resolve", "resend", "reveal"])
async def test_a_viewer_and_a_form_without_its_token_do_nothing(orders: Console, what: str) -> None:
    form = {"action": "retry", "reason": "x", "confirmed": "yes", "field": "phone"}
    path = f"/orders/{STUCK}/{what}"
    async with aiohttp.ClientSession(orders.url) as session:
        for level in (None, Level.VIEWER, Level.OPERATOR):
            cookies = {orders.cookie: await orders.session(level)} if level else {}
            answer = await session.post(path, data=form, cookies=cookies, allow_redirects=False)
            assert answer.status == (403 if level else 303)
