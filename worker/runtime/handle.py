"""Takes an event through the saga: load, decide, commit, perform, and again.

Why it exists: the imperative shell around ``decide``, in one loop. A call's intent is
committed before the call and its result after it; between the two no transaction is open.
Whoever loses the compare-and-swap decides again on what the other wrote. It must not know
what an event means.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final

import structlog

from worker.clock import Clock
from worker.errors import StoreRefusedError
from worker.runtime import measures, snapshot, timeline
from worker.runtime.accounts import AccountWatch, refused_for_funds
from worker.runtime.alarming import alarm_messages
from worker.runtime.gate import Gate
from worker.runtime.leave import Step, ask_leave
from worker.runtime.outbox import Outbox
from worker.runtime.outcome import Retry
from worker.runtime.perform import Performer
from worker.runtime.ports import (
    Committed,
    HeldNotice,
    Loaded,
    Store,
    Transition,
)
from worker.runtime.recent import Recent
from worker.runtime.searching import SearchKeys
from worker.runtime.stimulus import Stimulus
from worker.saga.accounting import movements
from worker.saga.decide import Decision, decide
from worker.saga.effects import Alarm, Notify, Reply, TextVouchers
from worker.saga.events import OutcomeUnheard, TimerFired
from worker.saga.policy import Policy
from worker.saga.putting_off import call_of
from worker.saga.states import Order, Phase
from worker.telemetry import traces
from worker.telemetry.metrics import COMMIT_DURATION

HOLD_RETRIES: Final = (1.0, 1.0, 5.0, 5.0, 30.0, 120.0, 600.0)
"""Seconds until a notice is tried again that came before the answer of a call of ours."""

_UNSEEN: Final = Loaded(None, {})
"""Of an answer to our own call: no id of it can have been taken before."""

_log = structlog.get_logger(__name__)


def come_again(attempt: int, reason: str = "a call of ours decides what it means") -> Retry:
    """Return when what was held (:attr:`Taken.hold`) is tried again."""
    return Retry(HOLD_RETRIES[min(attempt, len(HOLD_RETRIES) - 1)], reason)


@dataclass(frozen=True, slots=True)
class Taken:
    """What became of a stimulus."""

    order: Order | None
    hold: bool = False
    """It must come again a little later."""
    forged: bool = False
    """One of its ids was used before for something else: it was not taken."""
    set_apart: str = ""
    """Why it had no effect and must be kept for a person; else empty."""
    repeat: bool = False
    """It was taken before."""
    put_off: bool = False
    """A call that follows from it waits until ZZY may be called again."""


class Saga:
    """The order saga at work."""

    def __init__(  # noqa: PLR0913  (what it stands between)
        self,
        store: Store,
        performer: Performer,
        outbox: Outbox,
        clock: Clock,
        policy: Policy,
        *,
        watch: AccountWatch | None = None,
        gate: Gate | None = None,
        search: SearchKeys | None = None,
    ) -> None:
        """Decide by ``policy``; keep everything in ``store``; ``watch`` the accounts.

        Calls pass ``gate``; without one all of them may be made at once. Orders are found
        by the terms that ``search`` makes.
        """
        self._store = store
        self.recent: Final = Recent(store)
        """All commits go through it; what it remembers may be taken as loaded."""
        self._performer = performer
        self._outbox = outbox
        self._clock = clock
        self._policy = policy
        self._watch = watch or AccountWatch()
        self._gate = gate or Gate(clock)
        self._search = search or SearchKeys()
        self.on_held: Callable[[HeldNotice], None] = _ignore
        """Told of notices that waited for an order which was just committed."""

    def is_too_late(self, received_at: datetime) -> bool:
        """Tell whether an order that was received then can be paid no more."""
        waited = (self._clock.now() - received_at).total_seconds()
        return waited >= self._policy.pay_deadline

    def leaves_time_for(self, seconds: float) -> bool:
        """Tell whether an asker still waits, with time to spare, after so many seconds."""
        return self._policy.reply_wait >= 3 * seconds

    async def take(self, loaded: Loaded, order_num: str, stimulus: Stimulus) -> Taken:
        """Apply an event as :meth:`_take` does, within a span of the order's trace."""
        with traces.of_order(f"take {timeline.kind_of(stimulus.event)}", order_num):
            return await self._take(loaded, order_num, stimulus)

    async def _take(self, loaded: Loaded, order_num: str, stimulus: Stimulus) -> Taken:
        """Apply an event, and then the answers of the calls that follow from it.

        What was taken before, by the inbox of ``loaded``, has no effect again. Raises
        StoreUnavailableError; what was committed before stays and is taken up by the
        order's timer.
        """
        order, version = _read(loaded)
        asked = stimulus
        while True:
            if stimulus.is_forged(loaded.seen):
                await _tell(stimulus, taken=False)
                return Taken(order, forged=True)
            if stimulus.was_taken(loaded.seen):
                await _tell(stimulus, taken=True)
                return Taken(order, repeat=True)
            decision = self._decide(order, stimulus)
            if decision.hold:
                return Taken(order, hold=True)
            if not self._is_worth_a_commit(order, decision, stimulus):
                await self._perform_replies(order_num, decision)
                self._raise_alarms(order_num, decision)
                return Taken(decision.order)
            step = ask_leave(self._gate, decision)
            try:
                unread = stimulus.ids if loaded.unread else ()
                committed = await self._commit(order, step, version, stimulus, unread)
                if committed.applied:
                    await _tell(stimulus, taken=True)
                    order, version, loaded = step.decision.order, version + 1, _UNSEEN
                    answer = await self._perform(order_num, step)
                    if answer is None:
                        return Taken(order, set_apart=decision.set_apart, put_off=step.put_off)
                    stimulus = asked = answer
                elif committed.short:
                    stimulus = _short_of_funds(asked)
                else:
                    stimulus = asked
                    loaded = await self._store.load(order_num, stimulus.ids)
                    order, version = _read(loaded)
            finally:
                self._gate.unused(step.permit)

    def _decide(self, order: Order | None, stimulus: Stimulus) -> Decision:
        return decide(
            order, stimulus.event, self._clock.now(), self._policy, answers=stimulus.answers
        )

    def _is_worth_a_commit(
        self, before: Order | None, decision: Decision, stimulus: Stimulus
    ) -> bool:
        """Tell whether anything is to be written: what only found nothing to do is not."""
        if decision.order is None:
            return False
        silent = isinstance(stimulus.event, TimerFired | OutcomeUnheard)
        return not silent or decision.order != before

    async def _commit(
        self,
        before: Order | None,
        step: Step,
        version: int,
        stimulus: Stimulus,
        unread: Sequence[str],
    ) -> Committed:
        decision, order = step.decision, step.decision.order
        if order is None:
            return Committed(applied=False)
        now = self._clock.now()
        was = before.phase if before else Phase.NEW
        made = [
            self._performer.notification(order, effect)
            for effect in decision.effects
            if isinstance(effect, Notify)
        ]
        made += [
            text
            for effect in decision.effects
            if isinstance(effect, TextVouchers)
            for text in self._performer.texts(order, effect)
        ]
        messages = [message for message, _ in made]
        messages += self._performer.event(before, order, decision.event, version + 1)
        messages += alarm_messages(order.order_num, version + 1, _alarms(decision))
        transition = Transition(
            row=snapshot.row(order, version + 1, now),
            entries=step.entries(was, now, stimulus.log_id, stimulus.came),
            inbox=(*stimulus.inbox, *(stimulus.inbox_if_applied if _had_effect(decision) else ())),
            outbox=messages,
            notifications=[row for _, row in made],
            movements=movements(before, order),
            search=self._search.new_terms(before, order),
            unread=unread,
        )
        with COMMIT_DURATION.time():
            committed = await self.recent.commit(transition)
        if not committed.applied:
            return committed
        self._watch.note(order.app_key, transition.movements, committed.available)
        waited = self._policy.pay_deadline - (order.pay_deadline - now).total_seconds()
        measures.step_taken(before, order, decision.event, waited)
        self._outbox.send(messages)
        for notice in committed.held:
            self.on_held(notice)
        return committed

    async def _perform(self, order_num: str, step: Step) -> Stimulus | None:
        """Carry out the effects; return the answer of the call, if one was made."""
        await self._perform_replies(order_num, step.decision)
        order, call, permit = step.decision.order, call_of(step.decision), step.permit
        if call is None or order is None or permit is None:
            return None
        if order.wake_at is not None and self._clock.now() >= order.wake_at:
            _log.warning("call_not_made", call=call.kind, reason="its lease ran out before")
            return None
        answer = await self._performer.call(call.kind, order)
        self._gate.note(permit, order_num, answer.lost)
        return Stimulus(answer.event, answers=call, log_id=answer.log_id)

    async def _perform_replies(self, order_num: str, decision: Decision) -> None:
        for effect in decision.effects:
            if isinstance(effect, Reply):
                await self._performer.reply(order_num, effect)

    def _raise_alarms(self, order_num: str, decision: Decision) -> None:
        """Raise what no commit holds: of something that left no trace in an order."""
        for effect in _alarms(decision):
            self._performer.alarm(order_num, effect)


def _alarms(decision: Decision) -> list[Alarm]:
    return [effect for effect in decision.effects if isinstance(effect, Alarm)]


def _had_effect(decision: Decision) -> bool:
    return decision.row is not None and not decision.set_apart


async def _tell(stimulus: Stimulus, *, taken: bool) -> None:
    if stimulus.judged is not None:
        await stimulus.judged(taken)


def _short_of_funds(stimulus: Stimulus) -> Stimulus:
    """Return the order refused for want of money; only an order can be short of it."""
    event = refused_for_funds(stimulus.event)
    if event is None:
        raise StoreRefusedError("the channel's account cannot bear what it must: look at its rows")
    return replace(stimulus, event=event)


def _ignore(notice: HeldNotice) -> None:
    _log.debug("held_notice_left_to_sweeper", notice_id=notice.id)


def _read(loaded: Loaded) -> tuple[Order | None, int]:
    return snapshot.read(loaded.row), loaded.row.version if loaded.row else 0
