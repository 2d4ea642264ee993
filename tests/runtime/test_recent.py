"""What a process remembers of an order never changes what becomes of a notice."""

import itertools
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, cast
from unittest.mock import patch

import pytest

from contracts import headers
from tests.parity.store.kit import full
from tests.runtime.messages import OUR_NUM, ticket_notice
from tests.runtime.world import AUDIT, NO_CODES, World
from tests.runtime.world import world as open_world
from worker.errors import StoreUnknownError
from worker.runtime import recent
from worker.runtime.outcome import Ack
from worker.runtime.ports import Committed, Store, Transition
from worker.runtime.recent import Recent

NOTICES: dict[str, tuple[list[str], dict[str, Any]]] = {
    "the ticket": (["c-1"], {}),
    "again, freshly signed": (["c-1"], {}),
    "other codes": (["c-2"], {}),
    "failed": ([], {"status": 2}),
    "signed": (["c-1"], {"signature": "one"}),
    "the same signature, another body": (["c-2"], {"signature": "one"}),
}
"""The codes and the rest of each."""


@contextmanager
def counted(world: World) -> Iterator[list[str]]:
    """Return the numbers of the orders that are loaded."""
    loads: list[str] = []
    load = world.store.load

    async def counting(order_num: str, inbox_ids: Any = ()) -> Any:  # noqa: ANN401  (as it is)
        loads.append(order_num)
        return await load(order_num, inbox_ids)

    with patch.object(world.store, "load", counting):
        yield loads


async def test_a_ticket_that_comes_soon_is_taken_without_a_look(world: World) -> None:
    await world.paid()
    with counted(world) as loads:
        assert await world.notices.handle(ticket_notice("c-1")) == Ack()
        assert loads == []
        assert await world.notices.handle(ticket_notice("c-1")) == Ack()
        assert loads == [OUR_NUM]
    assert await world.told() == ["voucher"]


@pytest.mark.parametrize(
    "again", [{"redelivered": True}, {"attempt": 1}, {"headers": {headers.REPLAY_OF: "letter"}}]
)
async def test_what_comes_again_is_looked_up(world: World, again: dict[str, Any]) -> None:
    await world.paid()
    with counted(world) as loads:
        assert await world.notices.handle(ticket_notice("c-1", **again)) == Ack()
    assert loads == [OUR_NUM]


async def _told(folder: Path, names: tuple[str, ...], workers: int) -> list[Any]:
    """Return what becomes of the notices, taken by so many workers in turn."""
    async with open_world(folder) as first:
        await first.paid()
        worlds = [first, *(World(first.store, first.broker) for _ in range(1, workers))]
        outcomes: list[object] = []
        for name, one in zip(names, itertools.cycle(reversed(worlds)), strict=False):
            one.zzy.will("probe", NO_CODES)
            one.zzy.will("refund", AUDIT)
            codes, fields = NOTICES[name]
            outcomes.append(await one.notices.handle(ticket_notice(*codes, **fields)))
            await one.settle()
        order = await first.order()
        vouchers = [voucher.code for voucher in order.vouchers]
        letters = [letter.kind for letter in await first.store.dead_letters()]
        stands = (await first.row()).phase, order.human, vouchers, letters
        return [*outcomes, *stands, await first.told(), await first.kinds()]


@pytest.mark.parametrize("workers", [1, 2])
@pytest.mark.parametrize("names", [*itertools.permutations(NOTICES, 2)], ids=" then ".join)
async def test_notices_come_to_the_same_without_memory(
    tmp_path: Path, names: tuple[str, ...], workers: int
) -> None:
    remembered = await _told(tmp_path / "remembered", names, workers)
    with patch.object(Recent, "loaded", lambda *_: None):
        looked_up = await _told(tmp_path / "looked up", names, workers)
    assert remembered == looked_up


class _Store:
    """Commits as it is told to."""

    def __init__(self) -> None:
        self.next: Committed | Exception = Committed(applied=True)

    async def commit(self, _transition: Transition) -> Committed:
        if isinstance(self.next, Exception):
            raise self.next
        return self.next


@pytest.mark.parametrize("ending", [Committed(applied=False), StoreUnknownError("no answer")])
async def test_an_order_is_forgotten_whose_commit_failed(ending: Committed | Exception) -> None:
    store = _Store()
    kept = Recent(cast(Store, store))
    await kept.commit(full(version=1))
    loaded = kept.loaded("o1")
    assert loaded is not None
    assert (loaded.row, loaded.unread) == (full(version=1).row, True)
    store.next = ending
    if isinstance(ending, Exception):
        with pytest.raises(StoreUnknownError):
            await kept.commit(full(version=2))
    else:
        assert await kept.commit(full(version=2)) == ending
    assert kept.loaded("o1") is None


async def test_so_many_orders_are_remembered_and_no_more(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(recent, "REMEMBERED", 2)
    kept = Recent(cast(Store, _Store()))
    for num in ("o1", "o2", "o3"):
        await kept.commit(full(num))
    assert [num for num in ("o1", "o2", "o3") if kept.loaded(num)] == ["o2", "o3"]
