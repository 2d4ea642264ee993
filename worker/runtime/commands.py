"""Takes commands from the queue of orders to the saga.

Why it exists: the door for orders, cancels, refunds and resends, whether the ingress or an
upstream system sent them. It must not decide what a command means for an order.
"""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import replace
from types import MappingProxyType
from typing import Final, assert_never

import structlog

from contracts.channel import Code
from contracts.commands import (
    CancelOrderCommand,
    CreateOrderCommand,
    RefundOrderCommand,
    ResendVoucherCommand,
    ResolveOrderCommand,
)
from contracts.events import OrderOutcome, OrderUnanswered
from worker.clock import Clock
from worker.errors import CatalogueUnknownError, StoreRefusedError, StoreUnavailableError
from worker.runtime.catalogue import Catalogue
from worker.runtime.door import Door
from worker.runtime.early_refusals import EarlyRefusals
from worker.runtime.handle import Saga
from worker.runtime.outcome import Ack, Outcome, Park, Retry
from worker.runtime.ports import InboxEntry, Loaded, Message, Store
from worker.runtime.precheck import Precheck
from worker.runtime.stimulus import Stimulus
from worker.saga.events import (
    CancelCommanded,
    OrderCommanded,
    OutcomeUnheard,
    RefundCommanded,
)
from worker.saga.events import Command as Commanded
from worker.saga.states import Order
from worker.translation.admission import today_in_shanghai
from worker.translation.commands import (
    MappedProduct,
    cancel_commanded,
    order_commanded,
    refund_commanded,
    resend_commanded,
    resolved,
)
from worker.translation.settlement import Tariff

STORE_RETRIES: Final = (1.0, 5.0, 5.0, 30.0)
"""Seconds before a command is tried again that met a database that did not answer."""

STRANGER_RETRY: Final = 1.0
"""Seconds before a cancel or refund of an order that is not known is looked at again: its
create may have been answered already (reply_on accepted) and still be in the queue."""

CATALOGUE_RETRY: Final = 5.0
"""Seconds before an order is tried again whose product only ZZY's list can tell."""

UNHEARD_RETRIES: Final = (1.0, 1.0, 5.0, 30.0, 120.0, 600.0)
"""Seconds until it is looked again whether an order was taken whose channel heard nothing of
it; after the last one it never was, or waits for a person among the dead letters."""

Command = (
    CreateOrderCommand
    | CancelOrderCommand
    | RefundOrderCommand
    | ResendVoucherCommand
    | ResolveOrderCommand
    | OrderUnanswered
)

COMMANDS: Final[Mapping[str, type[Command]]] = MappingProxyType(
    {
        model.TYPE: model
        for model in (
            CreateOrderCommand,
            CancelOrderCommand,
            RefundOrderCommand,
            ResendVoucherCommand,
            ResolveOrderCommand,
            OrderUnanswered,
        )
    }
)

CLOCKS_DIFFER: Final = 300.0
"""Seconds by which an asker's clock may be ahead of ours."""

_AS_USUAL: Final[Mapping[str, str]] = MappingProxyType({})


def store_retry(attempt: int) -> Retry:
    """Return when to try again what met a database that did not answer."""
    delay = STORE_RETRIES[min(attempt, len(STORE_RETRIES) - 1)]
    return Retry(delay, "the database does not answer")


