"""Each broker test runs once on each adapter."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.parity.broker_kit import Kit, embedded_kit, rabbit_kit


@pytest.fixture(params=["embedded", pytest.param("rabbitmq", marks=pytest.mark.servers)])
async def kit(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Kit]:
    """Opens brokers on one file or on one virtual host."""
    if request.param == "embedded":
        opened = embedded_kit(tmp_path / "bridge.db")
    else:
        opened = rabbit_kit(request.getfixturevalue("amqp_url"))
    yield opened
    await opened.close_all()
