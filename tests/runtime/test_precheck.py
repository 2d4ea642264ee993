"""order/Verify before Create: a definite refusal counts, nothing else does."""

import pytest

from contracts.zzy import VerifyAnswer
from tests.runtime.messages import create_message
from tests.runtime.world import CREATED, PAID, TIMEOUT, World
from worker.runtime.precheck import Precheck, Wanted
from worker.saga.states import Phase
from worker.translation.outbound import Partner
from worker.translation.refusals import RefusalPatterns
from worker.translation.supplier import Refused, Succeeded

GOOD = Succeeded(VerifyAnswer.parse('{"IsSuccess":true}'), "")
BAD = Refused("0", "游客身份证数量与票数不匹配", "log-v")


def verify(world: World, wanted: Wanted) -> None:
    """Have orders verified first."""
    world.commands._precheck = Precheck(
        world.zzy,
        world.store,
        world.clock,
        Partner("9258"),
        patterns=RefusalPatterns(),
        wanted=wanted,
        on_refusal=lambda *refusal: world.refused.append(refusal),
    )


WANTED = [Wanted(app_keys=frozenset({"k"})), Wanted(product_codes=frozenset({"11063"}))]


@pytest.mark.parametrize("wanted", WANTED)
async def test_a_definite_refusal_leaves_the_number_free(world: World, wanted: Wanted) -> None:
    verify(world, wanted)
    world.zzy.will("verify", BAD, GOOD)
    await world.commands.handle(create_message())
    order = await world.order()
    assert order.failure is not None
    assert (order.phase, order.failure.code) == (Phase.REFUSED, "3011")
    assert world.zzy.calls == ["verify"]
    assert world.refused == [("3011", order.zzy_product_id)]
    await world.paid()
    assert world.zzy.calls == ["verify", "verify", "create", "pay"]
    assert len(world.refused) == 1
    request = world.zzy.requests[0]
    assert request.visit_date == "2026-05-02 12:00:00"
    assert [user.user_name for user in request.order_users] == ["张三"]


async def test_an_unknown_outcome_goes_on_to_create(world: World) -> None:
    verify(world, WANTED[0])
    world.zzy.will("verify", TIMEOUT)
    world.zzy.will("create", CREATED)
    world.zzy.will("pay", PAID)
    await world.commands.handle(create_message())
    assert (await world.order()).phase is Phase.AWAITING_TICKET


async def test_a_known_order_is_not_verified_again(world: World) -> None:
    verify(world, WANTED[0])
    world.zzy.will("verify", GOOD)
    await world.paid()
    await world.commands.handle(create_message())
    assert world.zzy.calls.count("verify") == 1


async def test_orders_of_others_are_not_verified(world: World) -> None:
    verify(world, Wanted(frozenset({"other"}), frozenset({"P1"})))
    await world.paid()
    assert world.zzy.calls == ["create", "pay"]
