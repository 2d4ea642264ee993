"""Takes one notification from a channel's queue and delivers it.

Why it exists: the shell around the pure parts (envelope, policy): parse, choose the URL,
post, record, say what became of the message. Each channel has its own queue, its own share
of handlers and its own lane, so a channel that hangs delays no other. It must not read
settings or name a broker.
"""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Final

import structlog

from contracts.channel import NotifyType
from contracts.envelope import unwrap
from contracts.events import ChannelNotification
from contracts.headers import REPLAY_OF
from worker.clock import Clock
from worker.errors import StoreUnavailableError
from worker.relay import envelope, policy
from worker.relay.lane import Flow, Lane, LanePlan, Lanes, Pass
from worker.relay.recorder import Recorder
from worker.relay.target import ChannelTarget, endpoint_of
from worker.relay.turns import DEFAULT_TIMEOUT_SECONDS, Turns
from worker.relay.verdict import Verdict, counts, report, status_of, waiting_since
from worker.runtime.outcome import Ack, Outcome, Park, Retry
from worker.runtime.ports import ChannelPort, Message, NotificationResult, Store, Turn
from worker.telemetry import alarm, traces
from worker.telemetry.metrics import DELIVERY_DURATION, of

STORE_RETRY_SECONDS: Final = 5.0
LOOK_SECONDS: Final = 1.0
"""How long whoever waits for the rate does not look up: the rate, or a pause, may change."""
LET_GO_SECONDS: Final = 0.2
"""How long a message is kept whose lane was stopped under it, until its queue is paused."""
HELD_SECONDS: Final = 1.0

_log = structlog.get_logger(__name__)


