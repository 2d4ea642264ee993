"""Compares a day: reads its orders in portions, asks ZZY about each, keeps what differs.

Why it exists: the thin shell around worker/reconciliation. ZZY is asked at a bounded rate,
through the breaker of the process's other calls, and no order waits for it. A day cut short
goes on where it stopped. It must not judge a fact, and must not change an order.
Source: docs/decisions/0024-reconciliation.md.
"""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta, tzinfo
from typing import Final, Protocol

from contracts.zzy import PersonQrCodesAnswer
from worker.clock import Clock
from worker.reconciliation import Difference, Facts, Rules, differences, unknown_order
from worker.runtime import snapshot
from worker.runtime.breaker import Permit
from worker.runtime.gate import Gate
from worker.runtime.gathering import gathered, human_since
from worker.runtime.outside import Supplier
from worker.runtime.ports import DeadLetter, OrderRow, Store
from worker.runtime.reconcilable import Belongings, Kept, Reached, Run, Span
from worker.translation.supplier import Refused, SupplierResult, Unknown

PORTION: Final = 50
LEASE_SECONDS: Final = 300.0
"""Longer than a portion takes; so long after a worker's death another one goes on."""
TRIES: Final = 3
"""How often one order is asked about before the comparison goes on without an answer."""
TRY_AGAIN_SECONDS: Final = 2.0
PATIENCE_SECONDS: Final = 30.0
"""How long a run waits for a breaker that is open; then it is taken up again later."""
SILENT_AFTER: Final = 10
"""So many orders in a row without an answer, and it is not they that are odd: ZZY is silent."""
LETTERS: Final = 1_000
_WAIT_SECONDS: Final = 1.0


@dataclass(frozen=True, slots=True)
class Plan:
    """How a day is compared."""

    zone: tzinfo
    rate: float = 5.0
    """Calls to ZZY a second, at most."""
    late: timedelta = timedelta(hours=4)
    """After so long something that should have happened has not."""

    def span(self, day: date) -> Span:
        """Return a day of the zone as moments."""
        first = datetime.combine(day, time(), self.zone)
        return Span(first, datetime.combine(day + timedelta(days=1), time(), self.zone))


class Codes(Protocol):
    """Says which codes ZZY shows for one of our orders."""

    async def of(self, order_num: str) -> frozenset[str] | None:
        """Return the codes; None: no answer. Raises SupplierSilentError."""
        ...


class SupplierSilentError(Exception):
    """ZZY does not answer at present, whoever asks."""


class AskedCodes:
    """Asks PersonQrCodes (获取游客入园二维码) at a bounded rate.

    It obeys the breaker of the orders and never opens it: a comparison must not stop an order.
    """

    def __init__(self, supplier: Supplier, gate: Gate, clock: Clock, *, rate: float) -> None:
        """Ask ``supplier`` while ``gate`` lets calls pass, ``rate`` times a second at most."""
        self._supplier = supplier
        self._gate = gate
        self._clock = clock
        self._pause = 1 / rate
        self._unanswered = 0

    async def of(self, order_num: str) -> frozenset[str] | None:
        """Return the codes; None: no answer to this one. Raises SupplierSilentError."""
        for tries_left in reversed(range(TRIES)):
            result = await self._ask(order_num)
            await self._clock.sleep(self._pause)
            if not isinstance(result, Unknown):
                self._unanswered = 0
                return _codes(result)
            if tries_left:
                await self._clock.sleep(TRY_AGAIN_SECONDS)
        self._unanswered += 1
        if self._unanswered >= SILENT_AFTER:
            self._unanswered = 0
            raise SupplierSilentError
        return None

    async def _ask(self, order_num: str) -> SupplierResult[PersonQrCodesAnswer]:
        permit = await self._permit()
        try:
            result = await self._supplier.person_qr_codes(order_num)
            if not isinstance(result, Unknown):
                self._gate.note(permit, order_num, None)
            return result
        finally:
            self._gate.unused(permit)

    async def _permit(self) -> Permit:
        waited = 0.0
        while (permit := self._gate.admit()) is None:
            if waited >= PATIENCE_SECONDS:
                raise SupplierSilentError
            await self._clock.sleep(_WAIT_SECONDS)
            waited += _WAIT_SECONDS
        return permit


