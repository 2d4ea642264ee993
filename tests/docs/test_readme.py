"""The README shows what the demo really prints, in both languages, in two screens."""

import re
import xml.etree.ElementTree as ET
from pathlib import Path

import pytest

from demo import story
from tests.docs.shell import FENCE, ROOT, commands_in

READMES = ["README.md", "README.zh-CN.md"]
STEPS = [*story.BOUGHT, *story.GIVEN_BACK, *story.BROKEN, *story.CHANGED]
SCREENS = 130
"""Lines that a stranger reads before the first link is followed."""


def text_of(name: str) -> str:
    return (ROOT / name).read_text(encoding="utf-8")


def printed(text: str) -> str:
    (block,) = [block for language, block in FENCE.findall(text) if language == "text"]
    return str(block)


@pytest.mark.parametrize("name", READMES)
def test_what_the_demo_prints_is_what_it_looks_for(name: str) -> None:
    shown = re.findall(r"^  ✓ (.+?) {2,}\d+\.\d\d s  \S", printed(text_of(name)), re.MULTILINE)
    steps = iter(STEPS)
    assert all(title in steps for title in shown), "not in the demo's order"
    assert set(shown) >= {*story.BOUGHT}
    assert len(shown) == printed(text_of(name)).count("✓")


@pytest.mark.parametrize("name", READMES)
def test_it_is_short(name: str) -> None:
    assert len(text_of(name).splitlines()) <= SCREENS


def test_the_two_languages_say_the_same() -> None:
    english, chinese = map(text_of, READMES)
    assert printed(english) == printed(chinese)
    assert [c.text for c in commands_in("", english)] == [c.text for c in commands_in("", chinese)]
    for pattern in (r"^#+ ", r"^\|.*", r"!\[", r"<(?:source|img)[^>]*src(?:set)?=\"([^\"]+)"):
        counts = [len(re.findall(pattern, text, re.MULTILINE)) for text in (english, chinese)]
        assert counts[0] == counts[1], pattern
    first, second = (set(re.findall(r"\]\(([^)]+)\)", text)) for text in (english, chinese))
    assert first - {"README.zh-CN.md"} == second - {"README.md"}
    numbers = [
        re.findall(r"\d[\d,.]*\d", re.sub(r"\(.*?\)|（.*?）", "", t)) for t in (english, chinese)
    ]
    assert sorted(numbers[0]) == sorted(numbers[1])


def test_the_picture_is_the_same_in_the_light_and_in_the_dark() -> None:
    light, dark = (ROOT / "docs" / name for name in ("flow.svg", "flow-dark.svg"))
    assert drawn(light) == drawn(dark)
    assert light.read_text("utf-8") != dark.read_text("utf-8")


def drawn(picture: Path) -> list[tuple[str, dict[str, str], str]]:
    """Return everything of a picture but its colours."""
    elements = ET.fromstring(picture.read_text("utf-8")).iter()  # noqa: S314  (our own file)
    return [(one.tag, one.attrib, one.text or "") for one in elements if "style" not in one.tag]
