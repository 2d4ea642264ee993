"""The bytes that go to a gateway: published examples, and nothing breaks out of its place."""

import base64
import hmac
import json
from dataclasses import replace
from urllib.parse import parse_qsl, urlsplit

import pytest

from tests.doubles import NOON
from tests.sms.texts import PUBLISHED_AT, aliyun, content
from worker.sms.request import GatewayPlan, SmsRequest, build
from worker.sms.signing import Signer, string_to_sign

NONCE = "45e25e9b-0a6f-4070-8c85-2956eda1b466"
NASTY = "\"a'b&c=d\r\nX: y+z %7E~ ${phone} 中文\\"


def made(plan: GatewayPlan, **values: str) -> SmsRequest:
    return build(plan, content(**values), NOON, NONCE)


def query(request: SmsRequest) -> dict[str, str]:
    return dict(parse_qsl(urlsplit(request.url).query, keep_blank_values=True))


def test_the_published_example_of_sendsms() -> None:
    """Alibaba Cloud SMS, "Signature of the HTTP interface": SendSms, 2017-07-12."""
    sms = content("15300000001", "123", product="test")
    request = build(aliyun(), sms, PUBLISHED_AT, NONCE)
    sent = query(request)
    assert sent["TemplateParam"] == '{"customer":"test"}'
    assert sent["Signature"] == "zJDF+Lrzhj/ThnlvIToysFRq6t4="
    assert "Signature=zJDF%2BLrzhj%2FThnlvIToysFRq6t4%3D" in request.url
    assert (request.method, request.body) == ("GET", None)


def test_the_published_example_of_an_rpc_call() -> None:
    """Alibaba Cloud ECS, "Signature method": DescribeRegions, 2016-02-23."""
    parameters = {
        "Timestamp": "2016-02-23T12:46:24Z",
        "Format": "XML",
        "AccessKeyId": "testid",
        "Action": "DescribeRegions",
        "SignatureMethod": "HMAC-SHA1",
        "SignatureNonce": "3ee8c1b8-83d3-44af-a94f-4e0ad82fd6cf",
        "Version": "2014-05-26",
        "SignatureVersion": "1.0",
    }
    assert string_to_sign("GET", parameters).startswith("GET&%2F&AccessKeyId%3Dtestid%26Action")
    assert "2016-02-23T12%253A46%253A24Z" in string_to_sign("GET", parameters)
    signer = Signer("query-hmac-sha1", "testsecret", "base64")
    assert signer.over_parameters("GET", parameters) == "OLeaidS1JvxuMvnyHOwuJ+uX5qY="


def test_a_form_is_signed_with_the_query() -> None:
    fields = dict(aliyun().query)
    whole = made(replace(aliyun(), method="POST"))
    signature = fields.pop("Signature")
    split = replace(aliyun(), method="POST", query={"Signature": signature}, form=fields)
    assert query(made(split)) == {"Signature": query(whole)["Signature"]}
    assert made(split).headers["Content-Type"] == "application/x-www-form-urlencoded"


@pytest.mark.parametrize(
    ("scheme", "name"), [("body-hmac-sha1", "sha1"), ("body-hmac-sha256", "sha256")]
)
@pytest.mark.parametrize("encoding", ["hex", "base64"])
def test_the_hmac_of_the_body_in_a_header(scheme: str, name: str, encoding: str) -> None:
    plan = GatewayPlan(
        "https://gateway.example/send",
        secret="s3cret",
        headers={"X-Sign": "v1=${signature}"},
        json='{"to": "${phone}", "text": "${text}", "n": ${count}}',
        text="${product}：${codes}",
        signature=scheme,  # type: ignore[arg-type]
        signature_encoding=encoding,  # type: ignore[arg-type]
    )
    request = made(plan)
    assert request.body is not None
    digest = hmac.new(b"s3cret", request.body, name).digest()
    told = digest.hex() if encoding == "hex" else base64.b64encode(digest).decode()
    assert request.headers["X-Sign"] == f"v1={told}"
    assert json.loads(request.body) == {"to": "13456451211", "text": "票：A、B", "n": 2}


def test_nothing_breaks_out_of_its_place() -> None:
    plan = GatewayPlan(
        "https://gateway.example/send?a=1",
        headers={"X-Product": "${product}"},
        query={"q": "<${product}>"},
        text="${product}",
    )
    with_json = made(
        replace(
            plan, json='{"text": "${text}", "p": "${parameters}"}', parameters={"p": "${product}"}
        ),
        product=NASTY,
    )
    assert with_json.body is not None
    sent = json.loads(with_json.body)
    assert (sent["text"], json.loads(sent["p"])) == (NASTY, {"p": NASTY})
    assert query(with_json) == {"a": "1", "q": f"<{NASTY}>"}
    assert not set("\r\n") & set(with_json.headers["X-Product"])
    with_form = made(replace(plan, form={"text": "${text}", "k": "1"}), product=NASTY)
    assert with_form.body is not None
    assert dict(parse_qsl(with_form.body.decode())) == {"text": NASTY, "k": "1"}


def test_what_a_request_can_name() -> None:
    names = ("phone", "sms_id", "nonce", "secret", "timestamp", "timestamp_seconds", "timestamp_ms")
    plan = GatewayPlan("https://g.example", secret="pw", query={n: f"${{{n}}}" for n in names})
    assert query(made(plan)) == {
        "phone": "13456451211",
        "sms_id": "sms_1",
        "nonce": NONCE,
        "secret": "pw",
        "timestamp": "2026-05-01T04:00:00Z",
        "timestamp_seconds": "1777608000",
        "timestamp_ms": "1777608000000",
    }


def test_a_channel_has_its_own_text() -> None:
    plan = GatewayPlan("https://g.example", query={"t": "${text}"}, text="a", texts={"k": "b"})
    assert query(made(plan)) == {"t": "b"}
    assert query(made(replace(plan, texts={"other": "b"}))) == {"t": "a"}


def test_a_request_shows_no_secret_and_nobody() -> None:
    shown = repr((aliyun(), content(), made(aliyun()).headers))
    assert "testSecret" not in shown
    assert "13456451211" not in shown
