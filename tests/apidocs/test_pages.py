import re
from html.parser import HTMLParser
from pathlib import Path

import pytest

from apidocs.__main__ import main, pages
from apidocs.fields import Reader
from contracts.asyncapi import public_entries
from contracts.openapi_interfaces import INTERFACES
from contracts.openapi_webhooks import NOTIFICATIONS

VOID = {"meta", "col", "br", "hr", "img", "input", "link"}


class Balance(HTMLParser):
    """Every tag is closed by its own."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.ids: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.ids += [value or "" for name, value in attrs if name == "id"]
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


@pytest.fixture(scope="module")
def rendered() -> dict[str, str]:
    return pages()


def test_the_pages_are_written_and_say_where(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main([str(tmp_path / "new")]) == 0
    names = [Path(line).name for line in capsys.readouterr().out.splitlines()]
    assert names == ["http.html", "queue.html", "index.html"]
    assert all((tmp_path / "new" / name).stat().st_size > 1000 for name in names)


def test_a_page_needs_nothing_else_and_is_whole(rendered: dict[str, str]) -> None:
    for text in rendered.values():
        assert not re.search(r'(src|href)="(?!#|[a-z]+\.html)', text)
        assert not re.search(r"url\(|@import|<script", text)
        parser = Balance()
        parser.feed(text)
        assert parser.open == []
        assert len(parser.ids) == len(set(parser.ids))
        targets = set(re.findall(r'href="#([^"]+)"', text))
        assert targets <= set(parser.ids)


def test_every_interface_and_every_field_inside_of_params_is_drawn(
    rendered: dict[str, str],
) -> None:
    for one in INTERFACES:
        assert f">/public/{one.name}<" in rendered["http.html"]
    models = [*(one.request for one in INTERFACES), *(one.model for one in NOTIFICATIONS)]
    for model in models:
        for name in model.model_fields:
            assert f'<span class="mono name">{name}</span>' in rendered["http.html"], name


def test_every_message_and_its_fields_are_drawn(rendered: dict[str, str]) -> None:
    for entry in public_entries():
        assert f">{entry.type}<" in rendered["queue.html"]
        for name in entry.model.model_fields:
            assert f'<span class="mono name">{name}</span>' in rendered["queue.html"], name


def test_what_refers_to_itself_is_drawn_once() -> None:
    tree = {"type": "object", "properties": {"next": {"$ref": "#/components/schemas/Tree"}}}
    shape = Reader({"components": {"schemas": {"Tree": tree}}}).shape(tree)
    assert shape.fields[0].name == "next"
