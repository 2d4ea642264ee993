"""The steps that rows of the table name: small pure functions from order to order.

Why it exists: a row reads as a sentence because each step does one nameable thing. A step
takes the order, the event and the moment, and returns the order after it and its effects.
It must not decide whether it applies (that is a guard's) or which phase follows (that is
the row's).
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TypeVar

from worker.saga.effects import Effect
from worker.saga.policy import Policy
from worker.saga.states import Order


@dataclass(frozen=True, slots=True)
class Moment:
    """When a decision is made, and by which numbers."""

    now: datetime
    policy: Policy

    def after(self, seconds: float) -> datetime:
        """Return the instant ``seconds`` from now."""
        return self.now + timedelta(seconds=seconds)


E_contra = TypeVar("E_contra", contravariant=True)

Result = tuple[Order, tuple[Effect, ...]]
Step = Callable[[Order, E_contra, Moment], Result]
Guard = Callable[[Order, E_contra, Moment], bool]
