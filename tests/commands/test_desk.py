"""``orders desk|resolve|resend`` beside a worker: what is asked, what comes of it, who did it."""

import json
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest

from contracts import queues
from tests.e2e.calling import Ran, called
from tests.runtime.messages import OUR_NUM
from tests.runtime.world import CANCELLED, NO_CODES, TIMEOUT, World, world
from tests.saga.beginnings import has_tickets, no_ticket, pay_unknown
from tests.saga.playbook import Playbook
from worker.runtime import snapshot
from worker.runtime.auditing import AuditQuery
from worker.runtime.ports import Transition

WHY = ("--reason", "asked ZZY by telephone")


@pytest.fixture
async def here(tmp_path: Path) -> AsyncIterator[World]:
    async with world(tmp_path) as opened:
        await opened.broker.consume(queues.ORDERS, opened.commands.handle, concurrency=2)
        yield opened


@pytest.fixture
def config(tmp_path: Path) -> Path:
    path = tmp_path / "bridge.toml"
    channel = "[[channels]]\napp_key = 'k'\napp_secrets = ['s3cret-s3cret-s3cret']\n"
    path.write_text(f"database_url = 'sqlite:///bridge.db'\n{channel}", encoding="utf-8")
    return path


async def put(here: World, story: Playbook) -> None:
    order = replace(story.order, order_num=OUR_NUM)
    await here.store.commit(Transition(snapshot.row(order, 1, here.clock.now())))


async def audited(here: World) -> list[tuple[str, str, str]]:
    entries = await here.store.audit_entries(AuditQuery())
    assert {entry.subject for entry in entries} == {OUR_NUM}
    assert all(entry.actor.startswith("cli:") for entry in entries)
    return [(entry.action, entry.reason, entry.result) for entry in reversed(entries)]


async def test_the_desk_lists_who_needs_a_human_why_since_when_and_for_how_much(
    here: World, config: Path
) -> None:
    await put(here, no_ticket())
    [line] = (await called(config, "orders", "desk", "--json")).lines
    assert next(iter(line)) == "id"
    assert (line["id"], line["state"], line["at_stake"]) == (OUR_NUM, "awaiting_ticket", "120.00")
    assert line["why"].startswith("paid, and no ticket came")
    assert line["safe"] == ["probe", "retry", "refund", "settle issued", "settle refunded"]
    assert "settle refunded" in (await called(config, "orders", "desk")).out


async def test_a_retry_says_what_zzy_said(here: World, config: Path) -> None:
    await put(here, pay_unknown())
    here.zzy.will("cancel", CANCELLED)
    ran = await called(config, "orders", "resolve", OUR_NUM, "--action", "retry", *WHY)
    assert (ran.code, ran.out) == (0, f"{OUR_NUM}: cancelled: nobody is needed\n")
    assert here.zzy.calls == ["cancel"]
    assert await audited(here) == [
        ("order.retry", WHY[1], "asked"),
        ("order.retry", WHY[1], "done: cancelled: nobody is needed"),
    ]
    told = [entry.text for entry in await here.store.timeline(OUR_NUM)]
    assert any("by cli:" in text and WHY[1] in text for text in told)


async def test_a_probe_without_codes_leaves_it_in_front_of_the_human(
    here: World, config: Path
) -> None:
    await put(here, no_ticket())
    here.zzy.will("probe", NO_CODES)
    ran = await called(config, "orders", "resolve", OUR_NUM, "--action", "probe", *WHY, "--json")
    assert ran.code == 0
    [line] = ran.lines
    assert (line["id"], line["result"]) == (OUR_NUM, "done")
    assert line["message"].startswith("awaiting_ticket: paid, and no ticket came")


async def test_what_is_not_safe_is_refused_with_what_is(here: World, config: Path) -> None:
    await put(here, pay_unknown())
    before = await here.order()
    ran = await called(config, "orders", "resolve", OUR_NUM, "--action", "refund", *WHY)
    assert (ran.code, ran.out) == (1, "")
    assert "not safe while the order is closing: what is safe is retry, probe" in ran.err
    assert await here.order() == before
    assert here.zzy.calls == []
    assert [result.partition(":")[0] for *_, result in await audited(here)] == ["asked", "refused"]


async def test_settled_means_that_it_is_over_and_the_channel_is_told(
    here: World, config: Path
) -> None:
    await put(here, no_ticket())
    words = ("--action", "settle", "--as", "refunded", *WHY)
    ran = await called(config, "orders", "resolve", OUR_NUM, *words)
    assert (ran.code, ran.out) == (0, f"{OUR_NUM}: refunded: nobody is needed\n")
    assert await here.told() == ["refund"]
    again = await called(config, "orders", "resolve", OUR_NUM, *words)
    assert (again.code, "not in front of a human" in again.err) == (1, True)
    assert await here.told() == ["refund"]


@pytest.mark.parametrize(
    "words",
    [
        ("--action", "settle"),
        ("--action", "retry", "--as", "paid"),
        ("--action", "retry", "--reason", "  "),
    ],
)
async def test_what_is_not_said_whole_is_not_asked(
    here: World, config: Path, words: tuple[str, ...]
) -> None:
    await put(here, pay_unknown())
    reason = () if "--reason" in words else WHY
    ran = await called(config, "orders", "resolve", OUR_NUM, *words, *reason)
    assert ran.code == 2
    assert await here.kinds() == []


async def test_who_is_not_known_is_not_helped(here: World, config: Path) -> None:
    await put(here, pay_unknown())
    ran = await called(config, "orders", "resolve", "nobody", "--action", "retry", *WHY)
    assert (ran.code, ran.err) == (1, "nobody: no order has it\n")


async def test_without_a_worker_the_outcome_is_not_known(here: World, config: Path) -> None:
    await put(here, pay_unknown())
    await here.broker.stop_consuming()
    words = ("--action", "retry", "--wait", "0.2", *WHY)
    ran = await called(config, "orders", "resolve", OUR_NUM, *words)
    assert ran.code == 2
    assert "no answer in time" in ran.err


async def test_vouchers_go_out_again(here: World, config: Path) -> None:
    await put(here, has_tickets())
    ran: Ran = await called(config, "orders", "resend", OUR_NUM, "--json")
    assert (ran.code, ran.lines[0]["result"]) == (0, "done")
    assert await here.told() == ["voucher"]
    assert (await audited(here))[-1][0] == "order.resend"
    assert json.loads(ran.out)["id"] == OUR_NUM


async def test_an_unknown_answer_of_zzy_waits_for_the_timer(here: World, config: Path) -> None:
    await put(here, pay_unknown())
    here.zzy.will("cancel", TIMEOUT)
    ran = await called(config, "orders", "resolve", OUR_NUM, "--action", "retry", *WHY)
    assert ran.code == 0
    assert "closing: pay and CancelOrder of unknown outcome" in ran.out
    assert (await here.order()).wake_at is not None
