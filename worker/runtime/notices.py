"""Takes ZZY's notices (通知) to the saga, holds early ones, and sets forged ones apart.

Why it exists: a notice's signature covers neither its body nor its order, so one signature
with one order number and two bodies is a forgery of one of them. It must not decide what a
notice means for an order. Source: PROTOCOL.md, "The signature does not cover the body",
"De-duplication", "Notice before the pay answer".
"""

from dataclasses import replace
from datetime import timedelta
from typing import Final

import structlog

from contracts import headers
from contracts.envelope import unwrap
from contracts.events import NoticeReceived
from contracts.zzy import ProductNotice, parse_notice
from worker.clock import Clock
from worker.errors import (
    StoreRefusedError,
    StoreUnavailableError,
)
from worker.runtime import snapshot
from worker.runtime.commands import store_retry
from worker.runtime.early_notices import EarlyNotices
from worker.runtime.evidence import Evidence
from worker.runtime.forced_refunds import ForcedRefunds
from worker.runtime.handle import Saga, come_again
from worker.runtime.kept import Kept
from worker.runtime.outcome import Ack, Outcome, Park, Retry
from worker.runtime.ports import Broker, HeldNotice, InboxEntry, Loaded, Message, Store
from worker.runtime.products import ProductNews
from worker.runtime.quarantine import Quarantine
from worker.runtime.stimulus import Stimulus
from worker.runtime.verdict import Verdict
from worker.saga.events import RefundNoticed, TicketIssued
from worker.saga.states import Order
from worker.tasks import TaskGroup
from worker.telemetry import alarm
from worker.translation.notices import OrderNotice, read_notice

HOLD_SECONDS: Final = 86_400.0
"""How long a notice waits for its order before it is a dead letter."""

_log = structlog.get_logger(__name__)


