"""From a channel that is gone to a chat, to a person who looks after it, over a restart."""

from collections.abc import AsyncIterator
from dataclasses import replace

import pytest

from tests.e2e.bridge import Place, started
from tests.e2e.calling import called
from tests.e2e.conftest import ONE_NOW
from tests.e2e.world import tomorrow, until
from worker.simulators.channel import ChannelSimulator
from worker.simulators.channel_driver import ChannelDriver, sample_order
from worker.simulators.robots import RobotSimulator

SECRET = "SEC-of-the-robot"


@pytest.fixture
async def robots() -> AsyncIterator[RobotSimulator]:
    simulator = RobotSimulator(secret=SECRET)
    await simulator.start()
    yield simulator
    await simulator.stop()


def told_by(place: Place, robots: RobotSimulator, *kinds: str) -> Place:
    """Return the place with robots of these formats."""
    lines = [
        f'[[alarms.robots]]\nname = "{kind}"\nformat = "{kind}"\n'
        f'webhook_url = "{robots.address(kind)}"\nwebhook_secret = "{SECRET}"\n'
        for kind in kinds
    ]
    return replace(place, more="\n".join(lines), log_level="info")


@pytest.mark.parametrize("place", ONE_NOW, indirect=True)
async def test_a_channel_that_is_gone_is_heard_of_in_the_chats(
    place: Place, channel: ChannelSimulator, driver: ChannelDriver, robots: RobotSimulator
) -> None:
    place = told_by(place, robots, "dingtalk", "wecom", "feishu", "json")
    channel.lots.change(gone=1)
    async with started(place):
        await driver.create(sample_order("a1", tomorrow()))

        async def opened() -> dict[str, str] | None:
            ran = await called(place.config, "alarms", "list", "--json")
            found = {str(one["kind"]): str(one["id"]) for one in ran.lines}
            return found if {"endpoint_gone", "dead_letter"} <= set(found) else None

        alarms = await until(opened, 30)
        assert alarms is not None
        await robots.changes.until(
            lambda: (
                {h.robot for h in robots.heard if "endpoint_gone" in h.text}
                == {"dingtalk", "wecom", "feishu", "json"}
            ),
            seconds=30,
        )
    name = alarms["endpoint_gone"]
    seen = await called(place.config, "alarms", "ack", name[:8], "--json")
    assert [line["state"] for line in seen.lines] == ["acknowledged"]
    async with started(place):
        over = await called(
            place.config, "alarms", "resolve", name, "--reason", "they moved", "--json"
        )
        assert [line["state"] for line in over.lines] == ["resolved"]
        await robots.changes.until(
            lambda: any("已恢复" in h.text and "endpoint_gone" in h.text for h in robots.heard),
            seconds=30,
        )
    assert (await called(place.config, "alarms", "ack", name)).code == 1
    past = await called(place.config, "alarms", "list", "--over", "--json")
    assert name in {line["id"] for line in past.lines}
    audit = await called(place.config, "audit", "list", "--subject", name, "--json")
    assert [line["action"] for line in audit.lines] == ["alarm.resolve", "alarm.acknowledge"]
    log = (place.folder / "worker.log").read_text()
    assert "robot_told" in log
    for secret in (SECRET, "ding-token-1", "wecom-key-1", "feishu-hook-1"):
        assert secret not in log


async def test_robots_are_tried_out_on_the_command_line(
    place: Place, robots: RobotSimulator
) -> None:
    place = told_by(place, robots, "dingtalk", "feishu")
    place.write()
    assert (await called(place.config, "migrate")).code == 0
    ran = await called(place.config, "alarms", "test", "--json")
    assert [(line["id"], line["answer"]) for line in ran.lines] == [
        ("dingtalk", "taken"),
        ("feishu", "taken"),
    ]
    robots.lots.force("too_many")
    ran = await called(place.config, "alarms", "test", "dingtalk")
    assert ran.code == 1
    assert "130101" in ran.out
    assert "ding-token-1" not in ran.out + ran.err
    assert (await called(place.config, "alarms", "test", "nobody")).code == 1
