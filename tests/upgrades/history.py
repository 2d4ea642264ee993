"""What one version wrote of one order, as compact JSON, and what follows from a part of it."""

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from tests.upgrades.journal import Entry, Row, Value
from tests.upgrades.outside import Call

FOLDER: Final = Path(__file__).parent / "histories"
KEYS: Final = {
    "orders": ("order_num",),
    "order_events": ("order_num", "version", "position"),
    "inbox": ("id",),
    "outbox": ("message_id",),
    "notifications": ("webhook_id",),
    "held_notices": ("id",),
    "dead_letters": ("id",),
    "broker_messages": ("id",),
}
"""The tables that hold an order's life, and what tells their rows apart."""

Key = tuple[str, tuple[Value, ...]]


@dataclass(frozen=True)
class History:
    """One order under one version."""

    version: str
    story: str
    order_num: str
    zzy_order_id: int
    journal: Sequence[Entry]
    calls: Sequence[Call]
    told: Sequence[str]
    """The webhook ids that its channel took."""

    def points(self) -> list[int]:
        """Return the positions after each commit: where a worker may have been killed."""
        found = []
        for place, entry in enumerate(self.journal):
            if entry.table == "orders" and not entry.deleted:
                found.append(_end_of_commit(self.journal[place:]))
        return sorted(set(found))

    def at(self, position: int) -> dict[str, list[Row]]:
        """Return the rows that there were after ``position``, by table."""
        kept: dict[Key, Row] = {}
        for entry in self.journal:
            if entry.position > position:
                break
            key = _key(entry)
            if entry.deleted:
                kept.pop(key, None)
            else:
                kept[key] = entry.row
        rows: dict[str, list[Row]] = {}
        for (table, _), row in kept.items():
            rows.setdefault(table, []).append(row)
        return rows

    def end(self) -> dict[str, list[Row]]:
        """Return what there was in the end."""
        return self.at(self.journal[-1].position)

    def messages(self) -> Iterator[Entry]:
        """Return each message as it was first put into a queue."""
        seen: set[Key] = set()
        for entry in self.journal:
            if entry.table != "broker_messages":
                continue
            if entry.deleted:
                seen.discard(_key(entry))  # its number is given to another
            elif _key(entry) not in seen:
                seen.add(_key(entry))
                yield entry


def _end_of_commit(journal: Sequence[Entry]) -> int:
    """Return the position of the last row that was written with the first."""
    last = journal[0].position
    for entry in journal[1:]:
        with_it = entry.table in {"order_events", "inbox", "outbox", "notifications"}
        if entry.position != last + 1 or not with_it or entry.deleted:
            break
        last = entry.position
    return last


def _key(entry: Entry) -> Key:
    return entry.table, tuple(entry.row[name] for name in KEYS[entry.table])


def write(history: History, folder: Path) -> None:
    """Keep a history as JSON, a line for each row, and of a row what has changed."""
    before: dict[Key, Row] = {}
    lines = []
    for entry in history.journal:
        key = _key(entry)
        row = before.pop(key) if entry.deleted else entry.row
        if entry.deleted:
            said: Any = [entry.position, entry.table, {name: row[name] for name in KEYS[key[0]]}, 0]
        else:
            old = before.get(key, {})
            changed = {
                name: _said(value, old.get(name))
                for name, value in row.items()
                if name in KEYS[key[0]] or name not in old or old[name] != value
            }
            said = [entry.position, entry.table, changed]
            before[key] = row
        lines.append(_compact(said))
    head = {
        "version": history.version,
        "story": history.story,
        "order_num": history.order_num,
        "zzy_order_id": history.zzy_order_id,
        "calls": [call.to_json() for call in history.calls],
        "told": sorted(history.told),
    }
    text = f'{_compact(head)[:-1]},"journal":[\n' + ",\n".join(lines) + "\n]}\n"
    (folder / f"{history.story.replace(' ', '-').replace(',', '')}.json").write_text(text)


def read(path: Path) -> History:
    """Return a history that was kept."""
    kept = json.loads(path.read_text())
    before: dict[Key, Row] = {}
    journal = []
    for position, table, said, *deleted in kept["journal"]:
        key = (table, tuple(said[name] for name in KEYS[table]))
        if deleted:
            entry = Entry(position, table, before.pop(key), deleted=True)
        else:
            old = before.get(key, {})
            row = {**old, **{name: _meant(value, old.get(name)) for name, value in said.items()}}
            before[key] = row
            entry = Entry(position, table, row)
        journal.append(entry)
    calls = [Call(*call) for call in kept.pop("calls")]
    return History(**{**kept, "journal": journal, "calls": calls})


def histories(version: str) -> list[History]:
    """Return what a version left, by story."""
    paths = sorted((FOLDER / version).glob("*.json"))
    return [read(path) for path in paths if path.name not in {"version.json", "wire.json"}]


def _compact(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def _said(value: Value, old: Value) -> Any:  # noqa: ANN401  (JSON)
    """Return bytes as text; where both are JSON objects, as what is different."""
    if not isinstance(value, bytes):
        return value
    text = value.decode()
    try:
        new, was = json.loads(text), json.loads(old) if isinstance(old, bytes) else {}
    except ValueError:
        return {"bytes": text}
    changes = _changes(was, new)
    if _compact(_changed(was, changes)) == text:
        return {"json": changes}
    return {"bytes": text}


def _meant(said: Any, old: Value) -> Value:  # noqa: ANN401
    if not isinstance(said, dict):
        return said  # type: ignore[no-any-return]
    if "bytes" in said:
        return str(said["bytes"]).encode()
    was = json.loads(old) if isinstance(old, bytes) else {}
    return _compact(_changed(was, said["json"])).encode()


def _changes(was: Mapping[str, Any], new: Mapping[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for name, value in new.items():
        old = was.get(name, ...)
        if isinstance(value, dict) and isinstance(old, dict) and old:
            if old != value:
                found[name] = {"~": _changes(old, value)}
        elif old is ... or old != value:
            found[name] = value
    return found


def _changed(was: Mapping[str, Any], changes: Mapping[str, Any]) -> dict[str, Any]:
    result = dict(was)
    for name, value in changes.items():
        nested = isinstance(value, dict) and value.keys() == {"~"}
        result[name] = _changed(was[name], value["~"]) if nested else value
    return result


def of_order(journal: Iterable[Entry], words: Iterable[str]) -> list[Entry]:
    """Return what of a journal concerns the order that goes by these words."""
    wanted = [word.encode() for word in words]
    return [
        entry
        for entry in journal
        if entry.table in KEYS and any(word in _text(entry.row) for word in wanted)
    ]


def _text(row: Row) -> bytes:
    return b"\n".join(v if isinstance(v, bytes) else str(v).encode() for v in row.values())
