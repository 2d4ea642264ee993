"""Products, price calendars and purchases: the same over both databases."""

from datetime import date

from tests.parity.store.kit import NOW, ODD_STRINGS, Opener, after
from worker.runtime.cataloguing import Purchase, Stamps, StoredPrices, StoredProduct
from worker.runtime.ports import Store


def product(product_id: str = "11063", fetched: float = 0, **changes: object) -> StoredProduct:
    values: dict[str, object] = {
        "product_id": product_id,
        "version": 3,
        "product_code": "P11063",
        "status": "on",
        "fields": b'{"ProductId":11063}',
        "fetched_at": after(fetched),
    }
    return StoredProduct(**(values | changes))  # type: ignore[arg-type]


def prices(product_id: str = "11063", fetched: float = 0, days: bytes = b"[]") -> StoredPrices:
    return StoredPrices(product_id, date(2026, 3, 1), date(2026, 4, 1), days, after(fetched))


def purchase(
    digest: str = "d", num: str = "o1", at: float = 0, count: int = 2, product_id: str = "11063"
) -> Purchase:
    return Purchase(num, "phone", digest, product_id, count, after(at))


async def test_products_come_back_as_they_were_kept(open_store: Opener) -> None:
    first, second = await open_store(), await open_store()
    odd = [
        product(str(number), product_code=text, fields=text.encode())
        for number, text in enumerate(ODD_STRINGS)
    ]
    await first.keep_products([*odd, product("x", version=2**70)])
    await first.keep_products([])
    found = {one.product_id: one for one in await second.stored_products([*"0123456x", "none"])}
    assert [found[one.product_id] for one in odd] == odd
    assert found["x"].version == 2**63 - 1


async def test_an_earlier_fetch_never_replaces_a_later_one(store: Store) -> None:
    await store.keep_products([product(fetched=5, version=8)])
    await store.keep_products([product(fetched=4, version=7)])
    assert [one.version for one in await store.stored_products(["11063"])] == [8]
    await store.keep_products([product(fetched=6, version=9, status="gone")])
    assert [one.status for one in await store.stored_products(["11063"])] == ["gone"]
    await store.keep_prices([prices(fetched=5, days=b"[5]")])
    await store.keep_prices([prices(fetched=4, days=b"[4]")])
    assert await store.stored_prices(["11063"]) == [prices(fetched=5, days=b"[5]")]


async def test_stamps_tell_what_has_changed(store: Store) -> None:
    await store.keep_products([product("1"), product("2", fetched=3)])
    await store.keep_prices([prices("2", fetched=4), prices("unlisted")])
    assert await store.product_stamps() == {
        "1": Stamps(NOW, None),
        "2": Stamps(after(3), after(4)),
    }


async def test_one_of_many_workers_fetches(open_store: Opener) -> None:
    first, second = await open_store(), await open_store()
    assert await first.claim_sync("products", NOW, interval=60)
    assert not await second.claim_sync("products", after(59), interval=60)
    assert await second.claim_sync("prices", after(59), interval=60)
    assert await second.claim_sync("products", after(60), interval=60)
    assert not await first.claim_sync("products", after(61), interval=60)


async def test_when_it_was_claimed_last_is_known_and_never_goes_back(open_store: Opener) -> None:
    first, second = await open_store(), await open_store()
    await first.claim_sync("queue a", after(5), interval=0)
    await second.claim_sync("queue a", after(3), interval=0)
    await second.claim_sync("queue b", after(1), interval=0)
    assert await first.last_syncs(["queue a", "queue b", "queue c"]) == {
        "queue a": after(5),
        "queue b": after(1),
    }
    assert await first.last_syncs([]) == {}


async def test_purchases_are_found_by_digest_product_and_day(store: Store) -> None:
    await store.keep_purchases("o1", [purchase(), purchase("e")])
    await store.keep_purchases("o2", [purchase(num="o2", at=-100)])
    await store.keep_purchases("o3", [purchase(num="o3", product_id="2")])
    await store.keep_purchases("o4", [purchase(num="o4", at=-101)])
    found = await store.purchases("11063", ["d", "e", "f"], after(-100))
    assert found == [purchase(num="o2", at=-100), purchase(), purchase("e")]


async def test_an_order_s_purchases_replace_what_was_known_of_it(store: Store) -> None:
    await store.keep_purchases("o1", [purchase("old"), purchase("same", count=1)])
    await store.keep_purchases("o1", [purchase("same", count=3), purchase("new")])
    found = await store.purchases("11063", ["old", "same", "new"], NOW)
    assert found == [purchase("new"), purchase("same", count=3)]
    await store.keep_purchases("o1", [])
    assert await store.purchases("11063", ["same", "new"], NOW) == []


async def test_old_purchases_are_forgotten(store: Store) -> None:
    await store.keep_purchases("o1", [purchase(at=-1)])
    await store.keep_purchases("o2", [purchase(num="o2")])
    await store.forget_purchases(NOW)
    assert await store.purchases("11063", ["d"], after(-9)) == [purchase(num="o2")]
