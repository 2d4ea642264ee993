"""What verify says of a channel's request: every usual slip is named, and a right one is good."""

import hashlib
import hmac
import json
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from contracts.channel import ChannelRequest
from contracts.signatures import sign_channel
from tests.doubles import NOON
from worker.conformance.channel_request import diagnose
from worker.conformance.findings import Diagnosis
from worker.conformance.known import Known

SECRET, OLD, FOREIGN = "s3cret", "Old/Secret", "f0reign"
CHANNELS = [Known("k", (SECRET, OLD)), Known("x", (FOREIGN,)), Known("Space", ("pad ",))]
STAMP = int(NOON.timestamp() * 1000)
PARAMS = '{"order_num":"84d95b","price":6.0,"name":"张三","url":"a/b","to":"<&>"}'
VALUE = json.loads(PARAMS)


def judged(body: bytes) -> Diagnosis:
    return diagnose(body, CHANNELS, NOON, 300)


def body(sign: object = None, **changes: object) -> bytes:
    fields = json.loads(ChannelRequest.signed("k", SECRET, PARAMS, STAMP).to_bytes())
    if sign is not None:
        fields["sign"] = sign
    fields |= changes
    return json.dumps({k: v for k, v in fields.items() if v is not ...}).encode()


def signed(secret: str = SECRET, params: str = PARAMS, stamp: object = STAMP) -> str:
    return sign_channel(secret, params, str(stamp))


def md5(text: str, encoding: str = "utf-8") -> str:
    return hashlib.md5(text.encode(encoding), usedforsecurity=False).hexdigest()


@pytest.mark.parametrize(
    "good",
    [
        body(),
        body(signed().lower()),
        body(signed(OLD)),
        body(time_stamp=str(STAMP)),
        body(app_secret=SECRET),
        b"\xef\xbb\xbf" + body(),
        body() + b"\n",
        body(signed(stamp=STAMP - 299_000), time_stamp=STAMP - 299_000),
    ],
)
def test_what_the_door_takes_is_good(good: bytes) -> None:
    found = judged(good)
    assert found.good, found
    assert {"signed"} <= {each.kind for each in found.findings}


def dumped(**how: Any) -> str:  # noqa: ANN401
    return json.dumps(VALUE, **how)


