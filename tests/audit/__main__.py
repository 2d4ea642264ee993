"""``python -m tests.audit``: known holes in what is pinned, by pip-audit.

Its data comes over the network, from PyPI or from OSV. Where neither can be asked, or
knows nothing of a package, that is said and is no success: exit 0 all were audited and
none has a known hole, 1 one has, 3 some or all could not be audited.
"""

import json
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[2]
FILES = ("requirements.txt", "requirements-dev.txt")
SERVICES = ("pypi", "osv")
SECONDS = 300
UNKNOWN = 3


def asked(tool: str, service: str) -> list[dict[str, Any]] | None:
    """Return what pip-audit says of each package; None where the service cannot be had."""
    files = [word for name in FILES for word in ("-r", str(ROOT / name))]
    words = [tool, "--no-deps", "--disable-pip", "--format", "json", "-s", service, *files]
    try:
        ran = subprocess.run(words, capture_output=True, text=True, timeout=SECONDS, check=False)
        found: list[dict[str, Any]] = json.loads(ran.stdout)["dependencies"]
    except (ValueError, KeyError, TypeError, subprocess.TimeoutExpired):
        return None
    return found


def told(packages: Sequence[dict[str, Any]]) -> tuple[list[str], int]:
    """Return the lines to print and the exit code."""
    lines = [
        f"{one['name']} {one['version']}: {hole['id']}, mended in {_versions(hole)}"
        for one in packages
        for hole in one.get("vulns", [])
    ]
    skipped = [one["name"] for one in packages if "skip_reason" in one]
    if skipped:
        count = f"{len(skipped)} of {len(packages)}"
        lines.append(f"not audited, for the service knows nothing of them: {count} packages")
    if any(one.get("vulns") for one in packages):
        return lines, 1
    if skipped or not packages:
        return lines, UNKNOWN
    return [f"{len(packages)} packages, no known hole"], 0


def _versions(hole: dict[str, Any]) -> str:
    return ", ".join(hole.get("fix_versions", [])) or "no version yet"


def main(tool: str) -> int:
    """Ask one service after the other until one knows every package."""
    for service in SERVICES:
        packages = asked(tool, service)
        if packages is None:
            sys.stdout.write(f"{service}: its data cannot be had from here\n")
            continue
        lines, code = told(packages)
        sys.stdout.write("".join(f"{service}: {line}\n" for line in lines))
        if code != UNKNOWN:
            return code
    sys.stdout.write("NOT AUDITED: ask again where PyPI or OSV can be reached\n")
    return UNKNOWN


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
