"""Slows down whoever guesses passwords.

Why it exists: a password that people can remember can be guessed by trying. A name waits
ever longer after each failure, but never for so long that a stranger could lock its owner
out; an address may fail for many names together only so often. It must not check a
password, nor know a name that does not exist from one that does.
"""

from collections import OrderedDict
from datetime import datetime, timedelta
from typing import Final

FREE_FAILURES: Final = 5
"""So many in a row cost nothing: people mistype."""
LONGEST_WAIT: Final = 60.0
MOST_DOUBLINGS: Final = 10
ADDRESS_FAILURES: Final = 30
ADDRESS_WINDOW: Final = 300.0
REMEMBERED: Final = 10_000


class Throttle:
    """Failures by name and by address, in the memory of this process."""

    def __init__(self) -> None:
        """Begin with nothing against anybody."""
        self._names: OrderedDict[str, tuple[int, datetime]] = OrderedDict()
        self._addresses: OrderedDict[str, tuple[int, datetime]] = OrderedDict()

    def wait(self, name: str, address: str, now: datetime) -> float:
        """Return for how many seconds this name or address must wait; 0: it may try."""
        waits = [0.0]
        if name in self._names:
            failures, last = self._names[name]
            pause = min(LONGEST_WAIT, 2.0 ** min(failures - FREE_FAILURES, MOST_DOUBLINGS))
            if failures >= FREE_FAILURES:
                waits.append(pause - (now - last).total_seconds())
        if address in self._addresses:
            failures, first = self._addresses[address]
            if failures >= ADDRESS_FAILURES:
                waits.append(ADDRESS_WINDOW - (now - first).total_seconds())
        return max(waits)

    def failed(self, name: str, address: str, now: datetime) -> None:
        """Note a wrong password."""
        failures, _ = self._names.pop(name, (0, now))
        _keep(self._names, name, (failures + 1, now))
        failures, first = self._addresses.pop(address, (0, now))
        if now - first > timedelta(seconds=ADDRESS_WINDOW):
            failures, first = 0, now
        _keep(self._addresses, address, (failures + 1, first))

    def passed(self, name: str) -> None:
        """Forget what was noted of a name: its owner is here."""
        self._names.pop(name, None)


def _keep(
    known: OrderedDict[str, tuple[int, datetime]], key: str, value: tuple[int, datetime]
) -> None:
    known[key] = value
    while len(known) > REMEMBERED:
        known.popitem(last=False)