class Reconciler:
    """Compares the orders of a day."""

    def __init__(self, store: Store, codes: Codes, clock: Clock, plan: Plan) -> None:
        """Read and keep in ``store``; ask ``codes`` what ZZY shows."""
        self._store = store
        self._codes = codes
        self._clock = clock
        self._plan = plan

    async def run(self, day: date, *, again: bool = False) -> Run | None:
        """Compare a day and return how far it is; None: another worker has it, or it is done.

        ``running``: ZZY fell silent, or another worker took it over. Raises
        StoreUnavailableError; what was kept stays, and the next call goes on from there.
        """
        token, now = uuid.uuid4().hex, self._clock.now()
        run = await self._store.claim_reconciliation(
            day, token, now, lease=LEASE_SECONDS, again=again
        )
        if run is None:
            return None
        span = self._plan.span(day)
        while rows := await self._store.orders_of(span, after=run.reached, limit=PORTION):
            try:
                run, found = await self._compare(run, rows)
            except SupplierSilentError:
                await self._keep(token, run, (), lease=0)
                return run
            if not await self._keep(token, run, found):
                return run
        unheard = await self._store.letters_without_order(span, limit=LETTERS)
        found = [_unheard(day, letter) for letter in unheard]
        now = self._clock.now()
        done = replace(run, state="done", finished_at=now, found=run.found + len(found))
        return done if await self._keep(token, done, found) else run

    async def _keep(
        self, token: str, run: Run, found: Sequence[Difference], *, lease: float = LEASE_SECONDS
    ) -> bool:
        until = self._clock.now() + timedelta(seconds=lease)
        return await self._store.keep_reconciled(token, Kept(run, found, until))

    async def _compare(self, run: Run, rows: Sequence[OrderRow]) -> tuple[Run, list[Difference]]:
        beside = await self._store.belongings(rows)
        found: list[Difference] = []
        for row in rows:
            facts = await self._facts(row, beside)
            judged = await self._judged(facts, run.day)
            found += judged
            run = replace(
                run,
                orders=run.orders + 1,
                asked=run.asked + facts.asked,
                unanswered=run.unanswered + (facts.asked and facts.codes is None),
            )
        reached = Reached(rows[-1].created_at, rows[-1].order_num)
        return replace(run, reached=reached, found=run.found + len(found)), found

    async def _judged(self, facts: Facts, day: date) -> list[Difference]:
        """Return what differs; an order that changed while ZZY was asked is looked at again."""
        found = differences(facts, self._rules(), day)
        if not found:
            return found
        row = (await self._store.load(facts.order.order_num)).row
        if row is None or row.updated_at == facts.changed_at:
            return found
        fresh = await self._facts(row, await self._store.belongings([row]))
        return differences(fresh, self._rules(), day)

    def _rules(self) -> Rules:
        return Rules(self._clock.now(), self._plan.late)

    async def _facts(self, row: OrderRow, beside: Belongings) -> Facts:
        order = snapshot.read(row)
        assert order is not None  # noqa: S101  (a row holds an order)
        facts = gathered(order, row, beside)
        if order.human:
            since = human_since(await self._store.timeline(order.order_num))
            facts = replace(facts, human_since=since or row.updated_at)
        if not facts.asked:
            return facts
        return replace(facts, codes=await self._codes.of(order.order_num))


def _codes(result: SupplierResult[PersonQrCodesAnswer]) -> frozenset[str]:
    """Return what is shown; a refusal shows nothing: ZZY does not know the order."""
    if isinstance(result, Refused | Unknown):
        return frozenset()
    return frozenset(code.qr_code for code in result.answer.data or () if code.qr_code)


def _unheard(day: date, letter: DeadLetter) -> Difference:
    return unknown_order(
        day,
        order_num=letter.order_num,
        app_key=letter.app_key,
        zzy_order_id="",
        letter_id=letter.id,
    )
