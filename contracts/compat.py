"""Whether a new version of a published schema breaks whoever holds the old one.

Why it exists: a published type is a promise; this says which sentence of it a change would
break. It compares what pydantic writes (2020-12) and calls a change that it does not
understand breaking. What counts as breaking in which direction is decided in
docs/decisions/0011-published-schemas.md. It must not read a file.
"""

from collections.abc import Iterator, Mapping
from typing import Any, Literal

from .compat_values import narrower, variants

Direction = Literal["accepted", "told", "both"]
"""``accepted``: others write it and we read it; ``told``: we write it; ``both``: either."""
Schema = Mapping[str, Any]


def broken(old: Schema, new: Schema, direction: Direction) -> list[str]:
    """Return which promises of ``old`` the schema ``new`` breaks, each with its place."""
    complaints: list[str] = []
    if direction != "told":
        complaints += _Comparison(old, new, accepted=True).complaints()
    if direction != "accepted":
        complaints += _Comparison(old, new, accepted=False).complaints()
    return list(dict.fromkeys(complaints))


class _Comparison:
    """One reading of two schemas, with the ``$defs`` of each."""

    def __init__(self, old: Schema, new: Schema, *, accepted: bool) -> None:
        self._old = old
        self._new = new
        self._accepted = accepted
        self._seen: set[tuple[str, str]] = set()

    def complaints(self) -> list[str]:
        return list(self._compare("", self._old, self._new))

    def _compare(self, place: str, old: Schema, new: Schema) -> Iterator[str]:
        pair = (str(old.get("$ref", "")), str(new.get("$ref", "")))
        if all(pair):
            if pair in self._seen:
                return
            self._seen.add(pair)
        olds, news = self._variants(old, self._old), self._variants(new, self._new)
        smaller, larger = (olds, news) if self._accepted else (news, olds)
        for one in smaller:
            found = [list(self._contained(place, one, other)) for other in larger]
            if found and all(found):
                yield from min(found, key=len)

    def _variants(self, schema: Schema, root: Schema) -> list[Schema]:
        return variants(schema, root.get("$defs", {}))

    def _contained(self, place: str, small: Schema, large: Schema) -> Iterator[str]:
        """Yield why a value that fits ``small`` may not fit ``large``."""
        what = "is taken no longer" if self._accepted else "may come now"
        for reason in narrower(small, large):
            yield f"{place or '(root)'}: {reason} {what}"
        old, new = (small, large) if self._accepted else (large, small)
        yield from self._fields(place, old, new)
        for part in ("items", "additionalProperties", "contentSchema"):
            if not isinstance(large.get(part), dict):
                continue
            if isinstance(small.get(part), dict):
                yield from self._compare(f"{place}[]", old[part], new[part])
            elif small.get(part) is not False:
                yield f"{place}[]: any value {what}"

    def _fields(self, place: str, old: Schema, new: Schema) -> Iterator[str]:
        before, after = old.get("properties", {}), new.get("properties", {})
        for name in before:
            where = f"{place}.{name}".lstrip(".")
            if name not in after:
                yield f"{where}: is gone"
            else:
                yield from self._compare(where, before[name], after[name])
        needed, given = set(old.get("required", ())), set(new.get("required", ()))
        if self._accepted:
            for name in sorted(given - needed):
                yield f"{place}.{name}".lstrip(".") + ": is required now"
        else:
            for name in sorted(needed - given):
                yield f"{place}.{name}".lstrip(".") + ": may be missing now"
