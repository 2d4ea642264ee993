"""The HTTP request that carries one notification to a channel.

Why it exists: the bytes that are signed and the bytes that are sent are made in one
place, from values alone. It must not send, look at a clock or re-serialise ``params``.
Source: channel document, section 一 (接口加密规则) and 3 (状态变更通知接口); Standard Webhooks.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from contracts.channel import ChannelRequest
from contracts.events import ChannelNotification
from contracts.signatures import webhook_signature
from worker.relay.target import ChannelTarget


@dataclass(frozen=True, slots=True)
class Request:
    """What is posted to a channel."""

    headers: Mapping[str, str]
    body: bytes


def build(notification: ChannelNotification, target: ChannelTarget, now: datetime) -> Request:
    """Return the signed request for one attempt made at ``now``.

    The body is the channel protocol's own envelope, or ``params`` alone for a channel
    with ``envelope = "plain"``. The id is the notification's on every attempt; the time
    stamps and signatures are the attempt's.
    """
    body = _body(notification.params, target, now)
    seconds = int(now.timestamp())
    headers = {
        "Content-Type": "application/json",
        "Webhook-Id": notification.webhook_id,
        "Webhook-Timestamp": str(seconds),
        "Webhook-Signature": webhook_signature(
            target.secrets, notification.webhook_id, seconds, body
        ),
        "Webhook-Type": notification.notify_type.value,
    }
    return Request(headers, body)


def _body(params: str, target: ChannelTarget, now: datetime) -> bytes:
    if target.envelope == "plain":
        return params.encode()
    time_stamp = round(now.timestamp() * 1000)
    signed = ChannelRequest.signed(target.app_key, target.secrets[0], params, time_stamp)
    return signed.to_bytes()
