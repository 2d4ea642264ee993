"""Seeds of the simulation hold the nine invariants, and a seed is the same run every time."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
FEW = int(os.environ.get("TICKETBRIDGE_SIMULATE_FEW", "6"))


def simulated(*arguments: str) -> subprocess.CompletedProcess[str]:
    """Run the simulation in a process of its own, as ``make simulate`` does."""
    return subprocess.run(
        [sys.executable, "-m", "tests.simulation", "--jobs", "1", *arguments],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
        timeout=1500,
    )


@pytest.mark.slow
@pytest.mark.timeout(1600)
def test_a_few_seeds_break_no_promise() -> None:
    ran = simulated("--seeds", str(FEW))
    assert ran.returncode == 0, ran.stdout + ran.stderr
    assert "violations: 0" in ran.stdout


@pytest.mark.timeout(600)
def test_a_seed_is_the_same_run_in_every_process() -> None:
    one = ("--seed", "3", "--orders", "0,1,2,3,4,5,6,7,8,9", "--digest", "--shrink", "0")
    first, second = simulated(*one), simulated(*one)
    digests = [ran.stdout.splitlines()[0] for ran in (first, second)]
    assert digests[0] == digests[1]
    assert len(digests[0].split()[1]) == 64, first.stderr
