"""What the worker keeps in English is Chinese on a Chinese page: every sentence of it."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from worker import reconciliation
from worker.alarms.kinds import KINDS, text_of
from worker.console import texts
from worker.console.said import alarm_said, said
from worker.saga import upcoming
from worker.saga.events import TicketIssued
from worker.saga.states import Phase
from worker.saga.steps import humans

MODULES = ("codes.py", "compare.py", "standing.py", "telling.py")
SAMPLES = {
    "codes": "2 codes",
    "counted(len(valid_still), 'refunded code')": "1 refunded code",
    "counted(len(ours - back), 'code')": "1 code",
    "have": "2 codes here, 3 at ZZY",
    "how": "under audit",
    "detail": "hold +5",
    "order.phase": "paying",
}
"""What may stand in a sentence that is no number."""
PARTS = {"under audit", "without an answer", "7 7", "refunded code"}
"""What is no sentence, but a part of one."""


def is_chinese(sentence: str) -> bool:
    return any("\u4e00" <= letter <= "\u9fff" for letter in sentence)


def in_english(sentence: str) -> list[str]:
    """Return the words that are left of what the worker wrote."""
    return [word for word in re.findall(r"[A-Za-z]+", sentence) if word not in NAMES]


NAMES = {"ZZY", "CancelOrder", "PersonQrCodes", "TicketIssued", "Pay", "Create", "Refund"}
REASONS = [text for name, text in vars(humans).items() if name.isupper() and isinstance(text, str)]


@pytest.mark.parametrize("reason", REASONS)
def test_every_reason_for_a_human_is_known(reason: str) -> None:
    assert said("en", reason) == reason
    assert is_chinese(said("zh", reason))
    assert in_english(said("zh", reason)) == []


@pytest.mark.parametrize("phase", Phase)
def test_the_reason_that_names_a_state_is_known_in_each(phase: Phase) -> None:
    told = said("zh", humans.contradiction(TicketIssued((), ""), phase))
    assert texts.text("zh", f"orders.state_{phase}") in told
    assert in_english(told) == []


def sentences() -> list[str]:
    """Return what the comparisons may say, with something in each place."""
    folder = Path(reconciliation.__file__).parent
    trees = [ast.parse((folder / name).read_text("utf-8")) for name in MODULES]
    found = {one for tree in trees for one in spoken(tree) if " " in one.strip()}
    found |= {one.replace("under audit", "without an answer") for one in found}
    return sorted(found - PARTS)


def spoken(tree: ast.AST) -> Iterator[str]:
    docs = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
    whole = [node for node in ast.walk(tree) if isinstance(node, ast.JoinedStr)]
    inner = {id(part) for node in whole for part in ast.walk(node) if part is not node}
    for node in ast.walk(tree):
        if id(node) in docs | inner:
            continue
        if isinstance(node, ast.JoinedStr):
            yield "".join(map(_part, node.values))
        elif isinstance(node, ast.Constant) and isinstance(node.value, str):
            yield node.value


def _part(node: ast.expr) -> str:
    if isinstance(node, ast.FormattedValue):
        return SAMPLES.get(ast.unparse(node.value), "7")
    return str(node.value) if isinstance(node, ast.Constant) else ""


@pytest.mark.parametrize("sentence", sentences())
def test_every_difference_is_known(sentence: str) -> None:
    assert is_chinese(said("zh", sentence)), "add it to texts/said.toml"
    assert in_english(said("zh", sentence)) == []


def test_there_are_sentences_at_all() -> None:
    assert len(sentences()) > 15, "the search finds nothing: was something renamed?"


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_of_alarm_is_known(kind: str) -> None:
    fields = {"order_num": "o1", "text": humans.NO_TICKET}
    assert texts.text("en", f"alarm_kinds.{kind}") == KINDS[kind].says
    told = alarm_said("zh", kind, text_of(kind, fields))
    assert told.startswith(texts.text("zh", f"alarm_kinds.{kind}"))
    assert alarm_said("en", kind, text_of(kind, fields)) == text_of(kind, fields)


def test_an_alarms_facts_are_said_too() -> None:
    text = text_of("order_needs_human", {"order_num": "o1", "text": humans.NO_TICKET})
    known = said("zh", humans.NO_TICKET)
    assert alarm_said("zh", "order_needs_human", text) == f"订单待人工处理: {known}"


def test_what_comes_next_is_known() -> None:
    words = [f"call {name}" for name in upcoming.CALLS.values()]
    tree = ast.parse(Path(upcoming.__file__).read_text("utf-8"))
    words += [one for one in spoken(tree) if re.fullmatch(r"(call|tell|wait) [a-z ]+", one)]
    assert len(words) > 8
    assert [word for word in words if not is_chinese(said("zh", word))] == []


def test_what_an_earlier_release_wrote_stays_as_it_is() -> None:
    assert said("zh", "something else: <b>") == "something else: <b>"
    assert alarm_said("zh", "zzy_down", "it was otherwise") == "it was otherwise"
    assert alarm_said("zh", "of_yesterday", "x") == "x"
