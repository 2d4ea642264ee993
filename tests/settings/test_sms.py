"""The section [sms]: what is refused when it is read, and what is warned about."""

from pathlib import Path

import pytest

from tests.settings.test_settings import load, mistake
from worker import configured
from worker.settings import Settings, weaknesses
from worker.sms.handler import DEFAULT_RETRY_DELAYS

URL = 'url = "https://sms.example"\n'


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("text = '${fone}'", "unknown placeholder ${fone}; known are codes, count, date"),
        ("text = 'costs 5$ '", "a $ that begins no ${placeholder}"),
        ("text = '${phone}'", "unknown placeholder ${phone}"),
        ("query = { a = '${Phone}' }", "a $ that begins no"),
        ("query = { a = '${password}' }", "unknown placeholder ${password}"),
        ("template_parameters = { a = '${secret}' }", "unknown placeholder ${secret}"),
        ("form = { a = '1' }\njson_body = '{}'", "form and json_body are both set"),
        ("method = 'GET'\nform = { a = '1' }", "a GET has no body"),
        ("json_body = '{\"a\": ${text}}'", "json_body is not JSON"),
        ("signature = 'query-hmac-sha1'", "nothing says ${signature}"),
        ("signature = 'body-hmac-sha1'\nform = { s = '${signature}' }", "cannot stand in it"),
    ],
)
def test_a_template_that_cannot_be_filled_in_is_refused(
    tmp_path: Path, text: str, expected: str
) -> None:
    said = mistake(tmp_path, f"[sms]\n{URL}{text}\nheaders = {{ X = 'hunter2' }}\n")
    assert expected in said
    assert "hunter2" not in said


def test_a_channels_text_is_checked_too(tmp_path: Path) -> None:
    said = mistake(tmp_path, "[[channels]]\napp_key = 'k'\nsms_text = '${phone}'\n")
    assert "channels[0].sms_text: unknown placeholder ${phone}" in said


def test_a_json_body_may_be_a_table(tmp_path: Path) -> None:
    table = load(tmp_path, f"[sms]\n{URL}json_body = {{ to = '${{phone}}' }}\n")
    variable = load(tmp_path, f"[sms]\n{URL}", TICKETBRIDGE_SMS__JSON_BODY='{"to": "${phone}"}')
    assert table.sms.json_body == variable.sms.json_body == '{"to": "${phone}"}'


def test_the_secret_may_come_from_a_file(tmp_path: Path) -> None:
    (tmp_path / "sms").write_text("topsecret\n")
    settings = load(tmp_path, f"[sms]\n{URL}gateway_secret_file = 'sms'\n")
    plan = configured.sms_plan(settings)
    assert plan is not None
    assert plan.secret == "topsecret"
    assert "topsecret" in configured.secrets(settings)


def test_what_is_legal_and_still_said(tmp_path: Path) -> None:
    channel = "[[channels]]\napp_key = 'k'\nvouchers_by = 'both'\n"
    told = weaknesses(load(tmp_path, channel))
    assert any("k: vouchers_by is both and sms.url is empty" in line for line in told)
    served = weaknesses(load(tmp_path, "[sms]\nurl = 'http://sms.example'\n" + channel))
    assert not any("vouchers_by" in line for line in served)
    assert any("sms.url is not https" in line for line in served)
    unsigned = "signature = 'query-hmac-sha1'\nquery = { s = '${signature}' }\n"
    told = weaknesses(load(tmp_path, f"[sms]\n{URL}{unsigned}"))
    assert any("sms.gateway_secret is missing" in line for line in told)


def test_nothing_is_sent_by_default() -> None:
    assert configured.sms_plan(Settings()) is None
    assert Settings().sms.retry_delays == DEFAULT_RETRY_DELAYS
    assert not any("sms" in line for line in weaknesses(Settings()))
