"""The coverage table: which row covers what, where it is done, which tests prove it.

Why it exists: rows/*.toml is written by people, checked by test_coverage.py, rendered to
docs/protocol-coverage.md and put to the proof by test_planted.py. It must not judge a row.
"""

import tomllib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from tests.protocol.documents import Item

ROOT: Final = Path(__file__).parents[2]
ROWS: Final = Path(__file__).parent / "rows"
PAGE: Final = ROOT / "docs" / "protocol-coverage.md"


@dataclass(frozen=True, slots=True)
class Planted:
    """A change to the row's code that its tests must notice."""

    file: str
    old: str
    new: str


@dataclass(frozen=True, slots=True)
class Row:
    """One line of the table."""

    name: str
    """Unique: file stem and place."""
    document: str
    section: str
    covers: tuple[str, ...]
    what: str
    code: tuple[str, ...]
    """Where it is done: files, the first is changed by the planted fault."""
    tests: tuple[str, ...]
    planted: Planted

    @property
    def items(self) -> set[Item]:
        """Return the fields and codes that it covers."""
        return {(self.document, self.section, item) for item in self.covers}


def rows() -> list[Row]:
    """Return every row, in the order of the files. Raises KeyError naming a missing part."""
    found = []
    for path in sorted(ROWS.glob("*.toml")):
        listed = tomllib.loads(path.read_text("utf-8"))["row"]
        found += [_row(path.stem, place, entry) for place, entry in enumerate(listed, start=1)]
    return found


def _row(stem: str, place: int, entry: dict[str, Any]) -> Row:
    code = tuple(entry["code"])
    planted = entry["planted"]
    return Row(
        name=f"{stem}-{place:03}",
        document="zzy" if stem.startswith("zzy") else "channel",
        section=entry["section"],
        covers=tuple(entry["covers"]),
        what=entry["what"],
        code=code,
        tests=tuple(entry["tests"]),
        planted=Planted(planted.get("file", code[0]), planted["old"], planted["new"]),
    )


TITLES: Final = {
    "channel": "The channels' document (docs/protocols/channel.txt)",
    "zzy": "ZZY's document (docs/protocols/zzy.txt)",
}
_HEAD: Final = """# What of the two documents is done, where, and which test proves it

Every field and code that the documents name stands in a row (tests/protocol/ checks it
against the documents themselves). `make acceptance` changes each row's code, one planted
fault at a time, and each row's tests must then fail. Written by `make docs` from
tests/protocol/rows/; decisions where the documents are silent are in docs/decisions/ and
docs/channel-guide.md.
"""


def page(table: Sequence[Row]) -> str:
    """Return the page that people read."""
    parts = [_HEAD]
    for document, title in TITLES.items():
        parts.append(f"## {title}\n")
        parts.append("| Section | Fields and codes | What | Where | Tests |\n|---|---|---|---|---|")
        parts += [_line(row) for row in table if row.document == document]
        parts.append("")
    return "\n".join(parts)


def _line(row: Row) -> str:
    covers = ", ".join(f"`{item}`" for item in row.covers)
    code = "<br>".join(f"[{path}](../{path})" for path in row.code)
    tests = "<br>".join(_test(test) for test in row.tests)
    what = row.what.replace("|", "\\|")
    return f"| {row.section} | {covers} | {what} | {code} | {tests} |"


def _test(test: str) -> str:
    path, _, name = test.partition("::")
    return f"[{name.partition('[')[0]}](../{path})"


if __name__ == "__main__":
    PAGE.write_text(page(rows()), encoding="utf-8")
