"""How much CPU time groups of processes have used.

A group is some processes and all below them. The time of a child that ended counts for the
parent that waited for it, so PostgreSQL's connections are not lost.
"""

import os
import subprocess
from collections.abc import Sequence
from pathlib import Path

PROC = Path("/proc")


def cpu_seconds(roots: Sequence[int]) -> float:
    """Return the user and system time of the processes and of all below them."""
    table = _from_proc() if (PROC / "self" / "stat").exists() else _from_ps()
    children: dict[int, list[int]] = {}
    for pid, (parent, _) in table.items():
        children.setdefault(parent, []).append(pid)
    tree = [pid for pid in roots if pid in table]
    for pid in tree:
        tree.extend(child for child in children.get(pid, []) if child not in tree)
    return sum(table[pid][1] for pid in tree)


def _from_proc() -> dict[int, tuple[int, float]]:
    tick = os.sysconf("SC_CLK_TCK")
    table = {}
    for folder in PROC.iterdir():
        if not folder.name.isdigit():
            continue
        try:
            text = (folder / "stat").read_text()
        except OSError:
            continue  # it ended while we looked
        fields = text.rpartition(")")[2].split()
        table[int(folder.name)] = (int(fields[1]), sum(map(int, fields[11:15])) / tick)
    return table


def _from_ps() -> dict[int, tuple[int, float]]:
    listing = subprocess.run(
        ["ps", "-A", "-o", "pid=,ppid=,time="], capture_output=True, text=True, check=True
    ).stdout
    return {
        int(pid): (int(parent), _seconds(used))
        for pid, parent, used in (line.split(None, 2) for line in listing.splitlines())
    }


def _seconds(text: str) -> float:
    total = 0.0
    for part in text.replace("-", ":").split(":"):
        total = total * 60 + float(part)
    return total
