"""Takes commands from the queue of orders to the saga.

Why it exists: the door for createOrder and cancelOrder, whether the ingress or an upstream
system sent them. It must not decide what a command means for an order.
"""

from typing import Final

import structlog

from contracts.channel import Code
from contracts.commands import CancelOrderCommand, CreateOrderCommand
from contracts.envelope import unwrap
from contracts.events import OrderOutcome
from worker.clock import Clock
from worker.errors import StoreRefusedError, StoreUnavailableError
from worker.runtime.handle import Saga, Stimulus
from worker.runtime.outcome import Ack, Outcome, Park, Retry
from worker.runtime.ports import Broker, InboxEntry, Loaded, Message, Store
from worker.translation.commands import SHANGHAI, ProductMap, cancel_commanded, order_commanded

STORE_RETRIES: Final = (1.0, 5.0, 5.0, 30.0)
"""Seconds before a command is tried again that met a database that did not answer."""

_log = structlog.get_logger(__name__)


def store_retry(attempt: int) -> Retry:
    """Return when to try again what met a database that did not answer."""
    delay = STORE_RETRIES[min(attempt, len(STORE_RETRIES) - 1)]
    return Retry(delay, "the database does not answer")


class Commands:
    """Handles the queue ORDERS."""

    def __init__(
        self, saga: Saga, store: Store, broker: Broker, clock: Clock, products: ProductMap
    ) -> None:
        """Hand commands to ``saga``; read product codes by ``products``."""
        self._saga = saga
        self._store = store
        self._broker = broker
        self._clock = clock
        self._products = products

    async def handle(self, message: Message) -> Outcome:
        """Take one command; Ack once all that follows at once is durable."""
        try:
            if message.type == CreateOrderCommand.TYPE:
                await self._create(message, unwrap(CreateOrderCommand, message.body).data)
            elif message.type == CancelOrderCommand.TYPE:
                await self._cancel(message, unwrap(CancelOrderCommand, message.body).data)
            else:
                return Park("unknown_type", "no command has this type")
        except StoreRefusedError:
            await self._refuse(message)
            return Park("store_refused", "the database cannot take its values")
        except StoreUnavailableError:
            return store_retry(message.attempt)
        except ValueError:
            _log.error("command_unreadable", message_id=message.message_id, type=message.type)
            await self._refuse(message)
            return Park("unreadable", "the body does not fit the schema of its type")
        return Ack()

    async def _create(self, message: Message, command: CreateOrderCommand) -> None:
        today = self._clock.now().astimezone(SHANGHAI).date()
        event = order_commanded(
            command, self._products, today, message.reply_to, message.correlation_id
        )
        stimulus = Stimulus(event, inbox=(InboxEntry(message.message_id),))
        structlog.contextvars.bind_contextvars(order_num=event.order_num)
        loaded = Loaded(None, {})
        if message.redelivered or message.attempt:
            loaded = await self._store.load(event.order_num, stimulus.ids)
        await self._saga.take(loaded, event.order_num, stimulus)

    async def _cancel(self, message: Message, command: CancelOrderCommand) -> None:
        event = cancel_commanded(command, message.reply_to, message.correlation_id)
        stimulus = Stimulus(event, inbox=(InboxEntry(message.message_id),))
        structlog.contextvars.bind_contextvars(order_num=command.order_num)
        loaded = await self._store.load(command.order_num, stimulus.ids)
        await self._saga.take(loaded, command.order_num, stimulus)

    async def _refuse(self, message: Message) -> None:
        if message.reply_to:
            text = Code.PARAMETER_MISSING.text
            outcome = OrderOutcome(code=Code.PARAMETER_MISSING, message=text, data="")
            body = outcome.model_dump_json().encode()
            await self._broker.reply(message.reply_to, message.correlation_id, body)
