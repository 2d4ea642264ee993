"""What an operator's dashboard reads of one order that went well."""

import aiohttp
import pytest
from prometheus_client.parser import text_string_to_metric_families

from contracts import queues
from tests.e2e.world import Choice, World, delivered, until
from worker.runtime.vitals import TICK_SECONDS, TICKS_PER_LOOK

WORLD = Choice()

pytestmark = pytest.mark.asyncio(loop_scope="module")

LOOK_SECONDS = TICK_SECONDS * TICKS_PER_LOOK
Samples = dict[tuple[str, frozenset[str]], float]


async def scraped(world: World) -> Samples:
    """Return every sample by its name and the values of its labels."""
    async with (
        aiohttp.ClientSession() as session,
        session.get(world.place.url + "/metrics") as answer,
    ):
        text = await answer.text()
    return {
        (sample.name, frozenset(sample.labels.values())): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }


COUNTED = (
    ("ticketbridge_ingress_requests_total", "createOrder", "1000"),
    ("ticketbridge_messages_consumed_total", queues.ORDERS, "acknowledged"),
    ("ticketbridge_order_duration_seconds_count", "issued"),
    ("ticketbridge_saga_commit_duration_seconds_count",),
    ("ticketbridge_zzy_calls_total", "pay", "done"),
    ("ticketbridge_zzy_call_duration_seconds_count", "create"),
    ("ticketbridge_deliveries_total", "k", "voucher", "delivered"),
    ("ticketbridge_delivery_duration_seconds_count", "k"),
    ("ticketbridge_delivery_latency_seconds_count", "k", "voucher"),
    ("ticketbridge_store_answer_seconds_count",),
    ("ticketbridge_event_loop_lag_seconds_count",),
)
RESTING = (
    ("ticketbridge_queue_messages", queues.ORDERS),
    ("ticketbridge_queue_oldest_age_seconds", queues.relay_queue("k")),
    ("ticketbridge_queue_messages", queues.DEAD),
    ("ticketbridge_dead_letters_oldest_age_seconds",),
    ("ticketbridge_orders_human",),
    ("ticketbridge_timers_late_seconds",),
)


async def test_an_order_is_counted_on_all_its_way(bridged: World) -> None:
    number = bridged.fresh()
    await bridged.k.order(number)
    assert await delivered(bridged, number)

    async def counted() -> Samples | None:
        found = await scraped(bridged)
        whole = all(found.get((name, frozenset(labels))) for name, *labels in COUNTED)
        rests = all(found[name, frozenset(labels)] == 0 for name, *labels in RESTING)
        return found if whole and rests else None

    found = await until(counted, 3 * LOOK_SECONDS)
    assert found is not None
    assert found["ticketbridge_ready", frozenset()] == 1
    assert found["ticketbridge_alarms_total", frozenset({"zzy_down"})] == 0
    assert {value for (name, _), value in found.items() if name.endswith("build_info")} == {1}
    consumers = [
        value for (name, _), value in found.items() if name == "ticketbridge_queue_consumers"
    ]
    assert set(consumers) <= {1}
    assert bool(consumers) is bridged.place.broker_url.startswith("amqp")


async def test_no_label_names_an_order(bridged: World) -> None:
    number = bridged.fresh()
    answer = await bridged.k.order(number)
    await delivered(bridged, number)
    labels = {label for _, values in await scraped(bridged) for label in values}
    assert not labels & {number, answer.order_num, bridged.book(answer.order_num).order_id}
