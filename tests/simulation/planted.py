"""Faults that were put into the worker on purpose: the simulation must find each of them.

Each is a small change of behaviour such as a hurried hand might make, patched in memory, and
the promises of which it must break at least one (names of tests/ledger/judge.py; ``replay``
and ``leaked`` are the eighth and the ninth).
"""

from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import ExitStack, asynccontextmanager, contextmanager
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any
from unittest.mock import patch

import structlog

from contracts import queues
from tests.simulation.loop import OWNER
from worker.deadletters.drain import Drain
from worker.ingress.sending import Sender, Sent
from worker.relay.turns import Turns
from worker.runtime import notices, outbox, perform, snapshot
from worker.runtime.commands import Commands
from worker.runtime.outcome import Ack
from worker.runtime.records import Turn
from worker.runtime.stimulus import Stimulus
from worker.saga import decide as deciding
from worker.saga.effects import Reply
from worker.saga.events import (
    CancelCommanded,
    CreateSucceeded,
    PayUnknown,
    TicketIssued,
    VerificationNoticed,
)
from worker.saga.states import CallKind, Phase
from worker.saga.steps import tickets
from worker.saga.transitions import TABLE
from worker.store import rows
from worker.store.sqlite import orders
from worker.translation import outbound

Patches = Callable[[], Iterator[Any]]
log = structlog.get_logger(__name__)


@dataclass(frozen=True)
class Plant:
    """A planted fault, and the promises that it breaks."""

    patches: Patches
    breaks: frozenset[str]


PLANTS: dict[str, Plant] = {}


def plant(*breaks: str) -> Callable[[Patches], Patches]:
    """Enter a fault under its function's name; it yields patches."""

    def enter(patches: Patches) -> Patches:
        PLANTS[patches.__name__] = Plant(patches, frozenset(breaks))
        return patches

    return enter


@contextmanager
def planted(name: str) -> Iterator[None]:
    """Put a fault into the worker; an empty name is none."""
    with ExitStack() as stack:
        for one in PLANTS[name].patches() if name else ():
            stack.enter_context(one)
        yield


def altered(event: type, phase: Phase | None = None, **change: Any) -> Any:  # noqa: ANN401
    """Return a patch of the saga's table: other steps or another end for an event's rows."""
    table = {
        key: tuple(replace(row, **change) for row in found)
        if key[1] is event and phase in {None, key[0]}
        else found
        for key, found in TABLE.items()
    }
    return patch.object(deciding, "TABLE", table)


@plant("paid_once")
def another_order_after_an_unknown_pay() -> Iterator[Any]:
    call = perform.Performer.call

    async def again(self: Any, kind: CallKind, order: Any) -> Any:  # noqa: ANN401
        answer = await call(self, kind, order)
        if kind is CallKind.PAY and isinstance(answer.event, PayUnknown):
            made = await call(self, CallKind.CREATE, order)
            if isinstance(made.event, CreateSucceeded):
                other = replace(order, zzy_order_id=made.event.zzy_order_id)
                return await call(self, CallKind.PAY, other)
        return answer

    yield patch.object(perform.Performer, "call", again)


@plant("not_paid_too_late")
def no_pay_deadline() -> Iterator[Any]:
    begin = deciding._begin

    def late(order: Any, event: Any, now: Any, policy: Any) -> Any:  # noqa: ANN401
        return replace(begin(order, event, now, policy), pay_deadline=now + timedelta(hours=1))

    yield patch.object(deciding, "_begin", late)


@plant("not_paid_too_late", "channel_knows")
def a_cancel_during_the_pay_is_answered_and_forgotten() -> Iterator[Any]:
    apply = deciding._apply

    def deaf(before: Any, order: Any, event: Any, moment: Any) -> Any:  # noqa: ANN401
        if isinstance(event, CancelCommanded) and order.phase is Phase.PAYING and event.waiter:
            done = Reply(event.waiter, "1000", "成功")
            return deciding.Decision(before, (done,), event, None)
        return apply(before, order, event, moment)

    yield patch.object(deciding, "_apply", deaf)


@plant("ends", "channel_knows", "durable_before_acknowledged")
def timers_are_not_kept() -> Iterator[Any]:
    row = snapshot.row
    yield patch.object(snapshot, "row", lambda *of: replace(row(*of), wake_at=None))


