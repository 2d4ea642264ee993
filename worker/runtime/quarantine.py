"""Sets apart notices (通知) whose signature was used before, with another body.

Why it exists: ZZY's signature does not cover the body, so whoever has seen one notice can
send others under it. What is set apart is kept for a person, at most ten bodies a
signature, and ZZY's own PersonQrCodes is asked what is true. It must not take such a notice.
Source: PROTOCOL.md, "The signature does not cover the body".
"""

from typing import Final

from contracts.events import NoticeReceived
from worker.clock import Clock
from worker.runtime.evidence import Evidence
from worker.runtime.handle import Saga, Taken, come_again
from worker.runtime.outcome import Ack, Outcome, Park
from worker.runtime.ports import InboxEntry, Message, Store
from worker.runtime.stimulus import Stimulus
from worker.saga.events import TicketDoubted, TicketFailed, TicketIssued
from worker.telemetry import alarm
from worker.translation.notices import OrderNotice

BODIES_KEPT: Final = 10
"""How many bodies under one signature become dead letters; more are counted and alarmed."""


class Quarantine:
    """What happens to a notice that is not taken."""

    def __init__(self, saga: Saga, store: Store, evidence: Evidence, clock: Clock) -> None:
        """Ask through ``saga`` and ``evidence``; count in ``store``."""
        self._saga = saga
        self._store = store
        self._evidence = evidence
        self._clock = clock

    async def set_apart(
        self, message: Message, received: NoticeReceived, notice: OrderNotice, order_num: str
    ) -> Outcome:
        """Return what becomes of the message; ``order_num`` is empty while there is no order.

        Raises StoreUnavailableError.
        """
        known, kept, first = await self._place(received, notice)
        is_copy = known and not (message.attempt or message.redelivered)
        asks = kept and order_num and not is_copy
        if asks and await self._ask(order_num, notice):
            return come_again(message.attempt)
        alarm("notice_quarantined", order_num=order_num, kept=kept)
        if not kept:
            return Ack()
        told = f"; the first body's digest begins with {first[:12]}" if first else ""
        return Park(
            "notice_quarantined",
            f"its signature was used before, with another body{told}",
            letter=f"{received.signature_digest[:16]}{received.content_digest[:16]}",
        )

    async def _place(self, received: NoticeReceived, notice: OrderNotice) -> tuple[bool, bool, str]:
        """Tell whether the body was set apart before, whether it is kept, and what was first."""
        signed = received.signature_digest
        used = f"signature:{signed}:{notice.zzy_order_id}"
        places = [f"quarantined:{signed}:{number}" for number in range(BODIES_KEPT)]
        seen = (await self._store.load("", [used, *places])).seen
        first, digest = seen.get(used, ""), received.content_digest
        taken = [seen[place] for place in places if place in seen]
        if digest in taken:
            return True, True, first
        for place in places[len(taken) :]:
            if await self._store.claim_inbox(InboxEntry(place, digest), self._clock.now()):
                return False, True, first
        return False, False, first

    async def _ask(self, order_num: str, notice: OrderNotice) -> bool:
        """Have PersonQrCodes asked; tell whether that must wait."""
        if not isinstance(notice.event, TicketIssued | TicketFailed):
            await self._evidence.gather(order_num)
            return False
        loaded = await self._store.load(order_num)
        taken: Taken = await self._saga.take(loaded, order_num, Stimulus(TicketDoubted()))
        return taken.hold
