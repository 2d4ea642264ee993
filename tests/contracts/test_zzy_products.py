"""ZZY's lists are read entry by entry: an odd one does not spoil the others."""

import json

import pytest

from contracts.zzy import EntranceMode, PricesAnswer, ProductsAnswer
from worker.simulators.catalogue import assortment


def page(*products: object) -> ProductsAnswer:
    body = {"IsSuccess": True, "Data": {"Products": products, "TotalCount": len(products)}}
    return ProductsAnswer.parse(json.dumps(body))


@pytest.mark.parametrize(
    "odd", [{"ProductName": "no id"}, {"ProductId": 2, "MinAge": "x"}, 5, None]
)
def test_a_product_that_cannot_be_read_is_left_out(odd: object) -> None:
    data = page({"ProductId": 1}, odd, {"ProductId": 3}).data
    assert data is not None
    assert [product.product_id for product in data.products] == ["1", "3"]
    assert data.unreadable == 1


@pytest.mark.parametrize(("given", "kept"), [(1, EntranceMode.ONE_CODE_EACH), (7, 7), ("", None)])
def test_an_unknown_enum_value_is_kept(given: object, kept: object) -> None:
    data = page({"ProductId": 1, "EntranceMode": given, "CustomerSet": 9}).data
    assert data is not None
    assert data.unreadable == 0
    [product] = data.products
    assert (product.entrance_mode, product.customer_set) == (kept, 9)


@pytest.mark.parametrize("change", [str.lower, str.upper, str.swapcase])
def test_any_casing_of_the_keys_is_read(change: type[str]) -> None:
    described = [product.describe() for product in assortment().values()]
    raw = json.dumps({"IsSuccess": True, "Data": {"Products": described, "TotalCount": 9}})
    twisted = json.dumps(_renamed(json.loads(raw), change))
    assert ProductsAnswer.parse(twisted).data == ProductsAnswer.parse(raw).data


def _renamed(value: object, change: type[str]) -> object:
    if isinstance(value, dict):
        return {change(key): _renamed(item, change) for key, item in value.items()}
    return [_renamed(item, change) for item in value] if isinstance(value, list) else value


def test_a_day_that_cannot_be_read_is_left_out_and_counted() -> None:
    answer = PricesAnswer.parse(
        '{"issuccess":1,"data":{"dailypricestock":[{"price":5.1},{"price":"free"}]}}'
    )
    assert answer.data is not None
    assert len(answer.data.daily_price_stock) == 1
    assert answer.data.unreadable == 1


@pytest.mark.parametrize("data", ['{"Products":null}', '{"Products":""}', "{}"])
def test_no_products_at_all_are_read_as_none(data: str) -> None:
    answer = ProductsAnswer.parse(f'{{"IsSuccess":true,"Data":{data}}}')
    assert answer.data is not None
    assert answer.data.products == ()
