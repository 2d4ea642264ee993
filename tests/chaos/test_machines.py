"""Two machines with every role each, and one after the other is cut off under load."""

import math
from pathlib import Path

import pytest

from tests.chaos.faults import Fault
from tests.chaos.needs import missing
from tests.chaos.run import Course, run, tell
from tests.chaos.town import TWO_MACHINES

SEED = 20261127
CUTS = (
    Fault("machine_cut", "one", seconds=6),
    Fault("machine_cut", "two", seconds=12),
    Fault("machine_cut", "one", seconds=1),
)


@pytest.mark.acceptance
@pytest.mark.servers
@pytest.mark.timeout(400)
async def test_the_other_machine_goes_on_and_nothing_is_lost(tmp_path: Path) -> None:
    assert not missing(), f"this needs {missing()}"
    course = Course(SEED, math.inf, CUTS, rate=2.0, size=TWO_MACHINES)
    report = await run(course, tmp_path, tell)
    tell(report.text())
    assert [line.what for line in report.faults] == [str(fault) for fault in CUTS]
    assert report.good, report.text()
