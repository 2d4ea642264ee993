"""Writes the pages into build/docs; ``python -m apidocs [FOLDER]``.

Why it exists: ``make docs`` runs it, without Node.js and without a network. It must not fetch
anything.
"""

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from jinja2 import Environment, PackageLoader, StrictUndefined
from markdown_it import MarkdownIt
from markupsafe import Markup

from apidocs.http import http_page
from apidocs.page import Page
from apidocs.queue import queue_page
from contracts.asyncapi import asyncapi_document
from contracts.openapi import openapi_document

FOLDER: Final = Path(__file__).parents[1] / "build/docs"


def pages() -> dict[str, str]:
    """Return the text of every page by its file's name."""
    found = {
        "http.html": http_page(openapi_document()),
        "queue.html": queue_page(asyncapi_document()),
    }
    return {
        **{name: _rendered("page.html.j2", page=page, pages=found) for name, page in found.items()},
        "index.html": _rendered("index.html.j2", pages=found),
    }


def _rendered(template: str, **values: Page | dict[str, Page]) -> str:
    environment = Environment(
        loader=PackageLoader("apidocs"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    markdown = MarkdownIt("commonmark", {"html": False}).enable("table")
    environment.filters["markdown"] = lambda text: Markup(markdown.render(text))  # noqa: S704
    return environment.get_template(template).render(**values)


def main(arguments: Sequence[str]) -> int:
    """Write the pages; returns the exit code."""
    folder = Path(arguments[0]) if arguments else FOLDER
    folder.mkdir(parents=True, exist_ok=True)
    for name, text in pages().items():
        (folder / name).write_text(text, encoding="utf-8")
        sys.stdout.write(f"{folder / name}\n")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
