"""What a person sees of the order before a notice is replayed."""

import json
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest

from contracts import queues
from tests.deadletters.letters import ID_CARD, NAME, PHONE, VOUCHER, command_body, letter
from tests.runtime.messages import OUR_NUM, refund_notice, ticket_notice
from tests.runtime.world import NO_CODES, World
from tests.runtime.world import world as open_world
from worker.deadletters.drain import read_letter
from worker.deadletters.evidence import evidence_for
from worker.deadletters.show import as_document
from worker.runtime.outcome import Park
from worker.runtime.ports import DeadLetter, Message


@pytest.fixture
async def world(tmp_path: Path) -> AsyncIterator[World]:
    async with open_world(tmp_path) as made:
        yield made


def dead(world: World, message: Message, kind: str) -> DeadLetter:
    made = read_letter(replace(message, queue=queues.DEAD), world.clock.now())
    return replace(made, kind=kind)


async def test_a_quarantined_notice_stands_beside_the_order_and_the_first_body(
    world: World,
) -> None:
    await world.paid()
    first = ticket_notice("c-1", signature="s")
    await world.notices.handle(first)
    world.zzy.will("probe", NO_CODES)
    forged = ticket_notice("c-9", signature="s")
    assert isinstance(await world.notices.handle(forged), Park)
    evidence = await evidence_for(world.store, dead(world, forged, "notice_quarantined"))
    assert evidence is not None
    notice, order = evidence["notice"], evidence["order"]
    assert notice["is_the_first"] is False
    assert notice["first_digest_of_this_signature"] != notice["content_digest"]
    assert (order["order_num"], order["state"], order["vouchers"]) == (OUR_NUM, "issued", 1)
    assert (order["checked"], order["refunded"], order["human"]) == (0, 0, "")
    assert [line["kind"] for line in evidence["history"]][-2:] == [
        "ticket_doubted",
        "codes_missing",
    ]
    shown = await evidence_for(world.store, dead(world, first, "notice_stale"))
    assert shown is not None
    assert shown["notice"]["is_the_first"] is True


async def test_a_refund_notice_is_matched_by_zzys_number(world: World) -> None:
    await world.paid()
    evidence = await evidence_for(world.store, dead(world, refund_notice("71"), "notice_stale"))
    assert evidence is not None
    assert evidence["order"]["order_num"] == OUR_NUM
    assert evidence["notice"]["first_digest_of_this_signature"] == ""


async def test_without_an_order_or_a_readable_body_there_is_little_to_show(world: World) -> None:
    stranger = await evidence_for(
        world.store, dead(world, ticket_notice("c-1"), "notice_unknown_order")
    )
    assert stranger is not None
    assert (stranger["order"], stranger["history"]) == (None, [])
    broken = replace(ticket_notice("c-1"), body=b"{}")
    nothing = await evidence_for(world.store, dead(world, broken, "notice_unreadable"))
    assert nothing == {"notice": None, "order": None, "history": []}


async def test_other_letters_have_no_evidence(world: World) -> None:
    assert await evidence_for(world.store, letter(command_body())) is None


async def test_evidence_holds_nothing_personal(world: World) -> None:
    await world.paid()
    await world.notices.handle(ticket_notice("c-1"))
    one = dead(world, ticket_notice("c-2"), "notice_stale")
    shown = as_document(one, evidence=await evidence_for(world.store, one))
    assert json.loads(shown)["evidence"]["order"]["vouchers"] == 1
    private = (ID_CARD, NAME, PHONE, VOUCHER, "c-1", "13456451211", "张三")
    assert [text for text in private if text in shown] == []
