"""Shows how a signature is made, step by step.

Why it exists: a developer compares step by step and sees where the own code differs. The
secret is masked in every text; the clock is the caller's.
Sources: channel.txt 一 (签名生成步骤); zzy.txt 鉴权说明.
"""

from dataclasses import dataclass
from typing import Final

from contracts.channel import ChannelRequest
from contracts.signatures import authorization, sign_channel, sign_zzy

SHOWN_BYTES: Final = 48


@dataclass(frozen=True, slots=True)
class Step:
    """One step: its name for scripts, what is done, and what comes out."""

    name: str
    told: str
    value: str


def mask(secret: str, name: str) -> str:
    """Return what stands for a secret: its name and length, so that a blank shows."""
    blank = ", with white space around it" if secret.strip() != secret else ""
    return f"‹{name}, {len(secret)} characters{blank}›"


def channel_steps(app_key: str, secret: str, params: str, time_stamp: int) -> list[Step]:
    """Return the four steps of the channel protocol's signature."""
    raw = params.encode()
    head = raw[:SHOWN_BYTES].hex(" ") + (" …" if len(raw) > SHOWN_BYTES else "")
    body = ChannelRequest.signed(app_key, secret, params, time_stamp).to_bytes().decode()
    length = f"{len(params)} characters, {len(raw)} bytes in UTF-8"
    return [
        Step("params", f"1. params, the JSON text exactly as it travels: {length}", params),
        Step("bytes", "   its bytes", head),
        Step(
            "text",
            "2. the text before the digest: app_secret + params + time_stamp",
            f"{mask(secret, 'app_secret')}{params}{time_stamp}",
        ),
        Step(
            "sign",
            "3. sign: MD5 of its UTF-8 bytes, hexadecimal, upper case",
            sign_channel(secret, params, time_stamp),
        ),
        Step("body", "4. the body to send; params is a JSON string in it", body),
    ]


def zzy_steps(partner_id: str, sign_key: str, timestamp: int, path: str) -> list[Step]:
    """Return the steps of ZZY's signature, and the headers."""
    sign = sign_zzy(sign_key, partner_id, timestamp, path)
    return [
        Step(
            "text",
            "1. the text: PartnerId + Timestamp + path, the path as on the wire, no query",
            f"{partner_id}{timestamp}{path}",
        ),
        Step("key", "2. the key of the HMAC: its UTF-8 bytes", mask(sign_key, "sign key")),
        Step("sign", "3. Base64 of HMAC-SHA1", sign),
        Step("PartnerId", "4. the headers", f"PartnerId: {partner_id}"),
        Step("Timestamp", "", f"Timestamp: {timestamp}"),
        Step("Authorization", "", f"Authorization: {authorization(partner_id, sign)}"),
    ]