@plant("ends")
def nobody_is_called() -> Iterator[Any]:
    yield patch.object(outbox, "raise_alarm", lambda _: None)


@plant("never_falls_back")
def an_older_check_overtakes() -> Iterator[Any]:
    @asynccontextmanager
    async def beside(_self: Any, _notification: Any) -> AsyncIterator[None]:  # noqa: ANN401
        yield

    async def mine(_self: Any, _notification: Any) -> Turn:  # noqa: ANN401
        return Turn.MINE

    yield patch.object(Turns, "alone", beside)
    yield patch.object(Turns, "take", mine)


@plant("never_falls_back")
def a_late_ticket_revives_what_was_refunded() -> Iterator[Any]:
    late = TABLE[Phase.AWAITING_TICKET, TicketIssued]
    revived: dict[Any, Any] = {**TABLE, (Phase.REFUNDED, TicketIssued): late}
    yield patch.object(deciding, "TABLE", revived)


@plant("channel_knows")
def the_outbox_is_not_in_the_commit() -> Iterator[Any]:
    yield patch.object(rows, "outbox_values", lambda *_: [])


@plant("channel_knows")
def a_dead_letter_is_acknowledged_and_not_kept() -> Iterator[Any]:
    async def careless(_self: Any, _message: Any) -> Ack:  # noqa: ANN401
        return Ack()

    yield patch.object(Drain, "handle", careless)


@plant("channel_knows")
def webhook_ids_are_counted() -> Iterator[Any]:
    counts: dict[Any, int] = {}

    def counted(_order_num: str, kind: str, _seq: int) -> str:
        process = OWNER.get()
        counts[process] = counts.get(process, 0) + 1
        return f"msg_{kind}_{counts[process]}"

    yield patch.object(outbound, "webhook_id", counted)


@plant("within_bought", "channel_knows", "ends", "account_follows")
def a_refund_is_named_anew_on_each_retry() -> Iterator[Any]:
    request = outbound.refund_request

    def named(order: Any, partner: Any) -> Any:  # noqa: ANN401
        made = request(order, partner)
        if made is None:
            return None
        return made.model_copy(update={"refund_id": f"{made.refund_id}-{order.attempts.refund}"})

    yield patch.object(outbound, "refund_request", named)


@plant("within_bought", "channel_knows", "ends", "account_follows", "paid_once", "replay")
def no_compare_and_swap() -> Iterator[Any]:
    blind = orders._UPDATE.replace("AND version = ?", "AND 0 <= ?")
    yield patch.object(orders, "_UPDATE", blind)


@plant("durable_before_acknowledged", "channel_knows", "within_bought", "ends")
def a_notice_is_acknowledged_before_it_is_committed() -> Iterator[Any]:
    take = notices.Notices.handle

    async def hasty(self: Any, message: Any) -> Ack:  # noqa: ANN401
        self._tasks.start(take(self, message), "hasty")
        return Ack()

    yield patch.object(notices.Notices, "handle", hasty)


@plant("durable_before_acknowledged", "channel_knows", "within_bought")
def a_notice_is_acknowledged_though_the_broker_refused_it() -> Iterator[Any]:
    send = Sender.send

    async def hopeful(self: Any, message: Any, **how: Any) -> Any:  # noqa: ANN401
        sent = await send(self, message, **how)
        return Sent.YES if message.queue == queues.NOTICES and isinstance(sent, Sent) else sent

    yield patch.object(Sender, "send", hopeful)


@plant("replay", "within_bought", "channel_knows")
def checks_are_added_up() -> Iterator[Any]:
    note = tickets.note_check

    def added(o: Any, e: Any, m: Any) -> Any:  # noqa: ANN401
        return note(o, replace(e, checked=e.checked + o.checked), m)

    yield altered(VerificationNoticed, do=(added,), when=lambda *_: True)
    yield patch.object(Stimulus, "was_taken", lambda *_: False)


@plant("leaked in the log")
def a_guest_stands_in_a_log_line() -> Iterator[Any]:
    take = Commands._order

    async def talkative(self: Any, message: Any, command: Any) -> Any:  # noqa: ANN401
        log.info("order_taken", guest=command.order.tourist_info[0].name)
        return await take(self, message, command)

    yield patch.object(Commands, "_order", talkative)
