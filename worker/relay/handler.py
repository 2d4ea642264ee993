"""Takes one notification from a channel's queue and delivers it.

Why it exists: the shell around the pure parts (envelope, policy): parse, choose the URL,
post, record, say what became of the message. Each channel has its own queue and its own
share of handlers, so a channel that hangs delays no other. It must not read settings or
name a broker.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

import structlog

from contracts.envelope import unwrap
from contracts.events import ChannelNotification
from contracts.headers import REPLAY_OF
from worker.clock import Clock
from worker.errors import StoreUnavailableError
from worker.relay import envelope, policy
from worker.relay.recorder import Recorder
from worker.relay.target import ChannelTarget
from worker.relay.turns import DEFAULT_TIMEOUT_SECONDS, Turns
from worker.runtime.outcome import Ack, Outcome, Park, Retry
from worker.runtime.ports import ChannelPort, Message, NotificationResult, Store, Turn
from worker.telemetry import alarm, metrics

STORE_RETRY_SECONDS: Final = 5.0

_log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class _Verdict:
    outcome: Outcome
    answer: str
    status: str
    """What goes on record; empty: nothing, for another attempt is under way."""


class Relay:
    """Delivers notifications (通知) to channels, at least once each, under a stable id.

    An endpoint that answered 410 is remembered by this process alone: until it restarts,
    or until a replayed notification reaches the endpoint, everything else for that URL is
    parked at once. Other relay processes find out for themselves.
    """

    def __init__(  # noqa: PLR0913  (what a relay stands on, in one place)
        self,
        targets: Iterable[ChannelTarget],
        channels: ChannelPort,
        store: Store,
        clock: Clock,
        *,
        retry_delays: Sequence[float] = policy.DEFAULT_RETRY_DELAYS,
        timeout: float = DEFAULT_TIMEOUT_SECONDS,
    ) -> None:
        """Deliver to ``targets``; wait ``retry_delays`` seconds after failed attempts.

        ``timeout`` is the longest that ``channels`` takes for one delivery.
        """
        self._targets = {target.app_key: target for target in targets}
        self._channels = channels
        self._store = store
        self._clock = clock
        self._retry_delays = tuple(retry_delays)
        self._recorder = Recorder(store)
        self._turns = Turns(store, clock, timeout)
        self._gone: set[str] = set()

    async def handle(self, message: Message) -> Outcome:
        """Return Ack once delivered and recorded, Retry or Park as the policy says."""
        try:
            notification = unwrap(ChannelNotification, message.body).data
        except ValueError:
            _log.error("notification_unreadable", message_id=message.message_id)
            return Park("unreadable", "the body is no channel notification")
        try:
            async with self._turns.alone(notification):
                verdict = await self._deliver(notification, message)
                return await self._record(notification, message, verdict)
        except StoreUnavailableError:
            _log.warning("delivery_not_recorded", webhook_id=notification.webhook_id)
            return Retry(self._store_delay(message.attempt), "the store does not answer")

    def _store_delay(self, attempt: int) -> float:
        """Widen like a failed delivery, so that an outage spends few of the attempts."""
        delays = self._retry_delays or (STORE_RETRY_SECONDS,)
        return delays[min(attempt, len(delays) - 1)]

    async def _deliver(self, notification: ChannelNotification, message: Message) -> _Verdict:
        target = self._targets.get(notification.app_key)
        if target is None:
            return _parked("unknown_channel", "no channel with this app_key is configured")
        url = target.url(notification.notify_type)
        if not url:
            return _parked("no_url", f"the channel named no URL for {notification.notify_type}")
        if not target.secrets:
            return _parked("no_secret", "the channel has no secret that could sign")
        replayed = REPLAY_OF in message.headers
        if url in self._gone and not replayed:
            return _parked("endpoint_gone", "the endpoint answered 410 earlier")
        turn = await self._turns.take(notification)
        if turn is not Turn.MINE:
            return self._unsent(turn)
        request = envelope.build(notification, target, self._clock.now())
        answer = await self._channels.deliver(url, request.headers, request.body)
        attempt = policy.Attempt(
            notification.order_num, notification.notify_type, message.attempt + 1
        )
        outcome = policy.decide(answer, attempt, self._retry_delays)
        self._remember(url, target.app_key, outcome)
        return _Verdict(outcome, policy.describe(answer), _status(outcome))

    def _unsent(self, turn: Turn) -> _Verdict:
        if turn is Turn.SUPERSEDED:
            return _Verdict(Ack(), "superseded by a newer check", "superseded")
        if turn is Turn.DELIVERED:
            return _Verdict(Ack(), "delivered before", "")
        reason = "another check of the order is being delivered"
        return _Verdict(Retry(self._store_delay(0), reason), reason, "")

    def _remember(self, url: str, app_key: str, outcome: Outcome) -> None:
        if isinstance(outcome, Ack):
            self._gone.discard(url)
        elif isinstance(outcome, Park) and outcome.kind == "endpoint_gone":
            self._gone.add(url)
            alarm("endpoint_gone", app_key=app_key)

    async def _record(
        self, notification: ChannelNotification, message: Message, verdict: _Verdict
    ) -> Outcome:
        outcome = verdict.outcome
        _report(notification, message, verdict)
        if not verdict.status:
            return outcome
        result = NotificationResult(
            webhook_id=notification.webhook_id,
            status=verdict.status,
            attempts=message.attempt + 1,
            answer=verdict.answer,
            at=self._clock.now(),
        )
        try:
            await self._recorder.record(result)
        except StoreUnavailableError:
            if not isinstance(outcome, Retry):
                raise
            _log.warning("delivery_not_recorded", webhook_id=notification.webhook_id)
        return outcome


def _parked(kind: str, reason: str) -> _Verdict:
    return _Verdict(Park(kind, reason), reason, "dead")


def _status(outcome: Outcome) -> str:
    match outcome:
        case Ack():
            return "delivered"
        case Retry():
            return "pending"
        case Park():
            return "dead"


def _report(notification: ChannelNotification, message: Message, verdict: _Verdict) -> None:
    log = _log.bind(
        app_key=notification.app_key,
        order_num=notification.order_num,
        notify_type=notification.notify_type.value,
        webhook_id=notification.webhook_id,
        attempt=message.attempt + 1,
        answer=verdict.answer,
    )
    match verdict.outcome:
        case Ack() if verdict.status == "delivered":
            log.info("notification_delivered")
        case Ack():
            log.info("notification_not_needed")
        case Retry(delay=delay):
            log.warning("notification_retried", delay=delay)
        case Park(kind=kind):
            log.error("notification_parked", kind=kind)
    if verdict.status:
        metrics.DELIVERIES.labels(
            notification.app_key,
            notification.notify_type.value,
            "retried" if verdict.status == "pending" else verdict.status,
        ).inc()
