"""Every text in both languages, and every text that is asked for."""

import re
import string
from pathlib import Path

import pytest

from worker.console import pages, texts
from worker.console.navigation import entries
from worker.console.page import GROUPS
from worker.runtime.failure_reasons import REASONS

CONSOLE = Path(texts.__file__).parents[1]
SOURCES = [*CONSOLE.glob("templates/**/*.html"), *CONSOLE.rglob("*.py")]
ASKED = re.compile(
    r"""\b(?:t|text|back|Refusal|problem|_form)\((?:[^()"']*, ?)?["'](\w+\.\w*[a-z\d])["']"""
)


def places(text: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(text) if name is not None}


@pytest.mark.parametrize("key", texts.catalogue())
def test_a_text_is_whole(key: str) -> None:
    found = texts.catalogue()[key]
    assert set(found) == set(texts.LANGUAGES)
    assert all(text.strip() for text in found.values())
    assert places(found["en"]) == places(found["zh"])


def test_every_text_that_is_asked_for_is_there() -> None:
    asked = {key for file in SOURCES for key in ASKED.findall(file.read_text("utf-8"))}
    assert len(asked) > 30, "the search finds nothing: was the function renamed?"
    assert asked - set(texts.catalogue()) == set()


def test_every_entry_of_the_navigation_has_its_text() -> None:
    routes = [route for one in pages.ALL for route in one.routes if route.nav]
    keys = {f"{route.name}.nav" for route in routes} | {f"nav.{group}" for group in GROUPS}
    assert keys <= set(texts.catalogue())


def test_no_two_pages_share_a_key() -> None:
    keys = [route.nav.keys for route in entries() if route.nav]
    assert len(keys) > 5
    assert all(keys)
    assert len(set(keys)) == len(keys)


def test_every_reason_of_a_failure_has_its_text() -> None:
    assert {f"overview.reason_{name}" for name in REASONS} <= set(texts.catalogue())


@pytest.mark.parametrize(
    ("wanted", "accepted", "language"),
    [
        ("zh", "en-GB,en;q=0.9", "zh"),
        ("", "zh-CN,zh;q=0.9,en;q=0.8", "zh"),
        ("", "fr-FR, en;q=0.5", "en"),
        ("xx", "", "en"),
    ],
)
def test_the_language_is_the_chosen_one_else_the_browsers(
    wanted: str, accepted: str, language: str
) -> None:
    assert texts.language_of(wanted, accepted) == language
