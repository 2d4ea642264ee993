"""Make this tree a version: ``python -m tests.upgrades.release VERSION``, or ``make release``.

Why it exists: a release forgets nothing that a later version is held to. It names the version
in CHANGELOG.md and each pyproject.toml, keeps the schemas that it publishes (contracts/release.py)
and records what it stores and sends (record.py). Committing and tagging are a person's.
"""

import argparse
import asyncio
import re
import subprocess
import sys
from pathlib import Path

from contracts.release import release
from tests.upgrades.record import record

ROOT = Path(__file__).parents[2]
UNRELEASED = "## Unreleased"
VERSION = re.compile(r'^version = ".*"$', re.MULTILINE)


def named(version: str, root: Path = ROOT) -> None:
    """Name the version where people and programs look for it.

    Raises :class:`ValueError` where the changelog has nothing that is not released.
    """
    changelog = root / "CHANGELOG.md"
    told = changelog.read_text(encoding="utf-8")
    if UNRELEASED not in told:
        raise ValueError("CHANGELOG.md tells of nothing that is not released")
    changelog.write_text(told.replace(UNRELEASED, f"## {version}", 1), encoding="utf-8")
    for project in (root / "pyproject.toml", root / "contracts" / "pyproject.toml"):
        text = project.read_text(encoding="utf-8")
        text = VERSION.sub(f'version = "{version}"', text, count=1)
        project.write_text(text, encoding="utf-8")


def main() -> None:
    """Release the version that is named."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("version")
    version = parser.parse_args().version
    changed = ["git", "status", "--porcelain", "--", "worker", "contracts"]
    if subprocess.run(changed, cwd=ROOT, check=True, capture_output=True).stdout:
        raise SystemExit("commit first: what is released must be what is recorded")
    named(version)
    sys.stdout.write("".join(f"{name}\n" for name in release(version)))
    asyncio.run(record(version, ROOT))
    sys.stdout.write(f"{version}: commit this and tag it\n")


if __name__ == "__main__":
    main()
