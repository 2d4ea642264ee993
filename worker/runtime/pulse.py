"""Asks the store now and then whether it answers, and what is waiting there.

Why it exists: readiness is asked often and must be answered at once, from memory; and the
gauges show what waits for a person or for the broker. It must not decide who is ready:
/readyz adds the problems of every part that a role needs.
"""

import time
from datetime import datetime
from typing import Final

from worker.clock import Clock
from worker.errors import StoreUnavailableError
from worker.runtime.ports import Figures, Store
from worker.telemetry.metrics import (
    ACCOUNT_BALANCE,
    ACCOUNT_HELD,
    DEAD_LETTERS_OLDEST_AGE,
    DEAD_LETTERS_OPEN,
    ORDERS_HUMAN,
    OUTBOX_AGE,
    OUTBOX_UNSENT,
    STORE_ANSWER,
    TIMERS_LATE,
)

PULSE_SECONDS: Final = 5.0
TROUBLED_SECONDS: Final = 1.0
"""So soon it is asked again after trouble: a database that is back leaves nobody unready."""


class Pulse:
    """The store's last word."""

    def __init__(self, store: Store, clock: Clock, *, accounts: bool = False) -> None:
        """Ask ``store``; until its first answer it counts as well.

        ``accounts``: show what stands on the channels' accounts, too.
        """
        self._store = store
        self._clock = clock
        self._accounts = accounts
        self._trouble = ""

    def problems(self) -> list[str]:
        """Return what is wrong with the store; empty when it answers."""
        return [self._trouble] if self._trouble else []

    async def feel(self) -> None:
        """Ask once."""
        try:
            began = time.perf_counter()
            figures = await self._store.figures()
            STORE_ANSWER.observe(time.perf_counter() - began)
            self._show(figures)
            if self._accounts:
                await self._show_accounts()
        except StoreUnavailableError as error:
            self._trouble = f"database: {error}"
        else:
            self._trouble = ""

    def _show(self, figures: Figures) -> None:
        ORDERS_HUMAN.set(figures.orders_human)
        DEAD_LETTERS_OPEN.set(figures.dead_letters_open)
        OUTBOX_UNSENT.set(figures.unsent)
        OUTBOX_AGE.set(self._age(figures.oldest_unsent_at))
        DEAD_LETTERS_OLDEST_AGE.set(self._age(figures.oldest_letter_at))
        TIMERS_LATE.set(self._age(figures.first_due_at))

    def _age(self, since: datetime | None) -> float:
        """Return the seconds since then; 0 where there is nothing, or it is yet to come."""
        return max((self._clock.now() - since).total_seconds(), 0.0) if since else 0.0

    async def _show_accounts(self) -> None:
        for account in await self._store.accounts():
            ACCOUNT_BALANCE.labels(account.app_key).set(float(account.balance))
            ACCOUNT_HELD.labels(account.app_key).set(float(account.held))

    async def run(self) -> None:
        """Ask for ever."""
        while True:
            await self.feel()
            await self._clock.sleep(TROUBLED_SECONDS if self._trouble else PULSE_SECONDS)
