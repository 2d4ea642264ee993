"""Takes one message from the queue SMS and texts its vouchers to the guest.

Why it exists: the shell around the gateway: parse, send, record, answer whoever waits, say
what became of the message. At least once: a gateway whose answer was lost may text twice.
It must not read settings or name a broker. Source: channel.txt 三, 9004 发送短信失败.
"""

from collections.abc import Sequence
from typing import Final

import structlog

from contracts.channel import Code
from contracts.envelope import unwrap
from contracts.events import OrderOutcome, VoucherSms
from contracts.headers import REPLAY_OF
from contracts.queues import DELAY_TIERS, delay_tier
from worker.clock import Clock
from worker.errors import StoreUnavailableError
from worker.runtime.outcome import Ack, Outcome, Park, Retry
from worker.runtime.ports import Broker, Message, NotificationResult, Store
from worker.runtime.texting import Sms, SmsFailed, SmsGateway, SmsResult, SmsSent
from worker.telemetry import metrics
from worker.translation.texts import SMS_TYPE, sms_codes, sms_values

DEFAULT_RETRY_DELAYS: Final[tuple[float, ...]] = tuple(seconds for _, seconds in DELAY_TIERS)
"""Seconds to wait after the first, second, … attempt that failed: 1s to 24h."""

_log = structlog.get_logger(__name__)


class Texter:
    """Texts vouchers (短信), each message until the gateway takes it or the delays are spent."""

    def __init__(
        self,
        gateway: SmsGateway | None,
        store: Store,
        broker: Broker,
        clock: Clock,
        *,
        retry_delays: Sequence[float] = DEFAULT_RETRY_DELAYS,
    ) -> None:
        """Send through ``gateway``; with none, every message becomes a dead letter."""
        self._gateway = gateway
        self._store = store
        self._broker = broker
        self._clock = clock
        self._retry_delays = tuple(retry_delays)

    async def handle(self, message: Message) -> Outcome:
        """Return Ack once sent and recorded, Retry while delays are left, else Park."""
        try:
            sms = unwrap(VoucherSms, message.body).data
        except ValueError:
            _log.error("sms_unreadable", message_id=message.message_id)
            return Park("unreadable", "the body is no SMS of ours")
        try:
            return await self._text(sms, message)
        except StoreUnavailableError:
            _log.warning("sms_not_recorded", sms_id=sms.sms_id)
            delays = self._retry_delays or (5.0,)
            delay = delays[min(message.attempt, len(delays) - 1)]
            return Retry(delay, "the database does not answer")

    async def _text(self, sms: VoucherSms, message: Message) -> Outcome:
        # Asked every time: what a crash left in the outbox is published anew, and no guest
        # can tell a second text from a second order.
        if await self._was_sent(sms):
            await self._reply(sms, message, SmsSent(""))
            return Ack()
        if self._gateway is None:
            result: SmsResult = SmsFailed("no gateway: sms.url is empty")
            outcome: Outcome = Park("sms_failed", "no gateway is configured: sms.url is empty")
        else:
            result = await self._gateway.send(_content(sms))
            outcome = self._outcome(sms, message, result)
        await self._record(sms, message, outcome, result.answer)
        await self._reply(sms, message, result)
        return outcome

    async def _was_sent(self, sms: VoucherSms) -> bool:
        rows = await self._store.notifications(sms.order_num)
        return any(row.webhook_id == sms.sms_id and row.status == "delivered" for row in rows)

    def _outcome(self, sms: VoucherSms, message: Message, result: SmsResult) -> Outcome:
        if isinstance(result, SmsSent):
            return Ack()
        if message.attempt < len(self._retry_delays):
            wait = max(self._retry_delays[message.attempt], result.retry_after)
            return Retry(delay_tier(wait)[1], result.answer)
        reason = (
            f"SMS of order {sms.order_num} not sent after {message.attempt + 1} attempt(s);"
            f" last: {result.answer}"
        )
        return Park("sms_failed", reason)

    async def _record(
        self, sms: VoucherSms, message: Message, outcome: Outcome, answer: str
    ) -> None:
        """Note the attempt: in the log, in the metrics, and in the database before the end."""
        status, told = _STATUS[type(outcome)]
        metrics.DELIVERIES.labels(sms.app_key, SMS_TYPE, told).inc()
        _log.log(
            _LEVELS[told],
            f"sms_{told}",
            order_num=sms.order_num,
            sms_id=sms.sms_id,
            attempt=message.attempt + 1,
            answer=answer,
        )
        number = message.attempt + 1
        now = self._clock.now()
        result = NotificationResult(sms.sms_id, status, number, answer, now)
        try:
            await self._store.record_deliveries([result])
        except StoreUnavailableError:
            if not isinstance(outcome, Retry):
                raise
            _log.warning("sms_not_recorded", sms_id=sms.sms_id)

    async def _reply(self, sms: VoucherSms, message: Message, result: SmsResult) -> None:
        """Answer whoever waits, with the first attempt's result."""
        if not sms.reply_to or message.attempt or REPLAY_OF in message.headers:
            return
        code = Code.SUCCESS if isinstance(result, SmsSent) else Code.SMS_FAILED
        body = OrderOutcome(code=code, message=code.text, data="").to_bytes()
        await self._broker.reply(sms.reply_to, sms.reply_correlation_id, body)


def _content(sms: VoucherSms) -> Sms:
    return Sms(sms.sms_id, sms.app_key, sms.take_phone, sms_values(sms), sms_codes(sms))


_STATUS: Final = {
    Ack: ("delivered", "delivered"),
    Retry: ("pending", "retried"),
    Park: ("dead", "dead"),
}
_LEVELS: Final = {"delivered": 20, "retried": 30, "dead": 40}
