"""Performs effects: the one interpreter of what the saga wants done.

Why it exists: the saga describes, this does. A call to ZZY comes back as the event that
its answer means; everything else comes to nothing more. It must not decide anything.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar, assert_never

import structlog

from contracts import queues
from contracts.envelope import wrap
from contracts.events import ChannelNotification, OrderEvent, VoucherSms
from worker.clock import Clock
from worker.runtime.outside import Supplier
from worker.runtime.ports import Broker, Message, NotificationRow
from worker.saga.decide import LOST_CALL
from worker.saga.effects import Alarm, Notify, Reply, TextVouchers
from worker.saga.events import CreateRefused, Event, PayRefused
from worker.saga.states import CallKind, Order
from worker.telemetry import alarm
from worker.translation import answers, outbound
from worker.translation.order_events import order_event
from worker.translation.outbound import Partner
from worker.translation.refusals import RefusalPatterns
from worker.translation.supplier import SupplierResult, Unknown
from worker.translation.texts import CODES_PER_SMS, SMS_TYPE, voucher_sms

T = TypeVar("T")
OnRefusal = Callable[[str, str], None]
"""Hears of the code and the product of an order that ZZY refuses."""

_log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Answer:
    """The event that a call's answer means, and ZZY's own number of the call."""

    event: Event
    log_id: str = ""
    lost: Unknown | None = None
    """Set where nothing came back that could be read."""


class Performer:
    """Carries out the effects of decisions."""

    def __init__(  # noqa: PLR0913  (whom it calls, and as whom)
        self,
        supplier: Supplier,
        broker: Broker,
        clock: Clock,
        partner: Partner,
        patterns: RefusalPatterns,
        *,
        publish_events: bool = False,
        codes_per_sms: int = CODES_PER_SMS,
        on_refusal: OnRefusal | None = None,
    ) -> None:
        """Call ``supplier`` as ``partner``; read its refusals by ``patterns``.

        ``publish_events``: whether there is anybody who could listen to order events.
        """
        self._on_refusal = on_refusal
        self._publish_events = publish_events
        self._codes_per_sms = codes_per_sms
        self._supplier = supplier
        self._broker = broker
        self._clock = clock
        self._partner = partner
        self._patterns = patterns

    async def call(self, kind: CallKind, order: Order) -> Answer:
        """Make one call to ZZY; an outcome that is not clear is the *unknown* event."""
        answer = await self._call(kind, order)
        if self._on_refusal and isinstance(answer.event, CreateRefused | PayRefused):
            self._on_refusal(answer.event.failure.code, order.zzy_product_id)
        return answer

    async def _call(self, kind: CallKind, order: Order) -> Answer:
        match kind:
            case CallKind.CREATE:
                created = await self._supplier.create(outbound.create_request(order, self._partner))
                return _answer(answers.read_create(created, self._patterns), created)
            case CallKind.PAY:
                paid = await self._supplier.pay(outbound.pay_request(order, self._partner))
                return _answer(answers.read_pay(paid, self._patterns), paid)
            case CallKind.CANCEL:
                cancelled = await self._supplier.cancel(order.zzy_order_id)
                return _answer(answers.read_cancel(cancelled, self._patterns), cancelled)
            case CallKind.PROBE:
                probed = await self._supplier.person_qr_codes(order.order_num)
                return _answer(answers.read_probe(probed, order), probed)
            case CallKind.REFUND:
                return await self._refund(order)
            case _:
                assert_never(kind)

    async def _refund(self, order: Order) -> Answer:
        request = outbound.refund_request(order, self._partner)
        if request is None:
            _log.error("refund_without_intent", order_num=order.order_num)
            return Answer(LOST_CALL[CallKind.REFUND])
        refunded = await self._supplier.refund(request)
        event = answers.read_refund(refunded, self._patterns, request.refund_id)
        return _answer(event, refunded)

    async def reply(self, order_num: str, effect: Reply) -> None:
        """Answer somebody who waits."""
        body = outbound.outcome(order_num, effect).model_dump_json().encode()
        await self._broker.reply(effect.to.reply_to, effect.to.correlation_id, body)

    def alarm(self, order_num: str, effect: Alarm) -> None:
        """Call a person's attention."""
        alarm(effect.kind, order_num=order_num, text=effect.text)

    def notification(self, order: Order, effect: Notify) -> tuple[Message, NotificationRow]:
        """Return a notification's message for the outbox, and its row."""
        now = self._clock.now()
        kind = outbound.notify_type(effect.news)
        webhook_id = outbound.webhook_id(order.order_num, kind, effect.seq)
        data = ChannelNotification.made_of(
            webhook_id=webhook_id,
            notify_type=kind,
            app_key=order.app_key,
            order_num=order.order_num,
            channel_order_num=order.channel_order_num,
            seq=effect.seq,
            created_at=now,
            params=outbound.notification(order, effect.news).to_params(),
        )
        message = Message(
            queue=queues.relay_queue(order.app_key),
            type=ChannelNotification.TYPE,
            body=wrap(data, id=webhook_id, time=now, correlation_id=order.order_num),
            message_id=webhook_id,
        )
        row = NotificationRow(webhook_id, order.order_num, order.app_key, kind, effect.seq, now)
        return message, row

    def texts(self, order: Order, effect: TextVouchers) -> list[tuple[Message, NotificationRow]]:
        """Return the messages that text vouchers to the guest (短信), and their rows."""
        now = self._clock.now()
        made = voucher_sms(order, effect, now, codes_per_sms=self._codes_per_sms)
        return [
            (
                Message(
                    queue=queues.SMS,
                    type=VoucherSms.TYPE,
                    body=wrap(sms, id=sms.sms_id, time=now, correlation_id=order.order_num),
                    message_id=sms.sms_id,
                ),
                NotificationRow(
                    sms.sms_id, order.order_num, order.app_key, SMS_TYPE, effect.seq, now
                ),
            )
            for sms in made
        ]

    def event(
        self, before: Order | None, after: Order, event: Event, version: int
    ) -> tuple[Message, ...]:
        """Return the order event of a transition for the outbox; mostly there is none."""
        if not self._publish_events:
            return ()
        data = order_event(before, after, event, version)
        if data is None:
            return ()
        topics = (queues.event_topic_of(kind, after.app_key) for kind in (data.kind, *data.also))
        number = f"{after.order_num}:{version}"
        body = wrap(data, id=number, time=self._clock.now(), correlation_id=after.order_num)
        address = queues.event_address(*topics)
        return (Message(address, OrderEvent.TYPE, body, number),)


def _answer(event: Event, result: SupplierResult[T]) -> Answer:
    if isinstance(result, Unknown):
        return Answer(event, lost=result)
    return Answer(event, result.log_id)
