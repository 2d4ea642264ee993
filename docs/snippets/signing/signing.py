"""Sign a request to ticketbridge; verify a notification from it. Standard library only.

Take the whole file over, or the functions that you need. ``params`` is always the JSON text
exactly as it travels: serialise it once, sign that text, send that text.
"""

import base64
import hashlib
import hmac
import json

WINDOW_SECONDS = 300


def sign(app_secret: str, params: str, time_stamp: int | str) -> str:
    """Return ``sign`` (参数签名); ``time_stamp`` is in milliseconds."""
    text = f"{app_secret}{params}{time_stamp}".encode()
    return hashlib.md5(text, usedforsecurity=False).hexdigest().upper()


def signed_body(app_key: str, app_secret: str, params: str, time_stamp: int) -> bytes:
    """Return the body of a request; ``time_stamp`` is ``int(time.time() * 1000)``."""
    envelope = {
        "app_key": app_key,
        "params": params,
        "sign": sign(app_secret, params, time_stamp),
        "time_stamp": time_stamp,
    }
    return json.dumps(envelope, ensure_ascii=False).encode()


def is_genuine_envelope(
    app_secrets: list[str], params: str, time_stamp: int | str, given: str, now_ms: int
) -> bool:
    """Verify the three fields of a notification's body; parse ``params`` afterwards."""
    if not str(time_stamp).isdigit() or abs(now_ms - int(time_stamp)) > WINDOW_SECONDS * 1000:
        return False
    fits = [
        hmac.compare_digest(sign(secret, params, time_stamp).encode(), given.upper().encode())
        for secret in app_secrets
    ]
    return any(fits)


def is_genuine_webhook(  # noqa: PLR0913, PLR0917  (three headers, and what they are held to)
    app_secrets: list[str],
    webhook_id: str,
    webhook_timestamp: str,
    webhook_signature: str,
    body: bytes,
    now_seconds: int,
) -> bool:
    """Verify the three ``Webhook-`` headers over the raw body, as in Standard Webhooks."""
    if not webhook_timestamp.isdigit():
        return False
    if abs(now_seconds - int(webhook_timestamp)) > WINDOW_SECONDS:
        return False
    signed = f"{webhook_id}.{webhook_timestamp}.".encode() + body
    genuine = False
    for secret in app_secrets:
        digest = hmac.new(secret.encode(), signed, hashlib.sha256).digest()
        expected = b"v1," + base64.b64encode(digest)
        for entry in webhook_signature.split(" "):
            genuine |= hmac.compare_digest(expected, entry.encode())
    return genuine
