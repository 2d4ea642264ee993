"""Asks the store now and then whether it answers.

Why it exists: readiness is asked often and must be answered at once, from memory. It must
not decide who is ready: /readyz adds the problems of every part that a role needs.
"""

from typing import Final

from worker.clock import Clock
from worker.errors import StoreUnavailableError
from worker.runtime.ports import Store

PULSE_SECONDS: Final = 2.0


class Pulse:
    """The store's last word."""

    def __init__(self, store: Store, clock: Clock) -> None:
        """Ask ``store``; until its first answer it counts as well."""
        self._store = store
        self._clock = clock
        self._trouble = ""

    def problems(self) -> list[str]:
        """Return what is wrong with the store; empty when it answers."""
        return [self._trouble] if self._trouble else []

    async def feel(self) -> None:
        """Ask once."""
        try:
            await self._store.ping()
        except StoreUnavailableError as error:
            self._trouble = f"database: {error}"
        else:
            self._trouble = ""

    async def run(self) -> None:
        """Ask for ever."""
        while True:
            await self.feel()
            await self._clock.sleep(PULSE_SECONDS)