COMPACT = (",", ":")
SLIPS: dict[str, tuple[bytes, set[str], str]] = {
    "another channel's secret": (
        body(signed(FOREIGN)), {"secret_of_another"}, "with the secret of channel x"),
    "unknown channel": (
        body(signed(FOREIGN), app_key="nobody"), {"app_key_unknown", "secret_of_another"}, "9002"),
    "a key in another case": (
        body(app_key="K"), {"app_key_unknown", "secret_of_another"}, "k differs"),
    "spaced": (
        body(signed(params=dumped(ensure_ascii=False))), {"params_reserialised"}, "with a space"),
    "escaped": (
        body(signed(params=dumped(separators=COMPACT))), {"params_reserialised"}, "escaped"),
    "spaced, escaped": (body(signed(params=dumped())), {"params_reserialised"}, "escaped"),
    "sorted": (
        body(signed(params=dumped(ensure_ascii=False, separators=COMPACT, sort_keys=True))),
        {"params_reserialised"}, "sorted"),
    "JavaScript": (
        body(signed(params=PARAMS.replace("6.0", "6"))), {"params_reserialised"}, "JavaScript"),
    "PHP": (
        body(signed(params=dumped(separators=COMPACT).replace("/", "\\/"))),
        {"params_reserialised"}, "PHP"),
    "Gson": (
        body(signed(params=PARAMS.replace("<&>", "\\u003c\\u0026\\u003e"))),
        {"params_reserialised"}, "Gson"),
    "params respaced on the way": (
        body(params=dumped(ensure_ascii=False)), {"params_reserialised"}, "compact"),
    "a line break signed": (body(signed(params=PARAMS + "\n")), {"params_trimmed"}, "line break"),
    "a BOM signed": (body(signed(params="\ufeff" + PARAMS)), {"params_bom"}, "BOM"),
    "an object": (body(params=VALUE), {"params_object"}, "must be one string"),
    "an object, spaced": (
        body(signed(params=dumped()), params=VALUE), {"params_object"}, "must be one string"),
    "secret with a line break": (body(signed(SECRET + "\n")), {"secret_space"}, "white space"),
    "configured with white space": (
        body(signed("pad"), app_key="Space"), {"secret_space"}, "configured secret"),
    "secret in quotes": (body(signed(f'"{SECRET}"')), {"secret_quoted"}, "quotes"),
    "secret in upper case": (body(signed(SECRET.upper())), {"secret_case"}, "another case"),
    "app_key for secret": (body(signed("k")), {"secret_is_app_key"}, "app_key in place"),
    "no secret": (body(signed("")), {"secret_empty"}, "empty"),
    "time first": (body(md5(f"{STAMP}{PARAMS}{SECRET}")), {"order"}, "time_stamp + params"),
    "secret last": (body(md5(f"{PARAMS}{STAMP}{SECRET}")), {"order"}, "+ app_secret;"),
    "secret twice": (body(md5(f"{SECRET}{PARAMS}{STAMP}{SECRET}")), {"order"}, "wrong order"),
    "HMAC": (
        body(hmac.digest(SECRET.encode(), f"{PARAMS}{STAMP}".encode(), "md5").hex()),
        {"digest"}, "HMAC-MD5"),
    "SHA-256": (
        body(hashlib.sha256(f"{SECRET}{PARAMS}{STAMP}".encode()).hexdigest()),
        {"digest"}, "SHA-256"),
    "GBK": (body(md5(f"{SECRET}{PARAMS}{STAMP}", "gbk")), {"encoding"}, "GBK"),
    "seconds": (
        body(signed(stamp=STAMP // 1000), time_stamp=STAMP // 1000),
        {"time_stamp_unit"}, "in seconds"),
    "seconds signed": (body(signed(stamp=STAMP // 1000)), {"time_stamp_unit"}, "signed in seconds"),
    "no time stamp": (body(signed(stamp=""), time_stamp=...), {"missing"}, "time_stamp is missing"),
    "time stamp unsigned": (body(signed(stamp="")), {"time_stamp_unsigned"}, "without the time"),
    "stale": (
        body(signed(stamp=STAMP - 3_600_000), time_stamp=STAMP - 3_600_000),
        {"time_stamp_stale"}, "60.0 minutes behind"),
    "eight hours": (
        body(signed(stamp=STAMP + 28_800_000), time_stamp=STAMP + 28_800_000),
        {"time_stamp_stale"}, "local time of China"),
    "no number": (body(signed(stamp="soon"), time_stamp="soon"), {"time_stamp_no_number"}, "9001"),
    "white space around sign": (body(f" {signed()}\n"), {"sign_space"}, "white space"),
    "a number for sign": (body(sign=..., app_key="k") [:-1] + b',"sign":5}', {"not_text"}, "sign"),
    "nothing that fits": (body("0" * 32), {"sign_wrong"}, "fits no secret"),
    "no sign": (body(""), {"missing"}, "sign is missing"),
    "params no JSON": (
        body(signed(params="{"), params="{"), {"params_unreadable"}, "no JSON object"),
    "two slips at once": (
        body(md5(f"{dumped()}{SECRET}{STAMP}")), {"order", "params_reserialised"}, "wrong order"),
    "form": (b"app_key=k&params=%7B%7D&sign=x&time_stamp=1", {"body_unreadable"}, "form-encoded"),
    "GBK body": ('{"app_key":"名"}'.encode("gbk"), {"body_unreadable"}, "GBK"),
    "empty": (b"", {"body_unreadable"}, "empty"),
    "not UTF-8": (b"\xff\xff", {"body_unreadable"}, "UTF-8"),
}  # fmt: skip


@pytest.mark.parametrize("slip", SLIPS)
def test_a_slip_is_named(slip: str) -> None:
    request, kinds, words = SLIPS[slip]
    found = judged(request)
    assert not found.good
    assert found.kinds() == kinds, found
    told = "\n".join(each.text for each in found.findings)
    assert words in told
    assert SECRET not in told
    assert FOREIGN not in told


def test_a_very_long_params_is_judged_soon() -> None:
    long = json.dumps({"a": "x" * 200_000})
    found = judged(body("0" * 32, params=long))
    assert found.kinds() == {"sign_wrong"}
    assert judged(body(signed(FOREIGN, long), params=long)).kinds() == {"secret_of_another"}


Anything: Callable[[], st.SearchStrategy[bytes]] = lambda: (  # noqa: E731
    st.binary(max_size=80)
    | st.dictionaries(
        st.sampled_from(["app_key", "params", "sign", "time_stamp"]),
        st.none() | st.integers() | st.text(max_size=9) | st.just({"a": [1]}) | st.just("k"),
    ).map(lambda fields: json.dumps(fields).encode())
)


@settings(max_examples=40, deadline=None)
@given(Anything())
def test_no_body_is_too_strange(raw: bytes) -> None:
    assert not judged(raw).good
