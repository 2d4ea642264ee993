"""The gateways that docs/sms.md describes are gateways that work."""

import hashlib
import hmac
import json
import re
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.sms.texts import content
from worker import configured
from worker.clients.gateways import GatewayClient
from worker.clock import SystemClock
from worker.runtime.texting import SmsSent
from worker.settings import Settings, load_settings
from worker.settings.sms import OF_THE_SENDING
from worker.simulators.sms import SentSms, SmsFaults, SmsSimulator
from worker.sms.gateway import HttpSmsGateway

PAGE = (Path(__file__).parents[2] / "docs" / "sms.md").read_text(encoding="utf-8")
SECRET = "testSecret"


def settings(folder: Path, words: str, url: str) -> Settings:
    """Load the one example that holds ``words``, with another address."""
    blocks = re.findall(r"```toml\n(.*?)```", PAGE, re.DOTALL)
    (block,) = [block for block in blocks if words in block]
    (folder / "secrets").mkdir()
    for name in ("aliyun", "sms"):
        (folder / "secrets" / name).write_text(SECRET)
    file = folder / "bridge.toml"
    file.write_text(re.sub(r'url = "[^"]*"', f'url = "{url}"', block), encoding="utf-8")
    return load_settings(file, {})


@pytest.fixture
async def gateways() -> AsyncIterator[dict[str, SmsSimulator]]:
    made = {"aliyun": SmsSimulator(secret=SECRET), "plain": SmsSimulator()}
    for gateway in made.values():
        await gateway.start()
    yield made
    for gateway in made.values():
        await gateway.stop()


async def sent(told: Settings, gateway: SmsSimulator) -> SentSms:
    plan = configured.sms_plan(told)
    assert plan is not None
    http = GatewayClient(configured.sms_limits(told))
    port = HttpSmsGateway(plan, configured.sms_rule(told), http, SystemClock())
    assert isinstance(await port.send(content(product="联票")), SmsSent)
    await http.close()
    (sms,) = gateway.sent
    return sms


async def test_the_alibaba_cloud_example(tmp_path: Path, gateways: dict[str, SmsSimulator]) -> None:
    gateway = gateways["aliyun"]
    sms = await sent(settings(tmp_path, "aliyuncs", gateway.url + "/"), gateway)
    parameter = json.loads(sms.parameters["TemplateParam"])
    assert parameter == {"product": "联票", "code": "A、B"}
    assert sms.parameters["PhoneNumbers"] == "13456451211"


async def test_the_signed_json_example(tmp_path: Path, gateways: dict[str, SmsSimulator]) -> None:
    gateway = gateways["plain"]
    sms = await sent(settings(tmp_path, "X-Signature", gateway.url + "/v1"), gateway)
    digest = hmac.new(SECRET.encode(), sms.body.encode(), hashlib.sha256).hexdigest()
    assert sms.headers["X-Signature"] == digest
    assert sms.parameters["content"] == "您预订的联票（2026-05-02，2张）已出票，取票码：A、B"


def test_every_fault_and_placeholder_is_named() -> None:
    named = set(re.findall(r"`(\w+)`|\$\{(\w+)\}", PAGE))
    words = {word for pair in named for word in pair}
    assert set(SmsFaults.chances()) <= words
    assert words >= OF_THE_SENDING
