"""The code of every released version, kept beside the tests.

Why it exists: a test that runs an old version beside today's must find it in a fresh clone,
in one without history or tags, and in an unpacked source archive. So each release leaves
what its wheel would hold, without dependencies: they are today's.
"""

import subprocess
import zipfile
from pathlib import Path
from typing import Final

FOLDER: Final = Path(__file__).parent / "released"
_PACKAGES: Final = ("worker", "contracts")
_LEFT_OUT: Final = ("contracts/released/", "contracts/examples/", "contracts/schemas/")
_DATE: Final = (1980, 1, 1, 0, 0, 0)


def versions() -> list[str]:
    """Return the versions that are kept, oldest first."""
    found = (path.stem for path in FOLDER.glob("*.zip"))
    return sorted(found, key=lambda version: [int(part) for part in version.split(".")])


def pack(version: str, tree: Path) -> Path:
    """Keep the code that stands in ``tree``, a clone, as that of ``version``.

    Raises :class:`ValueError` where the version is kept already.
    """
    target = FOLDER / f"{version}.zip"
    if target.exists():
        raise ValueError(f"{version} is kept already, and what was released is never changed")
    listed = subprocess.run(
        ["git", "ls-files", "-z", *_PACKAGES], cwd=tree, check=True, capture_output=True, text=True
    ).stdout
    names = [name for name in listed.split("\0") if name and not name.startswith(_LEFT_OUT)]
    FOLDER.mkdir(exist_ok=True)
    with zipfile.ZipFile(target, "w") as archive:
        for name in sorted(names):
            entry = zipfile.ZipInfo(name, _DATE)
            archive.writestr(entry, (tree / name).read_bytes(), zipfile.ZIP_DEFLATED, 9)
    return target


def unpack(version: str, folder: Path) -> Path:
    """Put the code of a version into a folder of its own below ``folder``; return it."""
    place = folder / version
    with zipfile.ZipFile(FOLDER / f"{version}.zip") as archive:
        archive.extractall(place)
    return place
