"""From one request to one message, and from what came back to one answer.

Why it exists: commands and queries are sent and answered by the same rules. It must not
know an interface. Source: PROTOCOL.md, "Broker trouble".
"""

import uuid
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime
from http import HTTPStatus
from typing import Final

from contracts.channel import Answer, Code
from contracts.commands import (
    CancelOrderCommand,
    CreateOrderCommand,
    RefundOrderCommand,
    ResendVoucherCommand,
)
from contracts.envelope import wrap
from contracts.events import OrderOutcome, OrderUnanswered
from contracts.queries import Query
from worker.ingress.config import ChannelAccess
from worker.ingress.sending import Sent
from worker.runtime.ports import Message
from worker.telemetry import alarm, traces

Answered = tuple[Answer, HTTPStatus]
Business = Callable[[ChannelAccess, str], Awaitable[Answered]]
"""What an interface does with the signed parameters of a channel."""

Asked = CreateOrderCommand | CancelOrderCommand | RefundOrderCommand | ResendVoucherCommand | Query


def message_of(asked: Asked, queue: str, number: str = "") -> Message:
    """Return the message for ``queue``; ``number`` is ours of the order it is about."""
    name = uuid.uuid4().hex
    traces.about(number)
    trace = traces.current()
    return Message(
        queue=queue,
        type=asked.TYPE,
        body=wrap(asked, id=name, time=asked.received_at, correlation_id=number, trace=trace),
        message_id=name,
        correlation_id=name,
    )


def unanswered(app_key: str, number: str, asked: Message, now: datetime) -> Message:
    """Return what tells the saga that the channel is about to read 1000 with nothing known."""
    name = uuid.uuid4().hex
    told = OrderUnanswered(
        app_key=app_key, order_num=number, command_id=asked.message_id, answered_at=now
    )
    body = wrap(told, id=name, time=now, correlation_id=number)
    return Message(queue=asked.queue, type=told.TYPE, body=body, message_id=name)


_UNKNOWN: Final = Answer.refused(Code.UNKNOWN_OUTCOME)


@dataclass(frozen=True, slots=True)
class Otherwise:
    """What to answer where no reply came."""

    not_sent: Answer
    """With 503: surely nothing was done."""
    unsettled: Answer
    """The message is safe, its outcome open."""
    unknown: Answer = _UNKNOWN
    """With 504: perhaps it was sent."""
    unsettled_status: HTTPStatus = HTTPStatus.OK


def answered(sent: Sent | bytes, otherwise: Otherwise, number: str) -> Answered:
    """Return the reply's own answer, or what stands for none."""
    if sent is Sent.NO:
        return otherwise.not_sent, HTTPStatus.SERVICE_UNAVAILABLE
    if sent is Sent.UNKNOWN:
        return otherwise.unknown, HTTPStatus.GATEWAY_TIMEOUT
    if sent is Sent.YES:
        return otherwise.unsettled, otherwise.unsettled_status
    try:
        outcome = OrderOutcome.parse(sent)
    except ValueError:
        alarm("reply_unreadable", order_num=number)
        return otherwise.unsettled, otherwise.unsettled_status
    return Answer(code=outcome.code, message=outcome.message, data=outcome.data), HTTPStatus.OK
