"""Who may read which order: a version never writes back what it has only read a part of."""

import subprocess
import sys
from pathlib import Path

import pytest

from tests.saga.beginnings import part_audited
from tests.upgrades import kept
from worker.runtime import snapshot

READ = """
import sys
from types import SimpleNamespace
from worker.runtime import snapshot

state = sys.stdin.buffer.read()
print(getattr(snapshot, "FORMAT", 1), flush=True)
try:
    order = snapshot.read(SimpleNamespace(state=state))
except Exception:
    sys.exit()
sys.stdout.buffer.write(snapshot.write(order))
"""


@pytest.mark.parametrize("version", kept.versions())
def test_a_released_version_reads_an_order_whole_or_not_at_all(
    version: str, tmp_path: Path
) -> None:
    order = part_audited().order
    assert order is not None
    state = snapshot.write(order)
    ran = subprocess.run(
        [sys.executable, "-c", READ],
        input=state,
        cwd=kept.unpack(version, tmp_path),
        capture_output=True,
        check=True,
    )
    number, _, written = ran.stdout.partition(b"\n")
    assert written == (state if int(number) == snapshot.FORMAT else b"")
