import base64
import hashlib
import subprocess
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contracts.signatures import (
    authorization,
    sign_channel,
    sign_zzy,
    verify_channel,
    verify_zzy,
    webhook_signature,
    within_window,
)

SECRET = "94d95bdd7ef111eaa2505404a6b35c1e"
PARAMS = '{"order_num":"84d95bdc7ef911eaa2505404a6b35c1e","date":"2020-04-01"}'
STAMP = 1586936588379
NOON = datetime(2026, 5, 1, 4, 0, tzinfo=UTC)

TEXT = st.text(st.characters(codec="utf-8"))


def hmac_by_hand(key: bytes, data: bytes, name: str) -> str:
    """RFC 2104 in four lines, so that no library vouches for itself."""
    key = (hashlib.new(name, key).digest() if len(key) > 64 else key).ljust(64, b"\0")
    inner = hashlib.new(name, bytes(b ^ 0x36 for b in key) + data).digest()
    outer = hashlib.new(name, bytes(b ^ 0x5C for b in key) + inner).digest()
    return base64.b64encode(outer).decode()


def test_the_document_s_example_gives_the_known_signature() -> None:
    assert sign_channel(SECRET, PARAMS, STAMP) == "3760DDB933BD79CD97FE832CB81535BB"


@pytest.mark.parametrize("secrets", [(SECRET,), ("other", SECRET), (SECRET, "other")])
def test_one_of_several_secrets_and_either_case_is_enough(secrets: tuple[str, ...]) -> None:
    sign = sign_channel(SECRET, PARAMS, STAMP)
    assert verify_channel(secrets, PARAMS, STAMP, sign)
    assert verify_channel(secrets, PARAMS, STAMP, sign.lower())
    assert not verify_channel(secrets, PARAMS + " ", STAMP, sign)
    assert not verify_channel(secrets, PARAMS, STAMP + 1, sign)
    assert not verify_channel((), PARAMS, STAMP, sign)


@given(TEXT, TEXT, st.integers())
def test_what_is_signed_verifies(secret: str, params: str, stamp: int) -> None:
    assert verify_channel([secret], params, stamp, sign_channel(secret, params, stamp))


@given(st.text())
def test_no_signature_whatever_is_in_it_raises(sign: str) -> None:
    assert not verify_channel([SECRET], PARAMS, STAMP, sign)
    assert not verify_zzy(["key"], "9258", "1", "/zzy/notify", sign)


def test_zzy_s_signature_is_the_hmac_sha1_of_partner_time_and_path() -> None:
    path = "/product/getProductByDistributor"
    expected = hmac_by_hand(b"sign key", f"9258{STAMP}{path}".encode(), "sha1")
    assert sign_zzy("sign key", 9258, STAMP, path) == expected
    assert sign_zzy("sign key", "9258", str(STAMP), path) == expected


def test_hmac_agrees_with_another_program() -> None:
    command = ["openssl", "dgst", "-sha1", "-hmac", "key", "-binary"]
    try:
        made = subprocess.run(command, input=b"91/order/Pay", capture_output=True, check=True)
    except FileNotFoundError:
        pytest.skip("no openssl here")
    assert sign_zzy("key", 9, 1, "/order/Pay") == base64.b64encode(made.stdout).decode()


def test_the_authorization_header_names_scheme_partner_and_signature() -> None:
    assert authorization(9258, "c2ln") == "Bearer ZZY-OPENAPI:9258:c2ln"


def test_zzy_s_headers_verify_with_any_key_and_for_one_path_alone() -> None:
    header = authorization(9258, sign_zzy("old", 9258, STAMP, "/zzy/notify"))
    assert verify_zzy(["new", "old"], "9258", str(STAMP), "/zzy/notify", header)
    assert not verify_zzy(["new"], "9258", str(STAMP), "/zzy/notify", header)
    assert not verify_zzy(["old"], "9258", str(STAMP), "/zzy/Notify", header)
    assert not verify_zzy(["old"], "9259", str(STAMP), "/zzy/notify", header)
    assert not verify_zzy([], "9258", str(STAMP), "/zzy/notify", header)


@pytest.mark.parametrize(("off", "inside"), [(300_000, True), (300_001, False)])
def test_the_window_is_open_on_both_sides(off: int, inside: bool) -> None:  # noqa: FBT001
    now = int(NOON.timestamp() * 1000)
    assert within_window(now - off, NOON, 300) is inside
    assert within_window(now + off, NOON, 300) is inside
    assert not within_window(10**60, NOON, 300)


def test_webhooks_are_signed_with_every_secret() -> None:
    expected = hmac_by_hand(b"new", b'msg_1.1700000000.{"a":1}', "sha256")
    first, second = webhook_signature(["new", "old"], "msg_1", 1700000000, b'{"a":1}').split(" ")
    assert first == f"v1,{expected}"
    assert second.startswith("v1,")
    assert first != second
