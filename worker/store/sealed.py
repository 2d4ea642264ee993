"""A store whose bodies are sealed at rest, whichever database keeps them.

Why it exists: PostgreSQL and SQLite are given sealed bytes and give them back, so that
neither knows of keys. What is searched for (numbers, phases, times) lies in columns of its
own, plain. It must not change anything but the bytes of a state or a body.
"""

from collections.abc import Callable, Iterable, Sequence
from datetime import datetime
from typing import Any, Final, TypeVar, cast

import structlog

from worker.errors import SealedError
from worker.runtime.auditing import AuditEntry
from worker.runtime.failing import FailedOrder
from worker.runtime.finding import OrderFilter
from worker.runtime.lettering import LetterChange, LetterQuery
from worker.runtime.ports import (
    Committed,
    DeadLetter,
    HeldNotice,
    Loaded,
    Message,
    OrderRow,
    Store,
    Transition,
)
from worker.runtime.reconcilable import Belongings, Reached, Span
from worker.runtime.refunding import RefundTold
from worker.saga.replacing import replace
from worker.sealing import PLAIN, Sealer

STATE: Final = "orders.state"
OUTBOX: Final = "outbox.body"
NOTICE: Final = "held_notices.body"
LETTER: Final = "dead_letters.body"

T = TypeVar("T")

_log = structlog.get_logger(__name__)


def sealed(store: Store, sealer: Sealer) -> Store:
    """Return the store with everything personal sealed under ``sealer``."""
    return cast(Store, SealedStore(store, sealer))


