"""A world for each test."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.runtime.world import World
from tests.runtime.world import world as open_world


@pytest.fixture
async def world(tmp_path: Path) -> AsyncIterator[World]:
    async with open_world(tmp_path) as opened:
        yield opened
