"""What an order does to its channel's prepaid account, around the commit.

Why it exists: handle.py stays one loop. Here is what is said when the account is short,
and who hears that it runs low. It must not know how a store keeps money.
Source: channel document, section three (错误代码), 3009.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from decimal import Decimal

from contracts.channel import Code
from worker.runtime.ports import Movement
from worker.saga.events import Event, OrderCommanded
from worker.saga.states import Failure
from worker.telemetry import alarm


def refused_for_funds(event: Event) -> Event | None:
    """Return the order refused with 3009; None for an event that is no order."""
    if not isinstance(event, OrderCommanded):
        return None
    return replace(event, refusal=Failure(Code.BALANCE_SHORT, Code.BALANCE_SHORT.text))


@dataclass(frozen=True, slots=True)
class AccountWatch:
    """Calls the operator when an account falls below its line: at the crossing alone."""

    low: Mapping[str, Decimal] = field(default_factory=dict)
    """What should be available to each channel, in yuan."""

    def note(self, app_key: str, movements: Sequence[Movement], available: Decimal | None) -> None:
        """Look at what is ``available`` after the movements, and at what was before them."""
        line = self.low.get(app_key)
        if line is None or available is None:
            return
        taken = sum((one.on_held - one.on_balance for one in movements), Decimal(0))
        if available < line <= available + taken:
            text = f"{available} yuan are left to the channel; the line is {line}"
            alarm("account_low", app_key=app_key, text=text)