class Relay:
    """Delivers notifications (通知) to channels, at least once each, under a stable id.

    An endpoint that answered 410 is remembered in the store: until a replayed notification
    reaches it, or a person resumes the channel, everything else for that URL is parked at
    once, by every process.
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
        lanes: Lanes | None = None,
    ) -> None:
        """Deliver to ``targets``; wait ``retry_delays`` seconds after failed attempts.

        ``timeout`` is the longest that ``channels`` takes for one delivery; ``lanes`` say
        when and how fast.
        """
        self._targets = {target.app_key: target for target in targets}
        self._channels = channels
        self._store = store
        self._clock = clock
        self._retry_delays = tuple(retry_delays)
        self._recorder = Recorder(store)
        self._turns = Turns(store, clock, timeout)
        self._lanes = lanes or Lanes(LanePlan(app_key) for app_key in self._targets)
        self._leaving = False

    def leave(self) -> None:
        """Let go of what waits for its turn; it costs no attempt."""
        self._leaving = True

    async def handle(self, message: Message) -> Outcome:
        """Return Ack once delivered and recorded, Retry or Park as the policy says."""
        try:
            notification = unwrap(ChannelNotification, message.body).data
        except ValueError:
            _log.error("notification_unreadable", message_id=message.message_id)
            return Park("unreadable", "the body is no channel notification")
        lane = self._lanes.of(notification.app_key)
        try:
            async with self._turns.alone(notification):
                verdict = await self._deliver(notification, message, lane)
                outcome = await self._record(notification, message, verdict)
        except StoreUnavailableError:
            _log.warning("delivery_not_recorded", webhook_id=notification.webhook_id)
            outcome = Retry(self._store_delay(message.attempt), "the store does not answer")
        self._keep_in_mind(lane, notification, message, outcome)
        return outcome

    def _store_delay(self, attempt: int) -> float:
        """Widen like a failed delivery, so that an outage spends few of the attempts."""
        delays = self._retry_delays or (STORE_RETRY_SECONDS,)
        return delays[min(attempt, len(delays) - 1)]

    async def _deliver(
        self, notification: ChannelNotification, message: Message, lane: Lane
    ) -> Verdict:
        target = self._targets.get(notification.app_key)
        if target is None:
            return Verdict.parked("unknown_channel", "no channel with this app_key is configured")
        url = target.url(notification.notify_type)
        if not url:
            return Verdict.parked(
                "no_url", f"the channel named no URL for {notification.notify_type}"
            )
        if not target.secrets:
            return Verdict.parked("no_secret", "the channel has no secret that could sign")
        if endpoint_of(url) in lane.gone and REPLAY_OF not in message.headers:
            return Verdict.parked("endpoint_gone", "the endpoint answered 410 earlier")
        leave = await self._enter(lane)
        since = waiting_since(notification, message)
        attempt = policy.Attempt(
            notification.order_num,
            notification.notify_type,
            message.attempt + 1,
            (self._clock.now() - since).total_seconds(),
        )
        if leave is None:
            return self._held(lane, attempt)
        try:
            return await self._send(notification, target, lane, leave, attempt)
        finally:
            lane.abandon(leave)
            self._lanes.turned(lane)

    async def _enter(self, lane: Lane) -> Pass | None:
        """Wait for the channel's rate; None where nothing is sent to it now."""
        while not (self._leaving or lane.burying):
            now = self._clock.now()
            if lane.flow(now) is Flow.STOPPED:
                self._lanes.turned(lane)
                await self._clock.sleep(LET_GO_SECONDS)
                return None
            wait = lane.wait(now)
            if not wait:
                return lane.admit(now)
            await self._clock.sleep(min(wait, LOOK_SECONDS))
        return None

    def _held(self, lane: Lane, attempt: policy.Attempt) -> Verdict:
        """Bring back what was not sent, at no cost; bury what has waited for too long."""
        told = f"the channel does not answer; last: {lane.last_told}"
        if self._leaving or lane.paused or lane.flow(self._clock.now()) is Flow.PROBING:
            return Verdict(Retry(HELD_SECONDS, "held back", counted=False), told, "")
        outcome = policy.put_off(attempt, self._retry_delays, told)
        lane.burying = isinstance(outcome, Park)
        self._lanes.turned(lane)
        return Verdict(outcome, told, "dead" if lane.burying else "")

    async def _send(
        self,
        notification: ChannelNotification,
        target: ChannelTarget,
        lane: Lane,
        leave: Pass,
        attempt: policy.Attempt,
    ) -> Verdict:
        turn = await self._turns.take(notification)
        if turn is not Turn.MINE:
            return self._unsent(turn, notification.notify_type)
        url = target.url(notification.notify_type)
        request = envelope.build(notification, target, self._clock.now())
        kind, key = notification.notify_type.value, target.app_key
        with traces.span(f"deliver {kind}", "client", notify_type=kind, app_key=key) as span:
            answer = await self._channels.deliver(url, request.headers, request.body)
            span.set(outcome=policy.describe(answer))
        of(DELIVERY_DURATION, target.app_key).observe(answer.seconds)
        lane.answered(leave, answer, self._clock.now(), notification.params)
        outcome = policy.decide(answer, replace(attempt, probe=leave.probe), self._retry_delays)
        lane.burying = leave.probe and isinstance(outcome, Park)
        await self._remember(lane, endpoint_of(url), outcome)
        return Verdict(outcome, policy.describe(answer), status_of(outcome))

    def _unsent(self, turn: Turn, kind: NotifyType) -> Verdict:
        if turn is Turn.SUPERSEDED:
            newer = "check" if kind is NotifyType.CHECK else "order under the same number"
            return Verdict(Ack(), f"superseded by a newer {newer}", "superseded")
        if turn is Turn.DELIVERED:
            return Verdict(Ack(), "delivered before", "")
        reason = "another check of the order is being delivered"
        return Verdict(Retry(self._store_delay(0), reason), reason, "")

    async def _remember(self, lane: Lane, endpoint: str, outcome: Outcome) -> None:
        """Keep that a URL is gone, or that it is served again, for every process."""
        if isinstance(outcome, Ack) and endpoint in lane.gone:
            await self._store.forget_gone(lane.app_key, endpoint)
            lane.gone_changes += 1
            lane.gone.discard(endpoint)
        elif isinstance(outcome, Park) and outcome.kind == "endpoint_gone":
            lane.gone_changes += 1
            lane.gone.add(endpoint)
            await self._store.keep_gone(lane.app_key, endpoint, self._clock.now())
            alarm("endpoint_gone", app_key=lane.app_key)

    def _keep_in_mind(
        self,
        lane: Lane,
        notification: ChannelNotification,
        message: Message,
        outcome: Outcome,
    ) -> None:
        if isinstance(outcome, Retry):
            due = self._clock.now() + timedelta(seconds=outcome.delay)
            since = waiting_since(notification, message)
            lane.undelivered.waits(notification.webhook_id, since, due)
        else:
            lane.undelivered.ended(notification.webhook_id)

    async def _record(
        self, notification: ChannelNotification, message: Message, verdict: Verdict
    ) -> Outcome:
        outcome = verdict.outcome
        report(notification, message, verdict, self._clock.now())
        if not verdict.status:
            return outcome
        result = NotificationResult(
            webhook_id=notification.webhook_id,
            status=verdict.status,
            attempts=message.attempt + counts(outcome),
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
