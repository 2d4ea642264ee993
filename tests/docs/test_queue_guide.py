"""What the queue guide shows is what the program takes and sends."""

import json
import re
import tomllib
import typing
from pathlib import Path

from contracts import queues
from contracts.catalogue import CATALOGUE
from contracts.channel import order_num
from contracts.envelope import unwrap
from contracts.events import OrderEvent, OrderEventKind, OrderOutcome
from worker.settings import Settings

GUIDE = (Path(__file__).parents[2] / "docs" / "queue-guide.md").read_text(encoding="utf-8")
PUBLISHED = {e.type for e in CATALOGUE.values() if e.kind in {"command", "query"}}


def blocks(language: str) -> list[str]:
    return re.findall(rf"```{language}\n(.*?)```", GUIDE, re.DOTALL)


def test_every_message_that_may_be_published_is_shown_and_readable() -> None:
    shown = [json.loads(block) for block in blocks("json")]
    messages = [message for message in shown if "type" in message]
    assert {message["type"] for message in messages} == PUBLISHED | {OrderEvent.TYPE}
    for message in messages:
        unwrap(CATALOGUE[message["type"]].model, json.dumps(message).encode())


def test_the_answer_is_the_contracts() -> None:
    (answer,) = [json.loads(block) for block in blocks("json") if '"final"' in block]
    assert OrderOutcome(**answer).model_dump(mode="json") == answer


def test_the_event_shows_every_field() -> None:
    (event,) = [json.loads(b) for b in blocks("json") if OrderEvent.TYPE in b]
    parsed = unwrap(OrderEvent, json.dumps(event).encode())
    assert json.loads(parsed.data.model_dump_json()) == event["data"]
    assert event["data"]["order_num"] == order_num("k", "2x")


def test_every_kind_of_event_and_of_dead_letter_is_explained() -> None:
    kinds = typing.get_args(OrderEventKind)
    dead = ("unreadable", "unknown_type", "user_unknown", "user_not_allowed")
    assert [word for word in (*kinds, *dead) if f"`{word}`" not in GUIDE] == []


def test_the_names_and_the_configuration_are_true() -> None:
    assert f"`{queues.COMMANDS_EXCHANGE}`" in GUIDE
    assert f"`{queues.EVENTS_EXCHANGE}`" in GUIDE
    (toml,) = blocks("toml")
    Settings.model_validate(tomllib.loads(toml))
