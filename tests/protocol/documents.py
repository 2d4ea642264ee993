"""What the two source documents name: each section with its fields and codes.

Why it exists: the coverage table is complete when it names all of these, and only the
documents themselves can say what they are. It must not know the program.
"""

import re
from pathlib import Path
from typing import Final

FOLDER: Final = Path(__file__).parents[2] / "docs" / "protocols"

Item = tuple[str, str, str]
"""Document, section, field or code."""

_CHANNEL_SECTIONS: Final = (
    "一、接口说明",
    "1.下单接口",
    "2.取消订单",
    "3.状态变更通知接口",
    "三、错误代码",
)
_ZZY_SECTION: Final = re.compile(r"^((?:1\.1|2\.1)\.[1-8])\.? ?(?=\S*[一-鿿])", re.MULTILINE)
_KINDS: Final = (
    "int|Int|string|String|Object|Collection|decimal|boolean|integer|datetime|long|double|Person"
)
_ZZY_ROW: Final = re.compile(rf"^([A-Z][A-Za-z]+) (?:{_KINDS})\b", re.MULTILINE)
_ZZY_KEY: Final = re.compile(r"[\"“]([A-Z][A-Za-z]+)[\"”] ?[:：]")
_ZZY_QUERY: Final = re.compile(r"[?&]([A-Za-z]+)=\{")
_CHANNEL_ROW: Final = re.compile(
    r"^\t([a-z_]+)\n\t(?:string|String|long|double|int)$", re.MULTILINE
)
_HEADERS: Final = ("Timestamp", "PartnerId", "Authorization")
_CODE: Final = re.compile(r"^\t(\d{4})$", re.MULTILINE)


def items() -> set[Item]:
    """Return every field and code that the documents name, section by section."""
    return _channel() | _zzy()


def _channel() -> set[Item]:
    text = (FOLDER / "channel.txt").read_text("utf-8")
    places = [text.index(name) for name in _CHANNEL_SECTIONS]
    found: set[Item] = set()
    for name, start, end in zip(_CHANNEL_SECTIONS, places, [*places[1:], len(text)], strict=True):
        part = text[start:end]
        names = _CODE.findall(part) if name.startswith("三") else _CHANNEL_ROW.findall(part)
        found |= {("channel", name, item) for item in names}
    return found


def _zzy() -> set[Item]:
    text = (FOLDER / "zzy.txt").read_text("utf-8")
    starts = [(match.group(1), match.start()) for match in _ZZY_SECTION.finditer(text)]
    found: set[Item] = {
        ("zzy", "鉴权说明", item) for item in ("Timestamp", "PartnerId", "Authorization")
    }
    for number, (section, start) in enumerate(starts):
        end = starts[number + 1][1] if number + 1 < len(starts) else len(text)
        part = text[start:end]
        names = [*_ZZY_ROW.findall(part), *_ZZY_KEY.findall(part), *_ZZY_QUERY.findall(part)]
        found |= {("zzy", section, item) for item in names}
    return found
