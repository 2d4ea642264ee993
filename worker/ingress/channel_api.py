"""createOrder and cancelOrder: verify, validate, publish one command, answer.

Why it exists: the door for the channels. It keeps no state and decides nothing that needs
one. Sources: channel.txt 1.下单接口, 2.取消订单; PROTOCOL.md, "Channel side".
"""

import time
import uuid
from collections.abc import Awaitable, Callable
from http import HTTPStatus
from typing import Final

import structlog
from aiohttp import web

from contracts import queues
from contracts.channel import (
    Answer,
    Code,
    ProtocolError,
    order_num,
    parse_cancel_order,
    parse_create_order,
    parse_envelope,
)
from contracts.commands import CancelOrderCommand, CreateOrderCommand
from contracts.envelope import wrap
from contracts.events import OrderOutcome
from contracts.signatures import verify_channel, within_window
from worker.clock import Clock
from worker.ingress.config import ChannelAccess, IngressConfig
from worker.ingress.http import json_response, read_body
from worker.ingress.sending import Sender, Sent
from worker.runtime.ports import Message
from worker.telemetry import alarm
from worker.telemetry.metrics import INGRESS_DURATION, INGRESS_REQUESTS
from worker.translation.admission import admission_refusal, today_in_shanghai

CANCELLING: Final = "取消处理中"
_log = structlog.get_logger(__name__)

Business = Callable[[ChannelAccess, str], Awaitable[tuple[Answer, HTTPStatus]]]


class ChannelApi:
    """The two interfaces that a channel calls."""

    def __init__(self, config: IngressConfig, sender: Sender, clock: Clock) -> None:
        """Take what the two interfaces share."""
        self._config = config
        self._sender = sender
        self._clock = clock

    async def create_order(self, request: web.Request) -> web.Response:
        """POST /public/createOrder (下单接口)."""
        return await self._answer(request, "createOrder", self._create)

    async def cancel_order(self, request: web.Request) -> web.Response:
        """POST /public/cancelOrder (取消订单)."""
        return await self._answer(request, "cancelOrder", self._cancel)

    async def _answer(
        self, request: web.Request, interface: str, business: Business
    ) -> web.Response:
        app_key, started = "", time.perf_counter()
        try:
            raw = await read_body(request, self._config.body_timeout_seconds)
            started = time.perf_counter()
            channel, params = self._authenticated(raw)
            app_key = channel.app_key
            answer, status = await business(channel, params)
        except ProtocolError as error:
            answer, status = Answer.of(error), HTTPStatus.OK
            _log.warning(
                "request_refused",
                interface=interface,
                app_key=app_key or self._known_key(error),
                code=error.code.value,
                field=error.field,
                peer=request.remote,
            )
        INGRESS_REQUESTS.labels(interface, answer.code.value).inc()
        INGRESS_DURATION.labels(interface).observe(time.perf_counter() - started)
        return json_response(answer.to_bytes(), status)

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

    async def _create(self, channel: ChannelAccess, params: str) -> tuple[Answer, HTTPStatus]:
        order = parse_create_order(params)
        now = self._clock.now()
        if (refused := admission_refusal(order, today_in_shanghai(now))) is not None:
            raise refused
        number = order_num(channel.app_key, order.channel_order_num)
        command = CreateOrderCommand(
            app_key=channel.app_key, received_at=now, reply_on=channel.reply_on, order=order
        )
        taken = Answer.ok({"order_num": number})
        message = _message(command, number)
        wait = 0 if channel.reply_on == "accepted" else self._config.reply_wait_seconds
        sent = await self._sender.send(message, wait=wait)
        return self._answered(sent, Code.CREATE_FAILED, taken, number)

    async def _cancel(self, channel: ChannelAccess, params: str) -> tuple[Answer, HTTPStatus]:
        number = parse_cancel_order(params).order_num
        command = CancelOrderCommand(
            app_key=channel.app_key,
            received_at=self._clock.now(),
            order_num=number,
            audit_reply=channel.audit_reply,
        )
        waiting = Answer.refused(Code.CANCEL_FAILED, CANCELLING)
        message = _message(command, number)
        sent = await self._sender.send(message, wait=self._config.reply_wait_seconds)
        return self._answered(sent, Code.CANCEL_FAILED, waiting, number)

    def _answered(
        self, sent: Sent | bytes, failed: Code, unsettled: Answer, number: str
    ) -> tuple[Answer, HTTPStatus]:
        """Return the reply's own answer, or what stands for none."""
        if sent is Sent.NO:
            return Answer.refused(failed), HTTPStatus.SERVICE_UNAVAILABLE
        if sent is Sent.UNKNOWN:
            return Answer.refused(Code.UNKNOWN_OUTCOME), HTTPStatus.GATEWAY_TIMEOUT
        if sent is Sent.YES:
            return unsettled, HTTPStatus.OK
        try:
            outcome = OrderOutcome.parse(sent)
        except ValueError:
            alarm("reply_unreadable", order_num=number)
            return unsettled, HTTPStatus.OK
        answer = Answer(code=outcome.code, message=outcome.message, data=outcome.data)
        return answer, HTTPStatus.OK

    def _known_key(self, error: ProtocolError) -> str:
        return error.app_key if isinstance(error, _UnsignedError) else ""


class _UnsignedError(ProtocolError):
    """A known channel's app_key under a signature or time stamp that is not good."""

    def __init__(self, app_key: str, detail: str, field: str) -> None:
        self.app_key = app_key
        super().__init__(Code.SIGNATURE_INVALID, detail, field)


def _message(command: CreateOrderCommand | CancelOrderCommand, number: str) -> Message:
    name = uuid.uuid4().hex
    return Message(
        queue=queues.ORDERS,
        type=command.TYPE,
        body=wrap(command, id=name, time=command.received_at, correlation_id=number),
        message_id=name,
        correlation_id=name,
    )
