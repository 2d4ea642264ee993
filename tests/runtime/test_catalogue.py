"""The catalogue: fetched page by page, kept in the store, shared by several workers."""

from collections.abc import AsyncIterator, Callable
from datetime import date
from pathlib import Path

import pytest

from tests.doubles import HeldClock
from tests.runtime.selling import Selling, described, priced
from worker.errors import CatalogueUnknownError
from worker.runtime.catalogue import LIST_FRESH_SECONDS, MOST_CALENDARS, Catalogue
from worker.runtime.catalogue_sync import (
    RETRY_SECONDS,
    SCHEDULE,
    START_INTERVAL,
    CatalogueSync,
    Rhythm,
)
from worker.runtime.listing import Listing
from worker.runtime.ports import Store
from worker.sqlite import SqliteFile
from worker.store.sqlite import SqliteStore
from worker.translation.commands import MappedProduct, ProductMap

Make = Callable[..., Catalogue]


class Kit:
    """One store, one clock, and as many workers' catalogues as a test wants."""

    def __init__(self, store: Store) -> None:
        self.store = store
        self.clock = HeldClock()

    def worker(self, zzy: Selling, **mapped: str) -> Catalogue:
        products = ProductMap({code: MappedProduct(number) for code, number in mapped.items()})
        return Catalogue(products, Listing(zzy), self.store, self.clock)  # type: ignore[arg-type]

    def catalogue_sync(self, catalogue: Catalogue, **rhythm: float) -> CatalogueSync:
        return CatalogueSync(catalogue, self.store, self.clock, Rhythm(**rhythm))


@pytest.fixture
async def kit(tmp_path: Path) -> AsyncIterator[Kit]:
    file = SqliteFile(tmp_path / "bridge.db")
    store = SqliteStore(file)
    await store.start()
    yield Kit(store)
    await file.close()


def many(*numbers: int) -> Selling:
    return Selling(*(described(number) for number in numbers), days=[priced("2026-05-01")])


async def test_the_configuration_and_bare_product_ids_need_no_list(kit: Kit) -> None:
    zzy = many()
    found = kit.worker(zzy, X="7")
    assert await found.find("X") == MappedProduct("7")
    assert await found.find("11063") == MappedProduct("11063")
    assert zzy.asked == []


async def test_zzys_own_code_is_found_on_any_page_with_one_fetch(kit: Kit) -> None:
    zzy = many(1, 2, 3)
    zzy.page_size = 2
    found = kit.worker(zzy)
    assert await found.find("P3") == MappedProduct("3")
    assert await found.find("P1") == MappedProduct("1")
    assert zzy.asked == ["page 1", "page 2"]


async def test_fetching_stops_at_a_page_with_nothing_new(kit: Kit) -> None:
    zzy = many(1)
    zzy.total = 99
    assert await kit.worker(zzy).find("P2") is None
    assert zzy.asked == ["page 1", "page 2"]


async def test_a_code_is_refused_only_by_a_fresh_list(kit: Kit) -> None:
    zzy = many(1)
    found = kit.worker(zzy)
    assert await found.find("P2") is None
    assert await found.find("P2") is None
    assert zzy.asked == ["page 1"]
    zzy.listed.append(described(2))
    kit.clock.advance(LIST_FRESH_SECONDS + 1)
    assert await found.find("P2") == MappedProduct("2")


async def test_a_list_that_cannot_be_had_proves_nothing(kit: Kit) -> None:
    zzy = many(1)
    found = kit.worker(zzy)
    await found.sync()
    zzy.silent = True
    with pytest.raises(CatalogueUnknownError):
        await kit.worker(zzy).find("P1")
    with pytest.raises(CatalogueUnknownError):
        await found.sync()
    known = found.known("1")
    assert known is not None
    assert known.standing == "on"


async def test_prices_that_cannot_be_had_prove_nothing(kit: Kit) -> None:
    zzy = many(1)
    found = kit.worker(zzy)
    await found.sync()
    await found.fetch_prices("1")
    zzy.silent = True
    with pytest.raises(CatalogueUnknownError):
        await found.fetch_prices("1")
    with pytest.raises(CatalogueUnknownError):
        await found.fetch_day("1", date(2026, 5, 1))
    calendar = await found.calendar("1")
    assert calendar is not None
    assert calendar.on(date(2026, 5, 1)) is not None


async def test_a_new_worker_knows_what_another_one_fetched(kit: Kit) -> None:
    zzy = many(1)
    first = kit.worker(zzy)
    await first.sync()
    await first.fetch_prices("1")
    second = kit.worker(zzy)
    await second.refresh()
    asked = list(zzy.asked)
    assert await second.find("P1") == MappedProduct("1")
    calendar, original = await second.calendar("1"), await first.calendar("1")
    assert calendar == original
    assert zzy.asked == asked


