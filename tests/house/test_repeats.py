"""Nothing is written twice: no ten lines of code stand in two places."""

import re
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parents[2]
FOLDERS = ("worker", "contracts", "apidocs", "demo", "bench", "tests")
NOT_OURS_ANY_MORE = ROOT / "tests" / "upgrades" / "released"
RUN = 10
THIN = re.compile(r"[\W_]*|[\w.]+,")
"""A line that says nothing alone: brackets, or one name of a list."""


def lines_that_count(text: str) -> Iterator[tuple[int, str]]:
    """Yield number and words of each line but imports, comments, brackets and lists of names."""
    importing = False
    for number, line in enumerate(text.splitlines(), 1):
        words = line.partition("  #")[0].strip()
        if importing or words.startswith(("import ", "from ")):
            importing = (importing or words.endswith("(")) and not words.endswith(")")
        elif not words.startswith("#") and not THIN.fullmatch(words):
            yield number, words


def repeats(texts: dict[str, str]) -> list[str]:
    """Return the places whose ten lines stand elsewhere too."""
    places: dict[tuple[str, ...], list[str]] = defaultdict(list)
    for name, text in texts.items():
        counted = list(lines_that_count(text))
        for at in range(len(counted) - RUN + 1):
            run = counted[at : at + RUN]
            places[tuple(words for _, words in run)].append(f"{name}:{run[0][0]}")
    return sorted(" ~ ".join(found) for found in places.values() if len(found) > 1)


def test_no_ten_lines_stand_twice() -> None:
    texts = {
        str(path.relative_to(ROOT)): path.read_text(encoding="utf-8")
        for folder in FOLDERS
        for path in (ROOT / folder).rglob("*.py")
        if NOT_OURS_ANY_MORE not in path.parents
    }
    assert len(texts) > 800
    assert repeats(texts) == []


def test_ten_lines_that_stand_twice_are_seen() -> None:
    block = "\n".join(f"    value += {number}  # why" for number in range(RUN))
    texts = {"a.py": f"def one():\n{block}\n", "b.py": f"def two():\n    pass\n{block}\n"}
    assert repeats(texts) == ["a.py:2 ~ b.py:3"]