class Notices:
    """Handles the queue NOTICES."""

    def __init__(  # noqa: PLR0913  (its collaborators, each named)
        self,
        saga: Saga,
        store: Store,
        broker: Broker,
        *,
        clock: Clock,
        tasks: TaskGroup,
        products: ProductNews,
        evidence: Evidence,
        hold_forced: bool = False,
        hold_seconds: float = HOLD_SECONDS,
    ) -> None:
        """Hand notices to ``saga``; product notices to ``products``.

        ``evidence`` asks ZZY what is true where a notice is strange; ``hold_forced``: a
        forced refund that it contradicts waits for a person.
        """
        self._saga = saga
        self._store = store
        self._broker = broker
        self._clock = clock
        self._tasks = tasks
        self._products = products
        self._forced = ForcedRefunds(evidence, hold=hold_forced)
        self._quarantine = Quarantine(saga, store, evidence, clock)
        self._early = EarlyNotices(
            self.handle, store, broker, clock, timedelta(seconds=hold_seconds)
        )
        self._strangers = Kept()
        saga.on_held = self._start_held

    async def handle(self, message: Message) -> Outcome:
        """Take one notice; Ack once all that follows at once is durable."""
        try:
            received = unwrap(NoticeReceived, message.body).data
            notice = read_notice(parse_notice(received.raw.encode()).notice())
        except ValueError:
            alarm("notice_unreadable", message_id=message.message_id)
            return Park("notice_unreadable", "the body does not fit any of the four notices")
        try:
            if isinstance(notice, ProductNotice):
                await self._judge(message, taken=True)
                return await self._products.relay(message, notice)
            return await self._take(message, received, notice)
        except StoreRefusedError:
            return Park("store_refused", "the database cannot take its values")
        except StoreUnavailableError:
            return store_retry(message.attempt)

    async def _take(
        self, message: Message, received: NoticeReceived, notice: OrderNotice
    ) -> Outcome:
        stimulus = self._stimulus(message, received, notice)
        was_held = message.message_id == received.content_digest
        again = was_held or message.redelivered or message.attempt or not stimulus.inbox
        loaded = None if again else self._remembered(notice)
        loaded = loaded or await self._load(notice, stimulus.ids)
        if was_held:
            early = self._clock.now() - received.received_at
            told = f"held for {early.total_seconds():.1f} s, until its order was known"
            stimulus = replace(stimulus, came=told)
        if loaded.row is None and not stimulus.is_forged(loaded.seen):
            if not was_held and not self._has_room(received, notice):
                return await self._turn_away(message)
            if not await self._claimed(stimulus):
                return await self._set_apart(message, received, notice, loaded)
            was_held = True
            await self._store.hold_notice(_held(message, received, notice))
            loaded = await self._load(notice, stimulus.ids)
            if loaded.row is None:
                await self._judge(message, taken=True)
                _log.info("notice_held", zzy_order_id=notice.zzy_order_id)
                return Ack()
        outcome = await self._apply(message, received, notice, loaded, stimulus)
        if was_held and isinstance(outcome, Ack):
            await self._store.release_notice(received.content_digest)
        return outcome

    async def _apply(
        self,
        message: Message,
        received: NoticeReceived,
        notice: OrderNotice,
        loaded: Loaded,
        stimulus: Stimulus,
    ) -> Outcome:
        if loaded.row is None:
            return await self._set_apart(message, received, notice, loaded)
        order_num = loaded.row.order_num
        structlog.contextvars.bind_contextvars(order_num=order_num)
        before = snapshot.read(loaded.row)
        looked = await self._looked_at(message, stimulus, loaded, before)
        if not isinstance(looked, Stimulus):
            return looked or await self._set_apart(message, received, notice, loaded)
        taken = await self._saga.take(loaded, order_num, looked)
        if taken.forged or (taken.hold and not await self._claimed(stimulus)):
            return await self._set_apart(message, received, notice, loaded)
        if taken.hold:
            await self._judge(message, taken=True)
            return come_again(message.attempt)
        if taken.set_apart:
            letter = received.content_digest[:32]
            return Park("notice_forced_refund", f"held: {taken.set_apart}", letter)
        if not taken.repeat:
            await self._forced.look_back(notice.event, before, taken.order)
        elif message.redelivered:
            await self._forced.look_again(notice.event, taken.order)
        return Ack()

    async def _looked_at(
        self, message: Message, stimulus: Stimulus, loaded: Loaded, order: Order | None
    ) -> Stimulus | Retry | None:
        """Return the stimulus, looked at where the operator wants that; None: it is forged."""
        event, forced = stimulus.event, self._forced
        known = stimulus.is_forged(loaded.seen) or stimulus.was_taken(loaded.seen)
        replayed = not stimulus.inbox  # a person has looked at it
        if known or replayed or order is None or not isinstance(event, RefundNoticed):
            return stimulus
        if not forced.wants_to_ask(event, order):
            return stimulus
        if not await self._claimed(stimulus):
            return None
        await self._judge(message, taken=True)
        weighed = await forced.look_at(event, order, attempt=message.attempt)
        if weighed is None:
            return come_again(message.attempt, "PersonQrCodes did not answer")
        return replace(stimulus, event=weighed)

    def _has_room(self, received: NoticeReceived, notice: OrderNotice) -> bool:
        body, order = received.content_digest, notice.zzy_order_id
        return self._strangers.has_room(received.signature_digest, order, body)

    async def _turn_away(self, message: Message) -> Outcome:
        """Keep no more notices of orders that are not known under one signature.

        ZZY is told that it was not taken, so that a true one returns freshly signed.
        """
        await self._judge(message, taken=False)
        alarm("notice_quarantined", order_num="", kept=False)
        return Ack()

    async def _set_apart(
        self, message: Message, received: NoticeReceived, notice: OrderNotice, loaded: Loaded
    ) -> Outcome:
        await self._judge(message, taken=False)
        order_num = loaded.row.order_num if loaded.row else ""
        return await self._quarantine.set_apart(message, received, notice, order_num)

    async def _claimed(self, stimulus: Stimulus) -> bool:
        """Use the signature up for a notice that waits; False: it was, for another body."""
        now = self._clock.now()
        return all([await self._store.claim_inbox(entry, now) for entry in stimulus.inbox])

    async def _judge(self, message: Message, *, taken: bool) -> None:
        """Tell the ingress what to answer ZZY, if it waits: best effort, and at once."""
        if message.reply_to:
            verdict = Verdict.TAKEN if taken else Verdict.FORGED
            await self._broker.reply(message.reply_to, message.correlation_id, verdict.encode())

    def _stimulus(
        self, message: Message, received: NoticeReceived, notice: OrderNotice
    ) -> Stimulus:
        """Return the event, its signature to be judged unless a person has looked at it."""
        signature = f"signature:{received.signature_digest}:{notice.zzy_order_id}"
        replayed = headers.REPLAY_OF in message.headers

        async def judged(taken: bool) -> None:  # noqa: FBT001  (its only word)
            await self._judge(message, taken=taken)

        return Stimulus(
            notice.event,
            inbox=() if replayed else (InboxEntry(signature, received.content_digest),),
            inbox_if_applied=(InboxEntry(f"content:{received.content_digest}"),),
            judged=judged if message.reply_to else None,
        )

    def _remembered(self, notice: OrderNotice) -> Loaded | None:
        """Return the order of a ticket, which comes soon, without a look at the store."""
        if not isinstance(notice.event, TicketIssued):
            return None
        return self._saga.recent.loaded(notice.order_num)

    async def _load(self, notice: OrderNotice, ids: list[str]) -> Loaded:
        if notice.order_num:
            return await self._store.load(notice.order_num, ids)
        return await self._store.load_by_zzy_order_id(notice.zzy_order_id, ids)

    def _start_held(self, held: HeldNotice) -> None:
        self._tasks.start(self._early.take(held), "held notice")

    async def sweep(self) -> None:
        """Take held notices whose order is known by now; give up on those of a day ago."""
        await self._early.sweep()

    async def run(self) -> None:
        """Sweep for ever."""
        await self._early.run()


def _held(message: Message, received: NoticeReceived, notice: OrderNotice) -> HeldNotice:
    return HeldNotice(
        id=received.content_digest,
        order_num=notice.order_num,
        zzy_order_id=notice.zzy_order_id,
        message_type=message.type,
        body=message.body,
        received_at=received.received_at,
    )
