"""What the channel guide shows is what the program does, in both languages."""

import json
import re
import tomllib
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import typer

from contracts import channel, channel_extras
from contracts.channel import (
    Answer,
    ChannelRequest,
    Code,
    Notification,
    NotifyType,
    parse_create_order,
    parse_envelope,
    parse_receipt,
)
from contracts.channel_reports import Report
from contracts.signatures import sign_channel, verify_channel, within_window
from tests.relay.notifications import TARGET, notification
from worker.cli import app
from worker.relay.envelope import build
from worker.relay.policy import DEFAULT_RETRY_DELAYS
from worker.settings import Settings

DOCS = Path(__file__).parents[2] / "docs"
GUIDES = {
    name: (DOCS / name).read_text(encoding="utf-8")
    for name in ("channel-guide.md", "channel-guide.zh-CN.md")
}
GUIDE, CHINESE = GUIDES.values()
ORDER = {
    "channel_order_num": "2x",
    "product_code": "XXX",
    "take_phone": "13456451211",
    "date": "2026-05-02",
    "price": 6.0,
    "amount": 30.0,
    "count": 5,
}
EXAMPLES = re.findall(r"<!-- (\w+) -->\n```json\n(.*?)```", GUIDE, re.DOTALL)
SECRET = "94d95bdd7ef111eaa2505404a6b35c1e"


def blocks(guide: str) -> list[tuple[str, str]]:
    return re.findall(r"```(\w*)\n(.*?)```", guide, re.DOTALL)


def function(name: str) -> Any:  # noqa: ANN401
    (block,) = [text for language, text in blocks(GUIDE) if f"def {name}" in text]
    namespace: dict[str, Any] = {}
    exec(block, namespace)  # noqa: S102
    return namespace[name]


def test_the_signing_example_passes_the_real_check() -> None:
    request = parse_envelope(function("signed_body")("k", "s3cret", ORDER))
    signed = (request.params, request.time_stamp, request.sign)
    assert verify_channel(["s3cret"], *signed)
    assert not verify_channel(["other"], *signed)
    assert within_window(request.time_stamp, datetime.now(UTC), 300)
    assert parse_create_order(request.params).count == 5


def test_the_whole_request_is_truly_signed_and_holds_the_order_that_is_shown() -> None:
    shown = dict(EXAMPLES)
    request = parse_envelope(shown["ChannelRequest"].encode())
    assert verify_channel([SECRET], request.params, request.time_stamp, request.sign)
    assert SECRET in GUIDE
    assert json.loads(request.params) == json.loads(shown["CreateOrder"])
    vector = re.findall(r"[0-9A-F]{32}", GUIDE)[0]
    golden = json.loads((DOCS.parent / "tests/golden/channel/sign_params.json").read_text())
    text = json.dumps(golden, separators=(",", ":"))
    assert sign_channel(SECRET, text, 1586936588379) == vector


@pytest.mark.parametrize("secret", TARGET.secrets)
def test_the_verifying_example_takes_what_we_send(secret: str) -> None:
    is_genuine = function("is_genuine")
    request = build(notification(), TARGET, datetime.now(UTC))
    assert is_genuine(secret, request.headers, request.body)
    assert not is_genuine(secret, request.headers, request.body + b" ")
    assert not is_genuine("other", request.headers, request.body)
    stale = build(notification(), TARGET, datetime.now(UTC) - timedelta(seconds=301))
    assert not is_genuine(secret, stale.headers, stale.body)


@pytest.mark.parametrize("at", range(len(EXAMPLES)), ids=lambda at: EXAMPLES[at][0])
def test_each_example_is_exactly_what_travels(at: int) -> None:
    name, text = EXAMPLES[at]
    model, shown = getattr(channel, name), json.loads(text)
    if issubclass(model, Notification | channel_extras.ExtraRequest | channel.CreateOrder):
        assert json.loads(model.model_validate(shown).to_params()) == shown
    elif issubclass(model, Report):
        assert model.model_validate(shown).to_data() == shown
    elif issubclass(model, Answer | ChannelRequest):
        assert json.loads(model.model_validate(shown).to_bytes()) == shown
    else:
        assert model.model_validate(shown)


def test_the_receipts_mean_what_the_guide_says() -> None:
    receipts = [parse_receipt(text.encode()) for name, text in EXAMPLES if name == "ChannelReceipt"]
    assert [receipt is not None and receipt.delivered for receipt in receipts] == [True, False]