async def test_what_did_not_change_is_not_written_again(kit: Kit) -> None:
    zzy = many(1, 2)
    found = kit.worker(zzy)
    assert await found.sync() == 2
    stamps = await kit.store.product_stamps()
    kit.clock.advance(10)
    zzy.listed[1] = described(2, Version=1)
    assert await found.sync() == 1
    later = await kit.store.product_stamps()
    assert later["1"] == stamps["1"]
    assert later["2"] != stamps["2"]
    second = kit.worker(zzy)
    await second.refresh()
    kit.clock.advance(10)
    assert await second.sync() == 0, "a restart changes nothing either"


async def test_a_product_that_is_listed_no_more_is_gone_and_may_come_back(kit: Kit) -> None:
    zzy = many(1, 2)
    found = kit.worker(zzy)
    await found.sync()
    gone = zzy.listed.pop()
    kit.clock.advance(1)
    await found.sync()
    assert [known.standing for known in found.all_known()] == ["on", "gone"]
    assert await found.product("P2") is None
    zzy.listed.append(gone)
    kit.clock.advance(1)
    await found.sync()
    assert [known.standing for known in found.all_known()] == ["on", "on"]


@pytest.mark.parametrize("spoil", ["unreadable", "short"])
async def test_a_list_that_did_not_come_whole_makes_nothing_gone(kit: Kit, spoil: str) -> None:
    zzy = many(1, 2)
    found = kit.worker(zzy)
    await found.sync()
    zzy.listed.pop()
    if spoil == "unreadable":
        zzy.listed.append({"ProductName": "whose id was lost"})
    else:
        zzy.total = 2
    kit.clock.advance(1)
    await found.sync()
    assert [known.standing for known in found.all_known()] == ["on", "on"]


async def test_a_refresh_sees_other_workers_changes(kit: Kit) -> None:
    zzy = many(1)
    first, second = kit.worker(zzy), kit.worker(zzy)
    await first.sync()
    await second.refresh()
    assert await second.calendar("1") is None
    kit.clock.advance(1)
    zzy.listed[0] = described(1, ProductCode="NEW", ProductStatus=0)
    await first.sync()
    await first.fetch_prices("1")
    await second.refresh()
    known = second.known("1")
    assert known is not None
    assert known.standing == "off"
    assert await second.find("NEW") == MappedProduct("1")
    calendar = await second.calendar("1")
    assert calendar is not None
    assert calendar.on(date(2026, 5, 1)) is not None


async def test_memory_holds_so_many_calendars(kit: Kit) -> None:
    found = kit.worker(many())
    for number in range(MOST_CALENDARS + 10):
        await found.calendar(str(number))
    assert len(found._calendars) == MOST_CALENDARS


async def test_one_of_several_workers_fetches_on_the_schedule(kit: Kit) -> None:
    zzy, other = many(1), many(1)
    await kit.catalogue_sync(kit.worker(zzy)).start()
    second = kit.worker(other)
    await kit.catalogue_sync(second).start()
    assert zzy.asked == ["page 1", "prices 1"]
    assert other.asked == []
    assert second.known("1") is not None
    kit.clock.advance(START_INTERVAL)
    await kit.catalogue_sync(kit.worker(other)).start()
    assert other.asked == ["page 1", "prices 1"]


async def test_a_worker_that_was_killed_at_the_first_fetch_leaves_nobody_without(kit: Kit) -> None:
    zzy = many(1)
    assert await kit.store.claim_sync(SCHEDULE, kit.clock.now(), interval=60)
    kit.clock.advance(1)
    await kit.catalogue_sync(kit.worker(zzy)).start()
    assert zzy.asked == ["page 1", "prices 1"]


async def test_a_fetch_that_failed_is_tried_again_soon(kit: Kit) -> None:
    zzy = many(1)
    zzy.silent = True
    catalogue_sync = kit.catalogue_sync(kit.worker(zzy))
    await catalogue_sync.start()
    zzy.silent = False
    kit.clock.advance(RETRY_SECONDS - 1)
    await catalogue_sync.sync_if_due(3_600)
    assert zzy.asked == []
    kit.clock.advance(1)
    await catalogue_sync.sync_if_due(3_600)
    assert zzy.asked == ["page 1", "prices 1"]


async def test_channels_see_what_is_listed_under_the_codes_that_they_order(kit: Kit) -> None:
    zzy = many(1, 2, 3)
    found = kit.worker(zzy, mine="2")
    await found.sync()
    await found.fetch_prices("2")
    await found.mark("3", "off")
    assert [offer.product_code for offer in await found.products()] == ["P1", "P3", "mine"]
    off = await found.product("P3")
    assert off is not None
    assert off.product.product_status == 0
    calendar = await found.prices("mine")
    assert calendar is not None
    assert len(calendar.spans) == 1
    assert await found.prices("unknown") is None
