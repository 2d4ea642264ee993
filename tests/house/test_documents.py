"""A newcomer finds every page, and every page speaks of what is there."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
DOCS = ROOT / "docs"
PAGES = sorted([*ROOT.glob("*.md"), *DOCS.glob("*.md"), *DOCS.glob("decisions/*.md")])


def text_of(page: Path) -> str:
    return page.read_text(encoding="utf-8")


def test_every_page_is_in_the_index() -> None:
    linked = set(re.findall(r"\]\(([^)#]+)\)", text_of(DOCS / "README.md")))
    assert {page.name for page in DOCS.glob("*.md")} - {"README.md"} <= linked


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_every_link_leads_somewhere(page: Path) -> None:
    links = re.findall(r"\]\(([^)\s]+?)(?:#[^)]*)?\)", text_of(page))
    files = [link for link in links if link and "://" not in link and not link.startswith("#")]
    assert [link for link in files if not (page.parent / link).exists()] == []


def test_decisions_are_numbered_without_gaps() -> None:
    pages = sorted(DOCS.glob("decisions/*.md"))
    assert [int(page.name[:4]) for page in pages] == list(range(1, len(pages) + 1))
    for page in pages:
        assert text_of(page).startswith(f"# {int(page.name[:4])}. "), page.name


def test_the_architecture_names_every_module_of_the_runtime() -> None:
    section = text_of(DOCS / "architecture.md").split("## The runtime, module by module")[1]
    named = set(re.findall(r"`(\w+\.py)`", section.split("\n## ")[0]))
    there = {path.name for path in (ROOT / "worker" / "runtime").glob("*.py")} - {"__init__.py"}
    assert named == there
