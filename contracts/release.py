"""Releasing schemas: what a version publishes is kept as it was, and never changed again.

Why it exists: ``python -m contracts.release 0.2.0`` puts the schemas of that version beside
those of the versions before; a test compares today's with all of them. It must not touch a
version that was released. The act is described in CONTRIBUTING.md.
"""

import hashlib
import json
import sys
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Final

from .catalogue import CATALOGUE
from .channel import ChannelReceipt, ChannelRequest, Tourist
from .compat import Direction, broken
from .openapi_interfaces import INTERFACES

FOLDER: Final = Path(__file__).parent
_SEALS: Final = "SHA256SUMS"
_ACCEPTED: Final = {one.request.__name__ for one in INTERFACES} | {
    ChannelReceipt.__name__,
    Tourist.__name__,
}


def direction_of(name: str) -> Direction | None:
    """Return who writes what has this schema; None where it is ZZY's, to whom we promise nothing.

    What only our own processes exchange goes both ways: they are not replaced in one instant.
    """
    if name in CATALOGUE:
        entry = CATALOGUE[name]
        if entry.kind in {"command", "query"}:
            return "accepted"
        return "told" if entry.public and entry.kind == "event" else "both"
    family, _, model = name.partition(".")
    if family != "channel":
        return None
    if model == ChannelRequest.__name__:
        return "both"
    return "accepted" if model in _ACCEPTED else "told"


def versions(folder: Path = FOLDER) -> list[Path]:
    """Return the folder of each released version, oldest first."""
    found = (path for path in (folder / "released").glob("*") if path.is_dir())
    return sorted(found, key=lambda path: [int(part) for part in path.name.split(".")])


def breaches(folder: Path = FOLDER) -> list[str]:
    """Return every promise of a released version that today's schemas break."""
    return [f"{version.name} {said}" for version in versions(folder) for said in _of(version)]


def _of(version: Path) -> Iterator[str]:
    for path in sorted(version.glob("*.json")):
        today = version.parents[1] / "schemas" / path.name
        direction = direction_of(path.stem)
        if not today.exists() or direction is None:
            yield f"{path.stem}: is gone"
            continue
        yield from (f"{path.stem} {said}" for said in broken(_read(path), _read(today), direction))


def unsealed(folder: Path = FOLDER) -> list[str]:
    """Return the released files that are not what was released."""
    return [
        f"{version.name}/{name}"
        for version in versions(folder)
        for name, seal in sorted((_seals(version) | _sealed(version)).items())
        if _seals(version).get(name) != seal or _sealed(version).get(name) != seal
    ]


def release(version: str, folder: Path = FOLDER) -> list[str]:
    """Keep the schemas that ``version`` publishes; returns their names.

    Only what no version before it holds in the same words is written. Raises
    :class:`ValueError` when the version is there already or a promise would be broken.
    """
    place = folder / "released" / version
    if place.exists():
        raise ValueError(f"{version} was released, and what was released is never changed")
    if found := breaches(folder):
        raise ValueError("a promise is broken:\n" + "\n".join(found))
    before: dict[str, str] = {}
    for earlier in versions(folder):
        before |= _sealed(earlier)
    place.mkdir(parents=True)
    for path in sorted((folder / "schemas").glob("*.json")):
        if direction_of(path.stem) and before.get(path.name) != _seal(path):
            (place / path.name).write_bytes(path.read_bytes())
    lines = [f"{seal}  {name}\n" for name, seal in _sealed(place).items()]
    (place / _SEALS).write_text("".join(lines))
    return sorted(_sealed(place))


def _read(path: Path) -> Mapping[str, Any]:
    schema: dict[str, Any] = json.loads(path.read_text("utf-8"))
    return schema


def _seal(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def _sealed(version: Path) -> dict[str, str]:
    return {path.name: _seal(path) for path in sorted(version.glob("*.json"))}


def _seals(version: Path) -> dict[str, str]:
    lines = (version / _SEALS).read_text().splitlines()
    return {name: seal for seal, name in (line.split() for line in lines)}


def main(arguments: Sequence[str]) -> int:
    """Release the version that is named, or with ``--check`` only judge."""
    if arguments == ["--check"]:
        found = [*breaches(), *(f"{name} was changed after its release" for name in unsealed())]
        sys.stderr.write("".join(f"{line}\n" for line in found))
        return 1 if found else 0
    (version,) = arguments
    try:
        sys.stdout.write("".join(f"{name}\n" for name in release(version)))
    except ValueError as error:
        sys.stderr.write(f"{error}\n")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
