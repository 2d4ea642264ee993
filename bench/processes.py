"""How much CPU time and memory groups of processes use.

A group is some processes and all below them. The time of a child that ended counts for the
parent that waited for it, so PostgreSQL's connections are not lost. Memory is known on Linux
alone, and 0 elsewhere.
"""

import os
import re
import subprocess
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path

PROC = Path("/proc")


def cpu_seconds(roots: Sequence[int]) -> float:
    """Return the user and system time of the processes and of all below them."""
    table = _table()
    return sum(table[pid][1] for pid in _below(roots, table))


def forget_peaks(roots: Sequence[int]) -> None:
    """Let the peak of each process's memory begin anew."""
    for pid in _below(roots, _table()):
        with suppress(OSError):
            (PROC / str(pid) / "clear_refs").write_text("5")


def memory_mb(roots: Sequence[int]) -> tuple[float, float]:
    """Return the memory of a group in MiB: its share now (PSS), and the peak (RSS, summed)."""
    now = peak = 0
    for pid in _below(roots, _table()):
        with suppress(OSError):
            now += _kilobytes(pid, "smaps_rollup", "Pss")
            peak += _kilobytes(pid, "status", "VmHWM")
    return now / 1024, peak / 1024


def sockets(roots: Sequence[int]) -> int:
    """Return how many sockets a group has open; those that listen, too."""
    found = 0
    for pid in _below(roots, _table()):
        for place in (PROC / str(pid) / "fd").glob("*"):
            with suppress(OSError):
                found += str(place.readlink()).startswith("socket:")
    return found


def _kilobytes(pid: int, file: str, key: str) -> int:
    text = (PROC / str(pid) / file).read_text()
    found = re.search(rf"^{key}:\s+(\d+) kB", text, re.MULTILINE)
    return int(found[1]) if found else 0


def _table() -> dict[int, tuple[int, float]]:
    return _from_proc() if (PROC / "self" / "stat").exists() else _from_ps()


def _below(roots: Sequence[int], table: Mapping[int, tuple[int, float]]) -> list[int]:
    children: dict[int, list[int]] = {}
    for pid, (parent, _) in table.items():
        children.setdefault(parent, []).append(pid)
    tree = [pid for pid in roots if pid in table]
    for pid in tree:
        tree.extend(child for child in children.get(pid, []) if child not in tree)
    return tree


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
