"""The signatures of both protocols, pure: text in, text out.

Why it exists: every side of every wire signs and verifies with these few functions. It
must not read a clock, a setting or a header; comparisons take constant time.
Sources: channel.txt 一 (MD5), zzy.txt 鉴权说明 (HMAC-SHA1), Standard Webhooks (HMAC-SHA256).
"""

import hashlib
import hmac
from base64 import b64encode
from collections.abc import Iterable, Sequence
from datetime import datetime
from functools import lru_cache
from typing import Final

ZZY_SCHEME: Final = "ZZY-OPENAPI"
"""AUTH_PUB of the document."""


def _bytes(text: str) -> bytes:
    # A header may hold anything; half a surrogate pair must compare unequal, not raise.
    return text.encode("utf-8", "surrogatepass")


def keyed_digest(key: bytes, data: bytes, name: str) -> bytes:
    """Return the HMAC of ``data`` by the hash ``name``.

    What a key alone decides is kept. That is cheaper than ``hmac.digest``, which besides gives
    Python's lock away: in a process with other threads its caller stands in line to get it back.
    """
    made = _begun(key, name).copy()
    made.update(data)
    return made.digest()


@lru_cache(maxsize=1024)
def _begun(key: bytes, name: str) -> hmac.HMAC:
    return hmac.new(key, digestmod=name)


def sign_channel(secret: str, params: str, time_stamp: int | str) -> str:
    """Return ``sign`` (参数签名): upper-case hex MD5 of secret + params + time stamp.

    ``params`` is the JSON text exactly as it travels. Source: channel.txt 一, steps 2 and 3.
    """
    text = _bytes(f"{secret}{params}{time_stamp}")
    return hashlib.md5(text, usedforsecurity=False).hexdigest().upper()


def verify_channel(secrets: Iterable[str], params: str, time_stamp: int | str, sign: str) -> bool:
    """Tell whether one of the secrets made ``sign``; upper and lower case both count."""
    given = _bytes(sign.upper())
    matches = [
        hmac.compare_digest(given, _bytes(sign_channel(secret, params, time_stamp)))
        for secret in secrets
    ]
    return any(matches)


def sign_zzy(sign_key: str, partner_id: int | str, timestamp: int | str, path: str) -> str:
    """Return ZZY's signature: Base64 of HMAC-SHA1 over partner, milliseconds and path.

    The body is not covered. Source: zzy.txt 鉴权说明.
    """
    data = _bytes(f"{partner_id}{timestamp}{path}")
    return b64encode(keyed_digest(_bytes(sign_key), data, "sha1")).decode("ascii")


def authorization(partner_id: int | str, sign: str) -> str:
    """Return the value of the ``Authorization`` header (鉴权说明)."""
    return f"Bearer {ZZY_SCHEME}:{partner_id}:{sign}"


def verify_zzy(
    sign_keys: Iterable[str],
    partner_id: int | str,
    timestamp: int | str,
    path: str,
    authorization: str,
) -> bool:
    """Tell whether one of the keys made this ``Authorization`` value."""
    given = _bytes(authorization.strip())
    prefix = f"Bearer {ZZY_SCHEME}:{partner_id}:"
    matches = [
        hmac.compare_digest(given, _bytes(prefix + sign_zzy(key, partner_id, timestamp, path)))
        for key in sign_keys
    ]
    return any(matches)


def within_window(timestamp_ms: int, now: datetime, seconds: float) -> bool:
    """Tell whether a time stamp in milliseconds is at most ``seconds`` off, either way."""
    return abs(timestamp_ms - int(now.timestamp() * 1000)) <= seconds * 1000


def webhook_signature(
    secrets: Sequence[str], webhook_id: str, timestamp: int | str, body: bytes
) -> str:
    """Return ``Webhook-Signature`` as in Standard Webhooks, one entry for each secret.

    ``timestamp`` is ``Webhook-Timestamp`` in seconds; the key is the secret's UTF-8 bytes.
    """
    signed = _bytes(f"{webhook_id}.{timestamp}.") + body
    digests = (keyed_digest(_bytes(secret), signed, "sha256") for secret in secrets)
    return " ".join(f"v1,{b64encode(digest).decode('ascii')}" for digest in digests)
