"""Takes a sample every ten seconds, and makes old ones fewer.

Why it exists: the console's plots. Of several processes the one that comes first samples;
a stretch is counted some seconds after its end, when what happened in it is written. It
must not disturb the work: it reads a few indexes, and waits where the store is away.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Final, Protocol

import structlog

from contracts.queues import relay_queue
from worker.clock import Clock
from worker.errors import BrokerUnavailableError, StoreUnavailableError
from worker.runtime.alarm_records import AlarmRow
from worker.runtime.controlling import ChannelControl
from worker.runtime.failing import FailureStore
from worker.runtime.failure_reasons import reasons
from worker.runtime.ports import Figures
from worker.runtime.pressure import UNSAID_SECONDS
from worker.runtime.queue_ages import Backlogs
from worker.runtime.refunding import RefundStore
from worker.runtime.sampling import Sample, SampleStore, Waiting, histogram, merged

SECONDS: Final = 10
LAG: Final = 5
"""A sample is taken so long after its end: what happened in it is written by then."""
THINNED: Final = ((7_200, 60), (2 * 86_400, 600), (14 * 86_400, 3_600))
"""Samples older than the first are merged into stretches of the second, both in seconds."""
THIN_SECONDS: Final = 600.0
PORTION: Final = 1_000
"""So many samples are merged at a time; more than one stretch has."""
MOST_FAILED: Final = 10_000
"""So much that failed in one stretch is counted; it is read whole for its reasons."""
UNSENT: Final = "unsent"
"""What is committed and not published yet: the outbox, among the queues."""
_SAMPLE, _THIN = "console.sample", "console.thin"

_log = structlog.get_logger(__name__)


class SampledStore(SampleStore, FailureStore, RefundStore, Protocol):
    """What a sample is made of."""

    async def figures(self) -> Figures:
        """Return what is waiting for a person or for the broker."""
        ...

    async def channel_controls(self) -> list[ChannelControl]:
        """Return how each channel stands."""
        ...

    async def alarms(self, *, resolved: bool = False, limit: int = 1000) -> list[AlarmRow]:
        """Return open alarms."""
        ...

    async def claim_sync(self, name: str, now: datetime, *, interval: float) -> bool:
        """Tell whether this process is to do it: nobody began within ``interval``."""
        ...


class Sampler:
    """Keeps samples of how the work goes."""

    def __init__(
        self,
        store: SampledStore,
        broker: Backlogs,
        clock: Clock,
        *,
        queues: Mapping[str, str],
        keep_days: float,
    ) -> None:
        """Look at ``queues``, each with the name that it is shown by.

        Samples are forgotten after ``keep_days``.
        """
        self._store = store
        self._broker = broker
        self._queues = queues
        self._clock = clock
        self._keep = timedelta(days=keep_days)

    async def run(self) -> None:
        """Sample for ever."""
        while True:
            now = self._clock.now()
            try:
                if await self._store.claim_sync(_SAMPLE, now, interval=SECONDS - 1):
                    await self.sample()
                if await self._store.claim_sync(_THIN, now, interval=THIN_SECONDS):
                    await self.thin()
            except StoreUnavailableError as error:
                _log.warning("sample_left_out", reason=str(error))
            past = now.timestamp() % SECONDS
            await self._clock.sleep(max(1.0, SECONDS + LAG - past if past >= LAG else LAG - past))

    async def sample(self) -> Sample:
        """Take the sample of the last whole stretch. Raises StoreUnavailableError."""
        now = self._clock.now()
        until = begin_of(now - timedelta(seconds=LAG), SECONDS)
        since = until - timedelta(seconds=SECONDS)
        tally = await self._store.tally(since, until)
        figures = await self._store.figures()
        controls = await self._store.channel_controls()
        queues = await self._waiting(now, controls, figures)
        sample = Sample(
            since,
            SECONDS,
            tally.orders,
            tally.refused,
            histogram(tally.latencies),
            tally.letters,
            queues,
            {one.app_key: standing(one) for one in controls},
            zzy_down(await self._store.alarms(), now),
            figures.orders_human,
            figures.dead_letters_open,
            await self._failures(since, until),
        )
        await self._store.add_sample(sample)
        return sample

    async def _failures(self, since: datetime, until: datetime) -> Mapping[str, int]:
        failed = await self._store.failed_orders(since, until, limit=MOST_FAILED)
        told = await self._store.refunds_told(since, limit=MOST_FAILED)
        return reasons(failed, told, until)

    async def _waiting(
        self, now: datetime, controls: Sequence[ChannelControl], figures: Figures
    ) -> dict[str, Waiting]:
        """Return what waits; the age is known where somebody noted since when it does."""
        since = {relay_queue(one.app_key): one.report.oldest_at for one in controls if one.report}
        seen: dict[str, Waiting] = {}
        try:
            for one in await self._broker.backlogs(list(self._queues)):
                age = max(_age(one.oldest_at, now), _age(since.get(one.queue), now))
                seen[self._queues[one.queue]] = Waiting(one.waiting, age)
        except BrokerUnavailableError as error:
            _log.warning("sample_without_queues", reason=str(error))
        seen[UNSENT] = Waiting(0, _age(figures.oldest_unsent_at, now))
        return {name: one for name, one in seen.items() if one != Waiting(0)}

    async def thin(self) -> None:
        """Merge old samples, and forget the oldest. Raises StoreUnavailableError."""
        now = self._clock.now()
        for age, seconds in THINNED:
            until = begin_of(now - timedelta(seconds=age), seconds)
            while groups := await self._stretches(until, seconds):
                for at, group in groups:
                    await self._store.merge_samples(merged(at, seconds, group))
        await self._store.drop_samples(now - self._keep)

    async def _stretches(
        self, until: datetime, seconds: int
    ) -> list[tuple[datetime, list[Sample]]]:
        """Return the oldest stretches that are still in parts, each whole."""
        found = await self._store.short_samples(until, seconds, limit=PORTION)
        groups: dict[datetime, list[Sample]] = {}
        for one in found:
            groups.setdefault(begin_of(one.at, seconds), []).append(one)
        if len(found) == PORTION and len(groups) > 1:
            groups.popitem()  # the rest of it was not fetched
        return list(groups.items())


def standing(control: ChannelControl) -> str:
    """Return how a channel stands: paused by hand, else as its breaker says."""
    if control.paused_at is not None:
        return "paused"
    return control.report.breaker if control.report else "closed"


def zzy_down(opened: Sequence[AlarmRow], now: datetime) -> bool:
    """Tell by the open alarms whether ZZY (中智游) is silent, whichever process found that out.

    One that nobody says any more is of a process that died in the meantime.
    """
    heard = now - timedelta(seconds=UNSAID_SECONDS)
    return any(one.kind == "zzy_down" and one.last_seen_at >= heard for one in opened)


def begin_of(moment: datetime, seconds: int) -> datetime:
    """Return when the stretch of ``seconds`` began that a moment lies in."""
    whole = moment.replace(microsecond=0)
    return whole - timedelta(seconds=int(whole.timestamp()) % seconds)


def _age(since: datetime | None, now: datetime) -> float:
    return round(max(0.0, (now - since).total_seconds()), 1) if since else 0.0
