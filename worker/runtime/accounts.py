"""What an order does to its channel's prepaid account, around the commit.

Why it exists: handle.py stays one loop. Here is what is said when the account is short,
and who hears that it runs low: at the crossing, which a crash can swallow, so the accounts
are looked at now and then besides. It must not know how a store keeps money.
Source: channel document, section three (错误代码), 3009.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from decimal import Decimal
from typing import Final

import structlog

from contracts.channel import Code
from worker.clock import Clock
from worker.errors import StoreUnavailableError
from worker.runtime.ports import Movement, Store
from worker.saga.events import Event, OrderCommanded
from worker.saga.states import Failure
from worker.telemetry import alarm


def refused_for_funds(event: Event) -> Event | None:
    """Return the order refused with 3009; None for an event that is no order."""
    if not isinstance(event, OrderCommanded):
        return None
    return replace(event, refusal=Failure(Code.BALANCE_SHORT, Code.BALANCE_SHORT.text))


LOOK_SECONDS: Final = 60.0

_log = structlog.get_logger(__name__)


class AccountWatch:
    """Calls the operator when an account falls below its line; once until it is above again."""

    def __init__(self, low: Mapping[str, Decimal] | None = None) -> None:
        """``low``: what should be available to each channel, in yuan."""
        self.low = low or {}
        self._called: set[str] = set()

    def note(self, app_key: str, movements: Sequence[Movement], available: Decimal | None) -> None:
        """Look at what is ``available`` after the movements, and at what was before them."""
        line = self.low.get(app_key)
        if line is None or available is None:
            return
        taken = sum((one.on_held - one.on_balance for one in movements), Decimal(0))
        if available >= line:
            self._called.discard(app_key)
        elif line <= available + taken:
            self._call(app_key, available, line)

    async def look(self, store: Store) -> None:
        """Call for the accounts below their lines for which nobody was called."""
        if not self.low:
            return
        try:
            accounts = await store.accounts()
        except StoreUnavailableError as error:
            _log.warning("accounts_not_looked_at", error=str(error))
            return
        for account in accounts:
            line, available = self.low.get(account.app_key), account.balance - account.held
            if line is None or available >= line:
                self._called.discard(account.app_key)
            elif account.app_key not in self._called:
                self._call(account.app_key, available, line)

    async def run(self, store: Store, clock: Clock) -> None:
        """Look for ever."""
        while True:
            await self.look(store)
            await clock.sleep(LOOK_SECONDS)

    def _call(self, app_key: str, available: Decimal, line: Decimal) -> None:
        self._called.add(app_key)
        text = f"{available} yuan are left to the channel; the line is {line}"
        alarm("account_low", app_key=app_key, text=text)
