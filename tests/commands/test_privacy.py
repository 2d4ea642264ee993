"""``privacy``: keys are shown by their ids, people are forgotten and the ledger is kept."""

import base64
import json
from dataclasses import astuple, replace
from pathlib import Path

import pytest

from contracts.channel import Code
from tests.doubles import NOON
from tests.e2e.calling import called
from tests.saga.beginnings import awaiting, has_tickets
from tests.saga.facts import DEMAND, NUM, V1
from tests.saga.playbook import Playbook
from worker.adapters import opened_store
from worker.runtime import snapshot
from worker.runtime.ports import DeadLetter, Message, Transition
from worker.saga import codes
from worker.settings import load_settings

KEY = "8f1d0c77a2b9e45d3361f0c81e9a7b5246d3af10993ce8b7552f04d8616e0bca"


def written(folder: Path, text: str) -> Path:
    (folder / "bridge.toml").write_text(text, encoding="utf-8")
    return folder / "bridge.toml"


@pytest.fixture
async def config(tmp_path: Path) -> Path:
    keys = f"database_url = 'sqlite:///b.db'\n[privacy]\nencryption_keys = ['{KEY}']\n"
    return await filled(written(tmp_path, keys), awaiting())


async def filled(path: Path, *others: Playbook) -> Path:
    """Put an order of years ago there, with a dead letter, and others; return the path."""
    past = replace(DEMAND, visit_date=DEMAND.visit_date.replace(year=2020))
    async with opened_store(load_settings(path, {})) as store:
        for number, story in zip((NUM, "f" * 32), (has_tickets(), *others), strict=False):
            order = story.set(order_num=number, channel_order_num="c", demand=past).order
            await store.commit(Transition(snapshot.row(order, 1, NOON.replace(year=2020))))
        body = json.dumps({"code": V1.code, "phone": DEMAND.take_phone}).encode()
        message = Message("ticketbridge.relay.k", "channel.notification.v1", body, "m1")
        dead = DeadLetter("d1", "no_url", "", message, "k", NUM, "c", NOON, NOON)
        await store.add_dead_letter(dead)
    return path


async def test_one_order_is_forgotten_with_a_reason(config: Path) -> None:
    ran = await called(config, "privacy", "erase", NUM, "--dry-run")
    assert (ran.code, ran.out) == (0, f"{NUM} would be erased\n")
    ran = await called(config, "privacy", "erase", NUM, "--reason", "asked for in writing")
    assert (ran.code, ran.out) == (0, f"{NUM} erased\n")
    shown = (await called(config, "orders", "show", NUM, "--json")).lines[0]
    assert [line["details"] for line in shown["timeline"]] == ["asked for in writing"]


async def test_nothing_of_a_forgotten_order_s_people_is_left_in_the_file(tmp_path: Path) -> None:
    plain = written(tmp_path, "database_url = 'sqlite:///b.db'\n")
    await filled(plain)
    people = [DEMAND.take_phone, V1.code, *(word for t in DEMAND.tourists for word in astuple(t))]
    assert not [word for word in people if word.encode() not in held(tmp_path)]
    ran = await called(plain, "privacy", "erase", NUM)
    assert ran.code == 0, ran.err
    assert [word for word in people if word.encode() in held(tmp_path)] == []
    shown = await called(plain, "deadletters", "show", "d1", "--personal")
    assert json.loads(shown.out)["body"] == {"erased": True}
    ran = await called(plain, "deadletters", "replay", "d1")
    assert (ran.code, ran.out) == (1, "")
    assert "erased" in ran.err


def held(folder: Path) -> bytes:
    """Return what lies in the database's files."""
    return b"".join(path.read_bytes() for path in folder.glob("b.db*"))


async def test_who_is_still_needed_is_not_and_one_is_told_why(config: Path) -> None:
    ran = await called(config, "privacy", "erase", "f" * 32)
    assert (ran.code, ran.out) == (1, "")
    assert "not erased: the order has not ended: it is awaiting_ticket" in ran.err
    assert (await called(config, "privacy", "erase", "nobody")).err == "nobody: no order has it\n"
    assert "name one of" in (await called(config, "privacy", "erase", "c")).err


async def test_all_old_orders_are_forgotten(config: Path) -> None:
    ran = await called(config, "privacy", "erase", "--older-than", "180", "--dry-run")
    assert "orders would be erased: 1\n" in ran.out
    ran = await called(config, "privacy", "erase", "--older-than", "180")
    assert "orders erased: 1\n" in ran.out
    ran = await called(config, "privacy", "erase", "--older-than", "180")
    assert "orders erased: 0\n" in ran.out


async def test_a_new_key_is_one_and_ids_are_all_that_is_shown(config: Path) -> None:
    made = (await called(config, "privacy", "new-key")).out.strip()
    assert len(base64.b64decode(made)) == 32
    [line] = (await called(config, "privacy", "keys", "--json")).lines
    assert line == {"id": line["id"], "use": "seals and opens"}
    assert line["id"] not in KEY
    assert KEY not in json.dumps(line)


async def test_without_keys_nothing_is_sealed_anew(tmp_path: Path) -> None:
    ran = await called(
        written(tmp_path, "database_url = 'sqlite:///b.db'\n"), "privacy", "reencrypt"
    )
    assert ran.code == 1
    assert "privacy.encryption_keys is empty" in ran.err


def test_the_refusals_are_words_of_the_documents_codes() -> None:
    assert codes.RESEND_FORGOTTEN_TEXT.startswith("重发凭证失败")
    assert codes.CODES_FORGOTTEN_TEXT.startswith(Code.CANCEL_FAILED.text)
    assert codes.FORGOTTEN_TEXT.startswith(Code.CREATE_FAILED.text)
