"""What a channel may do beyond its document: ask, refund a part, have vouchers sent again."""

from typing import Any

import pytest

from tests.e2e.world import Choice, Other, World, tomorrow, until
from worker.simulators.channel import Credentials
from worker.simulators.channel_driver import DriverAnswer, made_up_id_card

WORLD = Choice(
    settings={"reply_wait_seconds": "1.5", "audit_deadline_seconds": '"72h"'},
    others=(Other(Credentials("another")),),
)
PEOPLE = {made_up_id_card(1): "张三", made_up_id_card(2): "李四", made_up_id_card(3): "王五"}

pytestmark = pytest.mark.asyncio(loop_scope="module")


async def ask(world: World, interface: str, app_key: str = "k", **params: object) -> DriverAnswer:
    return await world.parties[app_key].driver.post(f"/public/{interface}", params)


async def report(world: World, number: str) -> dict[str, Any]:
    answer = await ask(world, "queryOrder", order_num=number)
    assert (answer.status, answer.code) == (200, "1000"), answer
    return dict(answer.data)


def states(told: dict[str, Any]) -> dict[str, str]:
    return {voucher["code"]: voucher["state"] for voucher in told["vouchers"]}


async def three(world: World, number: str) -> str:
    """Order one code each for three, wait for them, and return our number."""
    content = {"product_code": "11064", "count": 3, "amount": 18.0, "tourist_info": PEOPLE}
    answer = await world.k.order(number, **content)
    assert answer.code == "1000"
    await world.k.told("voucher", number)
    return answer.order_num


async def test_an_order_is_reported_from_its_vouchers_to_its_last_check(bridged: World) -> None:
    ours = await three(bridged, number := bridged.fresh())
    told = await report(bridged, ours)
    by_theirs = await ask(bridged, "queryOrder", channel_order_num=number)
    assert by_theirs.data == told
    assert (told["channel_order_num"], told["state"], told["next"]) == (number, "issued", "visit")
    [voucher] = await bridged.k.told("voucher", number)
    expected = [{**one, "state": "unused"} for one in voucher.params["vouchers"]]
    assert told["vouchers"] == expected
    assert {one["name"] for one in expected} == set(PEOPLE.values())
    bridged.zzy.platform.check(ours, 3, list(states(told)))
    await bridged.k.told("check", number)
    told = await report(bridged, ours)
    assert (told["checked"], told["next"]) == (3, "nothing")
    assert set(states(told).values()) == {"used"}


async def test_nobody_reads_an_order_that_is_not_theirs(bridged: World) -> None:
    ours = (await bridged.k.order(bridged.fresh())).order_num
    for app_key, number in (("another", ours), ("k", "0" * 32)):
        answer = await ask(bridged, "queryOrder", app_key, order_num=number)
        assert (answer.status, answer.code, answer.data) == (200, "4001", "")


async def test_products_and_prices_are_told_and_never_what_we_pay(bridged: World) -> None:
    days = {"begin_date": tomorrow().isoformat(), "end_date": tomorrow().isoformat()}

    async def fetched() -> dict[str, Any]:
        answer = await ask(bridged, "queryPrice", product_code="P11065", **days)
        return dict(answer.data) if answer.code == "1000" and answer.data["days"] else {}

    prices = await until(fetched)  # the catalogue is fetched beside everything else
    every = await ask(bridged, "queryProduct")
    told = {one["product_code"]: one for one in every.data["products"]}
    assert told["P11063"]["product_name"] == "良渚杭州市民免费票"
    assert (told["P11067"]["refundable"], told["P11068"]["on_sale"]) == (False, False)
    one = await ask(bridged, "queryProduct", product_code="P11064")
    assert one.data["products"] == [told["P11064"]]
    [day] = prices["days"]
    assert (day["date"], day["sale_price"], day["market_price"]) == (
        tomorrow().isoformat(),
        "6.00",
        "10.00",
    )
    assert [session["begin_play_time"] for session in day["sessions"]] == ["09:00", "13:00"]
    assert "5.00" not in repr(prices)
    for interface, params in (("queryProduct", {}), ("queryPrice", days)):
        unknown = await ask(bridged, interface, product_code="P99999", **params)
        assert (unknown.status, unknown.code) == (200, "3002")


async def test_one_voucher_is_refunded_and_the_others_are_sent_again(bridged: World) -> None:
    ours = await three(bridged, number := bridged.fresh())
    gone, *kept = states(await report(bridged, ours))
    refund: dict[str, Any] = {"order_num": ours, "refund_num": "R-1", "codes": [gone]}
    for _ in range(2):  # the same name is the same refund
        answer = await ask(bridged, "refundOrder", **refund)
        assert (answer.status, answer.code) == (200, "1000")
        assert answer.data == {"refund_id": f"{ours}R1", "count": 1, "status": "approved"}
    [told] = await bridged.k.told("refund", number)
    assert (told.params["codes"], told.params["count"]) == ([gone], 1)
    other = await ask(bridged, "refundOrder", **{**refund, "codes": kept})
    assert (other.code, "refund_num" in other.message) == ("4000", True)
    now = await report(bridged, ours)
    assert states(now) == {gone: "refunded", **dict.fromkeys(kept, "unused")}
    assert (now["state"], now["refunded"], now["refund_pending"]) == ("issued", 1, 0)
    [one] = now["refunds"]
    assert (one["refund_num"], one["codes"], one["status"]) == ("R-1", [gone], "approved")
    resent = await ask(bridged, "resendVoucher", order_num=ours, by="notify")
    assert (resent.status, resent.code) == (200, "1000")
    first, second = await bridged.k.told("voucher", number, count=2)
    assert {voucher["code"] for voucher in second.params["vouchers"]} == set(kept)
    assert first.headers["Webhook-Id"] != second.headers["Webhook-Id"]
    rest = await ask(bridged, "refundOrder", order_num=ours, refund_num="R-2")
    assert (rest.code, rest.data["count"]) == ("1000", 2)
    assert (await report(bridged, ours))["state"] == "refunded"


async def test_a_refund_under_audit_is_pending_until_it_is_decided(bridged: World) -> None:
    ours = await three(bridged, number := bridged.fresh())
    bridged.zzy.lots.change(refund_audit="by_hand")
    answer = await ask(bridged, "refundOrder", order_num=ours, refund_num="R-1", count=1)
    assert (answer.status, answer.code, answer.message) == (200, "4000", "退款审核中")
    now = await report(bridged, ours)
    assert (now["refund_pending"], now["next"]) == (1, "refund")
    assert [one["status"] for one in now["refunds"]] == ["pending"]
    bridged.zzy.platform.decide_refund(f"{ours}R1", approved=False)
    await bridged.k.told("refund", number)
    now = await report(bridged, ours)
    assert (now["refund_pending"], now["next"]) == (0, "visit")
    assert [one["status"] for one in now["refunds"]] == ["rejected"]
