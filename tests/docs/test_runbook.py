"""The run-book has a section for every alarm, in two languages, and its commands are real."""

import re
import shlex
from pathlib import Path

import pytest

from tests.docs.command_line import parse
from tests.docs.test_operations import table_under

DOCS = Path(__file__).parents[2] / "docs"
TWINS = ["runbook", "operations", "deployment"]
PAGES = sorted(
    [*DOCS.glob("*.md"), DOCS.parent / "README.md", *DOCS.glob("decisions/*.md")],
    key=lambda page: page.name,
)
BLOCK = re.compile(r"^```sh\n(.*?)^```", re.MULTILINE | re.DOTALL)
PARTS = {
    "en": ("What happened.", "How bad.", "Do.", "Over when"),
    "zh-CN": ("发生了什么。", "严重程度。", "怎么处理。", "何时结束。"),
}


def page(name: str, language: str) -> str:
    end = "" if language == "en" else f".{language}"
    return (DOCS / f"{name}{end}.md").read_text(encoding="utf-8")


def commands(text: str) -> list[str]:
    """Return every command of ours in the page's blocks, without what is said of it."""
    lines = [line for block in BLOCK.findall(text) for line in block.splitlines()]
    ours = (re.sub(r"\s+#\s.*$", "", line).strip() for line in lines)
    return [line for line in ours if line.startswith(("python -m worker ", "ticketbridge "))]


def headings(text: str) -> list[tuple[str, list[str]]]:
    """Return the level of each heading, and what it names."""
    return [
        (marks, re.findall(r"`([^`]+)`", words))
        for marks, words in re.findall(r"^(#+) (.*)$", BLOCK.sub("", text), re.MULTILINE)
    ]


@pytest.mark.parametrize("language", PARTS)
def test_every_alarm_has_one_section(language: str) -> None:
    named = [kind for marks, kinds in headings(page("runbook", language)) for kind in kinds]
    assert len(named) == len(set(named))
    assert set(named) == table_under("Alarms")


@pytest.mark.parametrize("language", PARTS)
def test_every_section_says_all_that_is_needed(language: str) -> None:
    for section in page(name="runbook", language=language).split("\n### ")[1:]:
        for part in PARTS[language]:
            assert f"**{part}" in section, section.partition("\n")[0]
        assert commands(section), section.partition("\n")[0]


@pytest.mark.parametrize("name", TWINS)
def test_the_twins_have_the_same_sections_and_commands(name: str) -> None:
    english, chinese = page(name, "en"), page(name, "zh-CN")
    assert headings(english) == headings(chinese)
    assert commands(english) == commands(chinese)
    for one, other in zip(english.split("\n#"), chinese.split("\n#"), strict=True):
        assert tables(one) == tables(other), one.partition("\n")[0]
        assert re.search("[\u4e00-\u9fff]", other)


def tables(section: str) -> list[str]:
    """Return what the first cells of a section's tables name."""
    return re.findall(r"^\| (`[^|]*`) \|", section, re.MULTILINE)


COMMANDS = [
    pytest.param(command, id=f"{path.name} {command[:60]}")
    for path in PAGES
    for command in commands(path.read_text(encoding="utf-8"))
]


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_is_one_that_there_is(command: str) -> None:
    words = shlex.split(re.sub(r"[\[\]…]", "", command))
    words = words[: next((at for at, word in enumerate(words) if word in {"|", ">", "&"}), None)]
    assert parse(words[1:] if words[0] == "ticketbridge" else words[3:])


def test_a_command_that_there_is_not_is_seen() -> None:
    for wrong in ("deadletters reply x", "orders show", "reconcile --day 2026-05-01"):
        with pytest.raises(Exception, match=r"No such|Missing"):
            parse(wrong.split())