class Commands:
    """Handles the queue ORDERS."""

    def __init__(  # noqa: PLR0913  (what it stands between)
        self,
        saga: Saga,
        store: Store,
        door: Door,
        clock: Clock,
        catalogue: Catalogue,
        *,
        early_refusals: EarlyRefusals | None = None,
        precheck: Precheck | None = None,
        tariff: Tariff | None = None,
        vouchers_by: Mapping[str, str] = _AS_USUAL,
        had_to_wait: Callable[[], Awaitable[None]] | None = None,
    ) -> None:
        """Hand commands that ``door`` lets in to ``saga``; find products in ``catalogue``.

        ``early_refusals`` and ``precheck`` look at orders first; without them all go to Create.
        ``tariff`` says what channels with an account pay; without it none has one.
        ``vouchers_by``: by app_key, how guests get their vouchers where it is not as usual.
        ``had_to_wait`` hears of each command whose call to ZZY was put off.
        """
        self._saga = saga
        self._store = store
        self._door = door
        self._clock = clock
        self._catalogue = catalogue
        self._early_refusals = early_refusals
        self._precheck = precheck
        self._tariff = tariff or Tariff()
        self._vouchers_by = vouchers_by
        self._had_to_wait = had_to_wait

    async def handle(self, message: Message) -> Outcome:
        """Take one command; Ack once all that follows at once is durable."""
        admitted = await self._door.admit(message, COMMANDS)
        if isinstance(admitted, Park):
            return admitted
        message = admitted.message
        try:
            return await self._take(message, admitted.data)
        except StoreRefusedError:
            await self._door.refuse(message, Code.PARAMETER_MISSING)
            return Park("store_refused", "the database cannot take its values")
        except StoreUnavailableError:
            return store_retry(message.attempt)

    async def _take(self, message: Message, command: Command) -> Outcome:
        asker = (message.reply_to, message.correlation_id)
        match command:
            case CreateOrderCommand():
                return await self._order(message, command)
            case CancelOrderCommand():
                event: Commanded = cancel_commanded(command, *asker)
            case RefundOrderCommand():
                event = refund_commanded(command, *asker)
            case ResendVoucherCommand():
                event = resend_commanded(command, *asker)
            case ResolveOrderCommand():
                return await self._resolve(message, command)
            case OrderUnanswered():
                return await self._unheard(message, command)
            case _:
                assert_never(command)
        return await self._apply(message, command.order_num, event)

    async def _order(self, message: Message, command: CreateOrderCommand) -> Outcome:
        if (command.received_at - self._clock.now()).total_seconds() > CLOCKS_DIFFER:
            await self._door.refuse(message, Code.PARAMETER_MISSING, "data.received_at (future)")
            return Park("unreadable", "received_at is in the future: it would put off the deadline")
        try:
            product = await self._product(command)
        except CatalogueUnknownError:
            return Retry(CATALOGUE_RETRY, "ZZY's list of products cannot be had")
        today = today_in_shanghai(self._clock.now())
        ordered = order_commanded(command, product, today, message.reply_to, message.correlation_id)
        late = self._saga.is_too_late(command.received_at)  # ZZY need not be asked about it
        if self._early_refusals is not None and not late:
            ordered = await self._early_refusals.look_at(ordered)
        ordered = self._tariff.settled(ordered)
        if self._precheck is not None and not late:
            ordered = await self._precheck.look_at(ordered)
        if way := self._vouchers_by.get(ordered.app_key):
            ordered = replace(ordered, terms=replace(ordered.terms, vouchers_by=way))
        return await self._apply(message, ordered.order_num, ordered)

    async def _product(self, command: CreateOrderCommand) -> MappedProduct | None:
        """Find the product; for an order that is too late to be paid any will do."""
        try:
            return await self._catalogue.find(command.order.product_code)
        except CatalogueUnknownError:
            if not self._saga.is_too_late(command.received_at):
                raise
            return MappedProduct("")

    async def _apply(self, message: Message, order_num: str, event: Commanded) -> Outcome:
        structlog.contextvars.bind_contextvars(order_num=order_num)
        stimulus = Stimulus(event, inbox=(InboxEntry(message.message_id),))
        loaded = Loaded(None, {})
        if message.redelivered or message.attempt or not isinstance(event, OrderCommanded):
            loaded = await self._store.load(order_num, stimulus.ids)
        if loaded.row is None and self._may_be_on_its_way(message, event):
            return Retry(STRANGER_RETRY, "the order is not known yet: it may be on its way")
        taken = await self._saga.take(loaded, order_num, stimulus)
        if taken.put_off and self._had_to_wait is not None:
            await self._had_to_wait()
        return Ack()

    async def _resolve(self, message: Message, command: ResolveOrderCommand) -> Outcome:
        """Help an order on as an operator says, and answer how it stands then."""
        structlog.contextvars.bind_contextvars(order_num=command.order_num)
        event = resolved(command, message.reply_to, message.correlation_id)
        stimulus = Stimulus(event, inbox=(InboxEntry(message.message_id),))
        loaded = await self._store.load(command.order_num, stimulus.ids)
        if loaded.row is None:
            await self._door.refuse(message, Code.ORDER_UNKNOWN)
            return Ack()
        taken = await self._saga.take(loaded, command.order_num, stimulus)
        if taken.order is not None:
            await self._door.answer(message, _standing(taken.order, put_off=taken.put_off))
        return Ack()

    async def _unheard(self, message: Message, told: OrderUnanswered) -> Outcome:
        """Have a channel notified of a refusal that it missed, once its order was judged."""
        structlog.contextvars.bind_contextvars(order_num=told.order_num)
        loaded = await self._store.load(told.order_num, [told.command_id])
        if told.command_id in loaded.seen:
            event = OutcomeUnheard(told.app_key)
            await self._saga.take(Loaded(loaded.row, {}), told.order_num, Stimulus(event))
        elif message.attempt < len(UNHEARD_RETRIES):
            return Retry(UNHEARD_RETRIES[message.attempt], "the order was not taken yet")
        return Ack()

    def _may_be_on_its_way(self, message: Message, event: Commanded) -> bool:
        """Tell whether to look again for an order that is to be taken back."""
        takes_back = isinstance(event, CancelCommanded | RefundCommanded)
        return takes_back and not message.attempt and self._saga.leaves_time_for(STRANGER_RETRY)


def _standing(order: Order, *, put_off: bool) -> OrderOutcome:
    """Return how an order stands after what an operator did."""
    words = "waits until ZZY answers again" if put_off else order.human or "nobody is needed"
    stands = {"order_num": order.order_num, "state": order.phase.value, "human": order.human}
    return OrderOutcome(code=Code.SUCCESS, message=f"{order.phase}: {words}", data={**stands})
