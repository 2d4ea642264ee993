"""createOrder, cancelOrder, refundOrder, resendVoucher: validate, publish one command, answer.

Why it exists: what a channel wants done goes to the order saga. It keeps no state and
decides nothing that needs one.
Sources: channel.txt 1.下单接口, 2.取消订单; docs/channel-guide.md for the two of ours.
"""

from http import HTTPStatus
from typing import Final

from contracts import queues
from contracts.channel import (
    Answer,
    Code,
    order_num,
    parse_cancel_order,
    parse_create_order,
    parse_refund_order,
    parse_resend_voucher,
)
from contracts.commands import (
    CancelOrderCommand,
    CreateOrderCommand,
    RefundOrderCommand,
    ResendVoucherCommand,
)
from worker.clock import Clock
from worker.ingress.asking import (
    Answered,
    Asked,
    Otherwise,
    answered,
    message_of,
    unanswered,
)
from worker.ingress.config import ChannelAccess, IngressConfig
from worker.ingress.sending import Sender, Sent
from worker.runtime.ports import Message
from worker.translation.admission import admission_refusal, today_in_shanghai

CANCELLING: Final = "取消处理中"
REFUNDING: Final = "退款处理中"
NOT_RESENT: Final = "凭证未重发，请稍后重试 (not sent again: try later)"
RESENDING: Final = "重发处理中，结果未知 (taken, its outcome is not known yet)"


NOT_CREATED: Final = Answer.refused(Code.CREATE_FAILED)


def _refused(code: Code, message: str = "") -> Answer:
    return Answer.refused(code, message)


class ChannelCommands:
    """The interfaces that change something."""

    def __init__(self, config: IngressConfig, sender: Sender, clock: Clock) -> None:
        """Send through ``sender`` and wait for the outcome as configured."""
        self._config = config
        self._sender = sender
        self._clock = clock

    async def create_order(self, channel: ChannelAccess, params: str) -> Answered:
        """下单接口."""
        order = parse_create_order(params)
        now = self._clock.now()
        if (refused := admission_refusal(order, today_in_shanghai(now))) is not None:
            raise refused
        number = order_num(channel.app_key, order.channel_order_num)
        command = CreateOrderCommand(
            app_key=channel.app_key, received_at=now, reply_on=channel.reply_on, order=order
        )
        taken = Answer.ok({"order_num": number})
        wait = 0 if channel.reply_on == "accepted" else self._config.reply_wait_seconds
        message = message_of(command, queues.ORDERS, number)
        sent = await self._sender.send(message, wait=wait)
        if sent is Sent.YES and wait:
            sent = await self._unheard(channel.app_key, number, message)
        return answered(sent, Otherwise(NOT_CREATED, taken), number)

    async def _unheard(self, app_key: str, number: str, asked: Message) -> Sent:
        """Say that the channel will read 1000 and no outcome, before it does.

        A refusal at the door is only answered: whoever missed it must be notified. Where
        that cannot be said, the outcome is unknown.
        """
        note = unanswered(app_key, number, asked, self._clock.now())
        return Sent.YES if await self._sender.send(note) is Sent.YES else Sent.UNKNOWN

    async def cancel_order(self, channel: ChannelAccess, params: str) -> Answered:
        """取消订单."""
        number = parse_cancel_order(params).order_num
        command = CancelOrderCommand(
            app_key=channel.app_key,
            received_at=self._clock.now(),
            order_num=number,
            audit_reply=channel.audit_reply,
        )
        waiting = _refused(Code.CANCEL_FAILED, CANCELLING)
        return await self._ask(command, number, Otherwise(_refused(Code.CANCEL_FAILED), waiting))

    async def refund_order(self, channel: ChannelAccess, params: str) -> Answered:
        """退款, an interface of ours: some tickets of an order, or all that are left."""
        asked = parse_refund_order(params)
        command = RefundOrderCommand(
            app_key=channel.app_key,
            received_at=self._clock.now(),
            order_num=asked.order_num,
            refund_num=asked.refund_num,
            count=asked.count,
            codes=asked.codes,
            audit_reply=channel.audit_reply,
        )
        waiting = _refused(Code.CANCEL_FAILED, REFUNDING)
        otherwise = Otherwise(_refused(Code.CANCEL_FAILED), waiting)
        return await self._ask(command, asked.order_num, otherwise)

    async def resend_voucher(self, channel: ChannelAccess, params: str) -> Answered:
        """重发凭证, an interface of ours."""
        asked = parse_resend_voucher(params)
        command = ResendVoucherCommand(
            app_key=channel.app_key,
            received_at=self._clock.now(),
            order_num=asked.order_num,
            by=asked.by,
        )
        otherwise = Otherwise(
            not_sent=_refused(Code.CREATE_FAILED, NOT_RESENT),
            unsettled=_refused(Code.UNKNOWN_OUTCOME, RESENDING),
            unsettled_status=HTTPStatus.GATEWAY_TIMEOUT,
        )
        return await self._ask(command, asked.order_num, otherwise)

    async def _ask(self, command: Asked, number: str, otherwise: Otherwise) -> Answered:
        message = message_of(command, queues.ORDERS, number)
        sent = await self._sender.send(message, wait=self._config.reply_wait_seconds)
        return answered(sent, otherwise, number)
