"""The door for the channels: who asks, is it signed, and one answer whatever happens.

Why it exists: every interface of channels verifies, counts and logs in the same way. It
keeps no state and knows no interface's business (channel_commands.py, channel_queries.py).
Sources: channel.txt 一、接口说明; PROTOCOL.md, "Channel side".
"""

import math
import time
from http import HTTPStatus
from typing import Final

import structlog

from contracts.channel import Answer, Code, ProtocolError, parse_envelope
from contracts.signatures import verify_channel, within_window
from worker.clock import Clock
from worker.ingress.asking import Answered, Business
from worker.ingress.config import ChannelAccess, IngressConfig
from worker.ingress.doors import Door, Incoming, Reply
from worker.ingress.http import read_body
from worker.ingress.rate import RateLimit
from worker.telemetry.metrics import INGRESS_DURATION, INGRESS_LIMITED, INGRESS_REQUESTS, of

TOO_MANY: Final = "请求过于频繁，请稍后重试 (too many requests: try again later)"

_log = structlog.get_logger(__name__)


class ChannelApi:
    """What stands in front of every interface that a channel calls."""

    def __init__(self, config: IngressConfig, clock: Clock) -> None:
        """Verify against the secrets and the window of ``config``, and count by its limit."""
        self._config = config
        self._clock = clock
        self._limit = RateLimit(config.requests_per_second)

    def interface(self, name: str, business: Business, failed: Code) -> Door:
        """Return the door of POST /public/``name``; ``business`` gets what is signed.

        ``failed`` is the code of what was surely not done.
        """

        async def door(request: Incoming) -> Reply:
            return await self._answer(request, name, business, failed)

        return door

    async def _answer(
        self, request: Incoming, name: str, business: Business, failed: Code
    ) -> Reply:
        app_key, wait, started = "", 0.0, time.perf_counter()
        try:
            raw = await read_body(request, self._config.body_timeout_seconds)
            started = time.perf_counter()
            channel, params = self._authenticated(raw)
            app_key = channel.app_key
            wait = self._limit.take(app_key, self._clock.now())
            if wait:
                answer, status = _too_many(name, app_key, failed)
            else:
                answer, status = await business(channel, params)
        except ProtocolError as error:
            answer, status = _refused(error, name, app_key, request.remote)
        of(INGRESS_REQUESTS, name, answer.code.value).inc()
        of(INGRESS_DURATION, name).observe(time.perf_counter() - started)
        return Reply(answer.to_bytes(), status, math.ceil(wait))

    def _authenticated(self, raw: bytes) -> tuple[ChannelAccess, str]:
        """Return who asks, and the signed parameters. Raises :class:`ProtocolError`."""
        asked = parse_envelope(raw)
        channel = self._config.channels.get(asked.app_key)
        if channel is None:
            raise ProtocolError(Code.APP_KEY_INVALID, field="app_key")
        window = self._config.time_stamp_window_seconds
        if not within_window(asked.time_stamp, self._clock.now(), window):
            detail = f"time_stamp 超出 {window:g} 秒 (too far off)"
            raise _UnsignedError(channel.app_key, detail, "time_stamp")
        if not verify_channel(channel.secrets, asked.params, asked.time_stamp, asked.sign):
            raise _UnsignedError(channel.app_key, "sign", "sign")
        return channel, asked.params


class _UnsignedError(ProtocolError):
    """A known channel's app_key under a signature or time stamp that is not good."""

    def __init__(self, app_key: str, detail: str, field: str) -> None:
        self.app_key = app_key
        super().__init__(Code.SIGNATURE_INVALID, detail, field)


def _too_many(name: str, app_key: str, failed: Code) -> Answered:
    """Refuse before anything is done of it; counted, not logged: there are too many of them."""
    INGRESS_LIMITED.labels(app_key).inc()
    _log.debug("request_limited", interface=name, app_key=app_key)
    return Answer.refused(failed, TOO_MANY), HTTPStatus.TOO_MANY_REQUESTS


def _refused(error: ProtocolError, name: str, app_key: str, peer: str | None) -> Answered:
    known = error.app_key if isinstance(error, _UnsignedError) else ""
    _log.warning(
        "request_refused",
        interface=name,
        app_key=app_key or known,
        code=error.code.value,
        field=error.field,
        peer=peer,
    )
    return Answer.of(error), HTTPStatus.OK
