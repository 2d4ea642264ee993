"""A short story of faults on the real parts; ``make chaos`` tells the long one."""

import math
from pathlib import Path

import pytest

from tests.chaos.faults import Fault
from tests.chaos.proxy import Way
from tests.chaos.run import Course, run, tell
from tests.chaos.town import Size

SEED = 20260501
SHORT = (
    Fault("frozen_broker", "saga-2", Way.BOTH, 3),
    Fault("postgres_immediate", seconds=0.3),
    Fault("role_killed", "saga-1", seconds=0),
    Fault("frozen_zzy", "", Way.BACK, 1),
    Fault("zombie", "saga-2", seconds=7),
)
"""Cheap ones, none of which needs root. The zombie sleeps until its messages are others'."""


@pytest.mark.servers
@pytest.mark.slow
@pytest.mark.timeout(300)
async def test_a_short_story(tmp_path: Path) -> None:
    size = Size(ingress=1, saga=2, relay=1, small_disks=False, machines={})
    course = Course(SEED, math.inf, SHORT, rate=1.5, size=size, pause=0)
    report = await run(course, tmp_path, tell)
    assert [line.kind for line in report.faults] == [fault.kind for fault in SHORT]
    assert not report.violations, report.text()
    assert all(math.isfinite(line.recovered) for line in report.faults), report.text()
