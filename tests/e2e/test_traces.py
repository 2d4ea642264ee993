"""One order is one connected trace, from the channel's request to its receipt, on both set-ups."""

from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager

import pytest
from opentelemetry.sdk.trace import ReadableSpan
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

from contracts.channel import order_num
from tests.e2e.bridge import Place
from tests.e2e.world import tomorrow
from worker import app
from worker.roles import Role
from worker.settings import load_settings
from worker.simulators.channel import ChannelSimulator
from worker.simulators.channel_driver import ChannelDriver, sample_order
from worker.simulators.zzy import ZzySimulator
from worker.telemetry import traces
from worker.telemetry.otel import Spans

NUMBER = order_num("k", "t1")
SECRETS = ("s3cret", "demo-sign-key")
PERSONAL = ("张三", "李四", "13456451211")


@pytest.fixture
def exported() -> Iterator[InMemorySpanExporter]:
    exporter = InMemorySpanExporter()
    traces.record_with(Spans(SimpleSpanProcessor(exporter)))
    yield exporter
    traces.record_with(None)


@asynccontextmanager
async def running(place: Place) -> AsyncIterator[None]:
    place.write()
    async with app.running(load_settings(place.config, {}), frozenset(Role)):
        yield


async def buy(driver: ChannelDriver, channel: ChannelSimulator, number: str = "t1") -> None:
    await driver.create(sample_order(number, tomorrow()))
    await channel.changes.until(lambda: bool(channel.of_type("voucher", number)), seconds=30)


def named(spans: tuple[ReadableSpan, ...]) -> dict[str, ReadableSpan]:
    return {span.name: span for span in spans}


def trace_of(span: ReadableSpan) -> int:
    assert span.context is not None
    return int(span.context.trace_id)


def connected(spans: tuple[ReadableSpan, ...], start: ReadableSpan) -> set[str]:
    """Return the names of all spans that parents and links lead to from one, either way."""
    ids = {span.context.span_id: span for span in spans if span.context}
    edges: dict[int, set[int]] = {one: set() for one in ids}
    for one, span in ids.items():
        others = [link.context.span_id for link in span.links]
        if span.parent is not None:
            others.append(span.parent.span_id)
        for other in others:
            edges.setdefault(other, set()).add(one)
            edges[one].add(other)
    assert start.context is not None
    seen, ahead = set[int](), [start.context.span_id]
    while ahead:
        if (one := ahead.pop()) not in seen:
            seen.add(one)
            ahead.extend(edges.get(one, ()))
    return {ids[one].name for one in seen if one in ids}


async def test_an_order_is_one_trace_under_its_own_number(
    place: Place,
    channel: ChannelSimulator,
    driver: ChannelDriver,
    exported: InMemorySpanExporter,
) -> None:
    async with running(place):
        await buy(driver, channel)
    spans = exported.get_finished_spans()
    found = named(spans)
    request = found["POST /public/createOrder"]
    wanted = {
        *("order", "POST /public/createOrder", "publish order.create.v1"),
        *("process order.create.v1", "take order_commanded", "commit", "ZZY create", "ZZY pay"),
        *("POST /zzy/notify", "publish zzy.notice.v1", "process zzy.notice.v1"),
        *("take ticket_issued", "publish channel.notification.v1"),
        *("process channel.notification.v1", "deliver voucher"),
    }
    assert wanted <= set(found)
    assert wanted <= connected(spans, request)
    of_the_order = {span.name for span in spans if trace_of(span) == int(NUMBER, 16)}
    assert of_the_order >= wanted - {
        *("POST /zzy/notify", "publish zzy.notice.v1", "process zzy.notice.v1"),
    }
    [link] = found["take ticket_issued"].links
    assert link.context.trace_id == trace_of(found["POST /zzy/notify"])
    assert [span.name for span in spans].count("order") == 1


async def test_spans_say_what_they_are_and_nothing_of_people(
    place: Place,
    zzy: ZzySimulator,
    channel: ChannelSimulator,
    driver: ChannelDriver,
    exported: InMemorySpanExporter,
) -> None:
    async with running(place):
        await buy(driver, channel)
    codes = {ticket.code for order in zzy.ledger.by_origin(NUMBER) for ticket in order.tickets}
    assert codes
    spans = exported.get_finished_spans()
    for span in spans:
        assert set(span.attributes or {}) <= set(traces.ATTRIBUTES.values())
        assert not span.events
        said = " ".join([span.name, *map(str, (span.attributes or {}).values())])
        assert not [word for word in (*SECRETS, *PERSONAL, *codes) if word in said], said
    found = named(spans)
    attributes = {name: dict(span.attributes or {}) for name, span in found.items()}
    assert attributes["ZZY pay"]["ticketbridge.outcome"] == "done"
    assert attributes["deliver voucher"]["ticketbridge.app_key"] == "k"
    assert attributes["POST /public/createOrder"]["http.response.status_code"] == 200
    assert attributes["POST /public/createOrder"]["ticketbridge.order_num"] == NUMBER
    assert attributes["process order.create.v1"]["ticketbridge.outcome"] == "ack"


async def test_what_is_tried_again_is_linked_and_no_part_of_what_failed(
    place: Place,
    channel: ChannelSimulator,
    driver: ChannelDriver,
    exported: InMemorySpanExporter,
) -> None:
    channel.lots.force("http_500")
    async with running(place):
        await buy(driver, channel)
    tries = [
        span
        for span in exported.get_finished_spans()
        if span.name == "process channel.notification.v1"
    ]
    first, second = sorted(tries, key=lambda span: span.start_time or 0)[:2]
    assert first.parent is not None
    assert not first.links
    assert second.parent is None
    [link] = second.links
    assert link.context.span_id == first.parent.span_id
    assert dict(first.attributes or {})["ticketbridge.outcome"] == "retry"
