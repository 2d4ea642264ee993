"""Notices that many requests are wrongly signed: an attack, or somebody with a new key.

Why it exists: one wrong signature is a mistake, a spike of them is not; each process of the
ingress counts its own. It must not judge a signature.
"""

from typing import Final

from contracts.channel import Code
from worker.clock import Clock
from worker.telemetry import alarm
from worker.telemetry.metrics import INGRESS_REQUESTS

MINUTE: Final = 60.0


class SignatureWatch:
    """Looks once a minute at how many were refused."""

    def __init__(self, clock: Clock, most: int) -> None:
        """Raise an alarm above ``most`` in a minute."""
        self._clock = clock
        self._most = most
        self._before = _refused()

    def look(self) -> None:
        """Compare with the last look."""
        now = _refused()
        for route, count in now.items():
            new = count - self._before.get(route, 0.0)
            if new > self._most:
                text = f"{new:.0f} in a minute; a wrong key, a wrong clock, or an attack"
                alarm("bad_signatures", route=route, text=text)
        self._before = now

    async def run(self) -> None:
        """Look for ever."""
        while True:
            await self._clock.sleep(MINUTE)
            self.look()


def _refused() -> dict[str, float]:
    """Return how many requests of each route were answered with 9003 so far."""
    (family,) = INGRESS_REQUESTS.collect()
    return {
        sample.labels["route"]: sample.value
        for sample in family.samples
        if sample.name.endswith("_total") and sample.labels["code"] == Code.SIGNATURE_INVALID.value
    }
