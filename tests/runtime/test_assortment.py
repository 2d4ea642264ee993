"""Product codes that the configuration does not map are looked up in ZZY's own list."""

from collections.abc import Sequence

import pytest

from contracts.zzy import ProductsAnswer, ProductsRequest
from tests.doubles import HeldClock
from worker.runtime.assortment import FRESH_SECONDS, Assortment, AssortmentUnknownError
from worker.simulators.catalogue import Product as Made
from worker.translation.commands import MappedProduct, ProductMap
from worker.translation.supplier import Succeeded, SupplierResult, Unknown


class Listing:
    """ZZY's products, one page for each list; None is no answer."""

    def __init__(self, *pages: Sequence[str] | None, total: int | None = None) -> None:
        self.pages = list(pages)
        self.total = total
        self.asked: list[int] = []

    async def products(self, request: ProductsRequest) -> SupplierResult[ProductsAnswer]:
        self.asked.append(request.page_index)
        page = self.pages[min(request.page_index, len(self.pages)) - 1]
        if page is None:
            return Unknown("timeout")
        total = sum(len(p or ()) for p in self.pages) if self.total is None else self.total
        body = {
            "IsSuccess": True,
            "Data": {"Products": [product(code) for code in page], "TotalCount": total},
        }
        return Succeeded(ProductsAnswer.model_validate(body), "")


def product(code: str) -> dict[str, object]:
    return Made(int(code.removeprefix("P")), "良渚古城").describe()


def assortment(listing: Listing, clock: HeldClock | None = None, **mapped: str) -> Assortment:
    products = ProductMap({code: MappedProduct(number) for code, number in mapped.items()})
    return Assortment(products, listing, clock or HeldClock())  # type: ignore[arg-type]


async def test_the_configuration_and_bare_product_ids_need_no_list() -> None:
    listing = Listing(None)
    found = assortment(listing, X="7")
    assert await found.find("X") == MappedProduct("7")
    assert await found.find("11063") == MappedProduct("11063")
    assert listing.asked == []


async def test_zzys_own_code_is_found_on_any_page_with_one_fetch() -> None:
    listing = Listing(["P1", "P2"], ["P3"])
    found = assortment(listing)
    assert await found.find("P3") == MappedProduct("3")
    assert await found.find("P1") == MappedProduct("1")
    assert listing.asked == [1, 2]


async def test_fetching_stops_at_a_page_with_nothing_new() -> None:
    listing = Listing(["P1"], ["P1"], total=99)
    assert await assortment(listing).find("P2") is None
    assert listing.asked == [1, 2]


async def test_a_code_is_refused_only_by_a_fresh_list() -> None:
    clock = HeldClock()
    listing = Listing(["P1"])
    found = assortment(listing, clock)
    assert await found.find("P2") is None
    assert await found.find("P2") is None
    assert listing.asked == [1]
    listing.pages = [["P1", "P2"]]
    clock.advance(FRESH_SECONDS + 1)
    assert await found.find("P2") == MappedProduct("2")


async def test_a_list_that_cannot_be_had_proves_nothing() -> None:
    with pytest.raises(AssortmentUnknownError):
        await assortment(Listing(None)).find("P1")
