"""Orders for the pages that show and help them, and a saga that says yes."""

from dataclasses import dataclass, field, replace

from contracts import queues
from contracts.events import OrderOutcome
from tests.console.money import SCRIPT
from tests.console.place import Console
from tests.deadletters.letters import letter
from tests.saga.beginnings import has_tickets, no_ticket
from worker.clock import SystemClock
from worker.runtime import snapshot
from worker.runtime.outcome import Ack, Outcome
from worker.runtime.ports import Message, Store, Transition
from worker.runtime.searching import SearchKeys
from worker.saga.states import Order

STUCK, ISSUED, AGAIN = "a" * 32, "b" * 32, "c" * 32
"""One in front of a human, two with tickets."""
DONE = "nobody is needed"


async def fill_orders(store: Store) -> None:
    """Put the orders into a store, with the terms by which they are found."""
    await _put(store, no_ticket().set(order_num=STUCK, channel_order_num="c-stuck").order)
    await _put(store, has_tickets().set(order_num=ISSUED, channel_order_num="c-issued").order)
    again = has_tickets().set(order_num=AGAIN, channel_order_num="c-again").order
    await _put(store, again, findable=False)
    died = replace(letter(), id="of-again", order_num=AGAIN, reason=f"HTTP 500 {SCRIPT}")
    await store.add_dead_letter(died)


async def _put(store: Store, order: Order, *, findable: bool = True) -> None:
    row = snapshot.row(order, 1, SystemClock().now())
    terms = SearchKeys().new_terms(None, order) if findable else ()
    assert (await store.commit(Transition(row, search=terms))).applied


@dataclass
class Saga:
    """Answers every command that it did what was asked."""

    console: Console
    asked: list[Message] = field(default_factory=list)

    async def start(self) -> None:
        """Take the commands."""
        await self.console.broker.consume(queues.ORDERS, self._answer, concurrency=1)

    async def _answer(self, message: Message) -> Outcome:
        self.asked.append(message)
        if message.reply_to:
            body = OrderOutcome(code="1000", message=DONE).to_bytes()
            await self.console.broker.reply(message.reply_to, message.correlation_id, body)
        return Ack()
