"""The ingress of a real worker, attacked with what its OpenAPI document allows and forbids.

No 5xx and no answer outside the protocol's shape may come of it; 503 and 504 are documented
for a broker in trouble, and this one is not.
"""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from contracts.openapi import openapi_document
from contracts.openapi_interfaces import INTERFACES
from tests.e2e.bridge import Bridge, Place, started
from tests.fuzz.attack import attack
from worker.simulators.channel import ChannelSimulator
from worker.simulators.zzy import ZzySimulator


@pytest.fixture
async def bridge(tmp_path: Path) -> AsyncIterator[Bridge]:
    zzy, channel = ZzySimulator(), ChannelSimulator()
    await zzy.start()
    await channel.start()
    place = Place(tmp_path, zzy_url=zzy.url, channel_url=channel.url, log_level="error")
    zzy.notify(place.url + "/zzy/notify")
    try:
        async with started(place) as running:
            yield running
    finally:
        await channel.stop()
        await zzy.stop()


async def test_a_few_cases_find_nothing(bridge: Bridge, tmp_path: Path) -> None:
    options = ("--phases", "fuzzing", "--max-examples", "14")
    report = await attack(bridge.url, openapi_document(), tmp_path, *options)
    assert report.code == 0, report.text
    assert report.cases >= 80
    codes = set().union(*(report.codes(f"/public/{one.name}") for one in INTERFACES))
    assert {code for code in codes if code[0] != "9"}, "it does not get behind the signature"


@pytest.mark.acceptance
@pytest.mark.timeout(900)
async def test_two_thousand_cases_find_nothing(bridge: Bridge, tmp_path: Path) -> None:
    options = ("--max-examples", "200")
    report = await attack(bridge.url, openapi_document(), tmp_path, *options)
    assert report.code == 0, report.text
    assert report.cases >= 2000
    for one in INTERFACES:
        codes = report.codes(f"/public/{one.name}")
        assert codes >= {"9001", "9003"}, one.name
        assert "1000" in codes, f"{one.name} never did anything"
    assert report.codes("/zzy/notify") >= {"1000", "9001", "9003"}
