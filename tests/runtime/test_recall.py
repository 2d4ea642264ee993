"""An alarm that a crash swallowed is raised again: nobody waits for a human unheard."""

from structlog.testing import capture_logs

from tests.runtime.messages import OUR_NUM, ticket_notice
from tests.runtime.world import NO_CODES, World
from worker.runtime.recall import recall


async def test_who_is_in_front_of_a_human_is_called_again(world: World) -> None:
    await world.paid()
    await world.notices.handle(ticket_notice("c-1"))
    with capture_logs() as logs:
        await recall(world.store)
    assert logs == []
    world.zzy.will("probe", NO_CODES)
    await world.notices.handle(ticket_notice(status=2))
    human = (await world.row()).human
    world.restart()
    with capture_logs() as logs:
        await recall(world.store)
    [line] = logs
    assert (line["event"], line["kind"]) == ("alarm", "order_needs_human")
    assert (line["order_num"], line["text"]) == (OUR_NUM, human)