class SealedStore:
    """:class:`worker.runtime.ports.Store` over another one; what is not here goes to it as it is.

    One row that cannot be opened raises SealedError, which is a StoreUnavailableError: whoever
    works on it tries again later. In a list it is left out where the list is worked off, and
    keeps its sealed bytes where people only read of it.
    """

    def __init__(self, store: Store, sealer: Sealer) -> None:
        """Keep in ``store`` what ``sealer`` seals."""
        self._store = store
        self._sealer = sealer

    def __getattr__(self, name: str) -> Any:  # noqa: ANN401  (whatever the port has)
        return getattr(self._store, name)

    async def load(self, order_num: str, inbox_ids: Sequence[str] = ()) -> Loaded:
        """Return the order, opened."""
        return self._loaded(await self._store.load(order_num, inbox_ids))

    async def load_by_zzy_order_id(
        self, zzy_order_id: str, inbox_ids: Sequence[str] = ()
    ) -> Loaded:
        """As :meth:`load`, by ZZY's number of the order."""
        return self._loaded(await self._store.load_by_zzy_order_id(zzy_order_id, inbox_ids))

    async def commit(self, transition: Transition) -> Committed:
        """Write a transition with its state and its messages sealed."""
        if self._sealer.current != PLAIN:  # else it is JSON of ours, which stays as it is
            transition = self._transition(transition)
        committed = await self._store.commit(transition)
        if not committed.held:
            return committed
        return replace(committed, held=_openable(self._notice, committed.held))

    async def claim_unsent(
        self, now: datetime, *, older_than: float, limit: int, lease: float
    ) -> list[Message]:
        """Return unsent messages, opened; one that cannot be comes again after its lease."""
        found = await self._store.claim_unsent(now, older_than=older_than, limit=limit, lease=lease)
        return _openable(lambda one: self._opened(one, OUTBOX, one.message_id), found)

    async def hold_notice(self, notice: HeldNotice) -> None:
        """Keep an early notice, sealed."""
        body = self._sealer.seal(notice.body, NOTICE, notice.id)
        await self._store.hold_notice(replace(notice, body=body))

    async def held_notices(self, *, limit: int) -> list[HeldNotice]:
        """Return held notices, opened; one that cannot be stays where it is."""
        return _openable(self._notice, await self._store.held_notices(limit=limit))

    async def add_dead_letter(self, letter: DeadLetter) -> None:
        """Keep a dead letter, sealed."""
        await self._store.add_dead_letter(
            replace(letter, message=self._sealed(letter.message, LETTER, letter.id))
        )

    async def dead_letter(self, letter_id: str) -> DeadLetter | None:
        """Return one dead letter, opened. Raises SealedError."""
        letter = await self._store.dead_letter(letter_id)
        return None if letter is None else self._letter(letter)

    async def dead_letters(
        self, *, state: str | None = "open", limit: int = 1000
    ) -> list[DeadLetter]:
        """Return dead letters; one that cannot be opened is listed as it is kept."""
        found = await self._store.dead_letters(state=state, limit=limit)
        return [_or_sealed(self._letter, letter) for letter in found]

    async def find_letters(self, query: LetterQuery) -> Sequence[DeadLetter]:
        """Return dead letters; one that cannot be opened keeps its sealed body."""
        found = await self._store.find_letters(query)
        return [_or_sealed(self._letter, letter) for letter in found]

    async def supersede_letter(
        self, letter_id: str, copy: DeadLetter, change: LetterChange, entry: AuditEntry
    ) -> bool:
        """Put an edited copy in a letter's place, sealed."""
        kept = replace(copy, message=self._sealed(copy.message, LETTER, copy.id))
        return await self._store.supersede_letter(letter_id, kept, change, entry)

    async def orders(self, *, human: bool = False, limit: int = 1000) -> list[OrderRow]:
        """Return orders; one that cannot be opened is listed as it is kept."""
        found = await self._store.orders(human=human, limit=limit)
        return [_or_sealed(self._order, row) for row in found]

    async def find_orders(self, number: str) -> list[OrderRow]:
        """Return the orders of a number; one that cannot be opened is listed as it is kept."""
        found = await self._store.find_orders(number)
        return [_or_sealed(self._order, row) for row in found]

    async def orders_of(
        self, span: Span, *, after: Reached | None, limit: int
    ) -> Sequence[OrderRow]:
        """Return a day's orders, opened. Raises SealedError."""
        found = await self._store.orders_of(span, after=after, limit=limit)
        return [self._order(row) for row in found]

    async def perhaps_refunding(self, *, limit: int) -> Sequence[OrderRow]:
        """Return orders; one that cannot be opened is left out."""
        return _openable(self._order, await self._store.perhaps_refunding(limit=limit))

    async def refunds_told(self, since: datetime, *, limit: int) -> Sequence[RefundTold]:
        """Return refunds; one whose order cannot be opened is left out."""
        found = await self._store.refunds_told(since, limit=limit)
        return _openable(lambda one: replace(one, order=self._order(one.order)), found)

    async def failed_orders(
        self, since: datetime, until: datetime, *, limit: int
    ) -> Sequence[FailedOrder]:
        """Return orders that failed; one that cannot be opened counts, whatever its reason."""
        found = await self._store.failed_orders(since, until, limit=limit)
        return [replace(one, row=_or_sealed(self._order, one.row)) for one in found]

    async def belongings(self, orders: Sequence[OrderRow]) -> Belongings:
        """Return what belongs to orders; what cannot be opened is listed as it is kept."""
        found = await self._store.belongings(orders)
        letters = [_or_sealed(self._letter, letter) for letter in found.letters]
        return replace(found, letters=letters)

    async def list_orders(self, wanted: OrderFilter, *, limit: int) -> list[OrderRow]:
        """Return orders; one that cannot be opened is listed as it is kept."""
        found = await self._store.list_orders(wanted, limit=limit)
        return [_or_sealed(self._order, row) for row in found]

    async def searched(self, terms: Sequence[str], *, limit: int) -> list[OrderRow]:
        """Return orders of some terms; one that cannot be opened is listed as it is kept."""
        found = await self._store.searched(terms, limit=limit)
        return [_or_sealed(self._order, row) for row in found]

    def _loaded(self, loaded: Loaded) -> Loaded:
        return loaded if loaded.row is None else Loaded(self._order(loaded.row), loaded.seen)

    def _order(self, row: OrderRow) -> OrderRow:
        state = self._sealer.open(row.state, STATE, row.order_num)
        return row if state is row.state else replace(row, state=state)

    def _transition(self, transition: Transition) -> Transition:
        row = transition.row
        state = self._sealer.seal(row.state, STATE, row.order_num)
        outbox = [self._sealed(one, OUTBOX, one.message_id) for one in transition.outbox]
        return replace(transition, row=replace(row, state=state), outbox=outbox)

    def _notice(self, notice: HeldNotice) -> HeldNotice:
        return replace(notice, body=self._sealer.open(notice.body, NOTICE, notice.id))

    def _letter(self, letter: DeadLetter) -> DeadLetter:
        return replace(letter, message=self._opened(letter.message, LETTER, letter.id))

    def _sealed(self, message: Message, place: str, row: str) -> Message:
        body = self._sealer.seal(message.body, place, row)
        return message if body is message.body else replace(message, body=body)

    def _opened(self, message: Message, place: str, row: str) -> Message:
        return replace(message, body=self._sealer.open(message.body, place, row))


def _openable(opened: Callable[[T], T], kept: Iterable[T]) -> list[T]:
    """Return what can be opened; the sealer has called a person for the rest."""
    found: list[T] = []
    for one in kept:
        try:
            found.append(opened(one))
        except SealedError as error:
            _log.warning("sealed_left_where_it_is", reason=str(error))
    return found


def _or_sealed(opened: Callable[[T], T], kept: T) -> T:
    try:
        return opened(kept)
    except SealedError:
        return kept