def test_every_message_has_an_example_and_every_example_a_name() -> None:
    shown = {name for name, _ in EXAMPLES}
    assert len(EXAMPLES) == sum(language == "json" for language, _ in blocks(GUIDE))
    wanted = {
        kind.__name__
        for kind in (
            *_leaves(Notification),
            *_leaves(Report),
            *_leaves(channel_extras.ExtraRequest),
        )
    } - {"ProductReport"}  # shown inside ProductsReport
    assert wanted | {"CreateOrder", "CancelOrder", "Answer", "ChannelReceipt"} <= shown
    assert {f"### {kind}: " in GUIDE and f"### {kind}：" in CHINESE for kind in NotifyType} == {
        True
    }


def _leaves(model: type) -> list[type]:
    below: list[type] = model.__subclasses__()
    return [leaf for kind in below for leaf in _leaves(kind)] if below else [model]


@pytest.mark.parametrize("guide", GUIDES)
def test_the_table_of_codes_is_complete(guide: str) -> None:
    table = GUIDES[guide].split("\n## 10. ")[1].split("\n## ")[0]
    rows = dict(re.findall(r"^\| `(\d{4})` \| (\S+) \| .+ \| .+ \|$", table, re.MULTILINE))
    assert rows == {code.value: code.text for code in Code}


@pytest.mark.parametrize("guide", GUIDES)
def test_the_headers_are_the_documented_ones(guide: str) -> None:
    sent = build(notification(), replace(TARGET, envelope="plain"), datetime.now(UTC)).headers
    documented = set(re.findall(r"^\| `(Webhook-\w+)` \|", GUIDES[guide], re.MULTILINE))
    assert documented == set(sent) - {"Content-Type"}


@pytest.mark.parametrize("guide", GUIDES)
def test_every_field_of_every_request_stands_in_a_table(guide: str) -> None:
    tables = set(re.findall(r"`(\w+)`", "\n".join(_rows(GUIDES[guide]))))
    models = (channel.CreateOrder, channel_extras.RefundOrder, channel_extras.QueryOrder,
              channel_extras.QueryPrice, channel_extras.ResendVoucher)  # fmt: skip
    assert {name for model in models for name in model.model_fields} - tables == set()


def test_the_retries_are_those_of_the_relay() -> None:
    (row,) = [line for line in _rows(GUIDE) if line.startswith("| after |")]
    units = {"s": 1, "min": 60, "h": 3_600}
    told = tuple(float(n) * units[unit] for n, unit in re.findall(r"(\d+) (s|min|h)", row))
    assert told == DEFAULT_RETRY_DELAYS


def test_both_languages_have_the_same_parts() -> None:
    assert blocks(GUIDE) == blocks(CHINESE)
    for pattern in (
        r"^(#+ (?:\d+\.)?)",  # headings and their numbers
        r"<!-- \w+ -->",
        r"^- \[ \] ",
        r"\]\((?!channel-guide)([^)]+)\)",  # links
    ):
        english, chinese = (re.findall(pattern, text, re.MULTILINE) for text in GUIDES.values())
        assert english == chinese
    english, chinese = ([row.count("|") for row in _rows(text)] for text in GUIDES.values())
    assert english == chinese
    first, second = (re.findall(r"^\| (`[^|]+`) \|", t, re.MULTILINE) for t in GUIDES.values())
    assert first == second
    names, called = (_names(text) for text in GUIDES.values())
    assert names == called


def _names(guide: str) -> set[str]:
    prose = re.sub(r"```.*?```", "", guide, flags=re.DOTALL)
    return {name for name in re.findall(r"`([^`\n]+)`", prose) if not name.startswith("{")}


def _rows(guide: str) -> list[str]:
    return [line for line in guide.splitlines() if line.startswith("|")]


@pytest.mark.parametrize("page", [*GUIDES, "README.md", "snippets/signing/README.md"])
def test_no_link_leads_nowhere(page: str) -> None:
    file = DOCS / page
    links = re.findall(r"\]\((?!https?:)([^)#]+)\)", file.read_text(encoding="utf-8"))
    assert len(links) > 6
    assert [link for link in links if not (file.parent / link).exists()] == []


def test_the_commands_to_try_are_commands() -> None:
    shell = "".join(text for language, text in blocks(GUIDE) if language == "sh")
    named = set(re.findall(r"python -m worker ([\w-]+)", shell))
    assert named == {"simulate", "run", "sign", "verify", "check-channel"}
    assert named <= set(typer.main.get_group(app).commands)


def test_the_configuration_to_try_is_one() -> None:
    (text,) = [text for language, text in blocks(GUIDE) if language == "toml"]
    settings = Settings.model_validate(tomllib.loads(text))
    assert settings.channels[0].secrets == ("s3cret",)
