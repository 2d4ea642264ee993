"""Tracing costs nothing while it is off, and says nothing that it must not."""

import builtins
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from unittest.mock import patch

import pytest
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from opentelemetry.trace import StatusCode

from worker import recording
from worker.errors import SettingsError
from worker.settings import Settings
from worker.telemetry import traces
from worker.telemetry.otel import Spans

ORDER = "0e0c0fa2becaccb078332d796b2ca858"
ROOT = Path(__file__).parents[2]


@pytest.fixture
def exported() -> Iterator[InMemorySpanExporter]:
    exporter = InMemorySpanExporter()
    traces.record_with(Spans(SimpleSpanProcessor(exporter)))
    yield exporter
    traces.record_with(None)


def test_nothing_of_it_is_loaded_where_it_is_off() -> None:
    code = (
        "import sys, worker.app; "
        "print([m for m in sys.modules if m.startswith(('opentelemetry', 'google.protobuf'))])"
    )
    words = [sys.executable, "-c", code]
    ran = subprocess.run(words, cwd=ROOT, capture_output=True, text=True, check=True, timeout=120)
    assert ran.stdout.strip() == "[]"


def test_a_span_that_nobody_records_is_always_the_same_one() -> None:
    assert not traces.on()
    with traces.span("pay", order_num=ORDER) as span:
        span.set(outcome="done")
        assert span is traces.NOTHING
    assert traces.carried() == {}
    assert traces.request("POST /", "/") is traces.of_order("take", ORDER) is traces.NOTHING


def test_what_is_no_attribute_of_ours_is_left_out(exported: InMemorySpanExporter) -> None:
    with traces.span("pay", contact="张三", phone="13456451211", outcome="done"):
        pass
    [span] = exported.get_finished_spans()
    assert dict(span.attributes or {}) == {"ticketbridge.outcome": "done"}


def test_an_error_is_named_and_not_quoted(exported: InMemorySpanExporter) -> None:
    def fail() -> None:
        with traces.span("pay"):
            raise ValueError("13456451211")

    with pytest.raises(ValueError, match="1345"):
        fail()
    [span] = exported.get_finished_spans()
    assert (span.status.status_code, span.status.description) == (StatusCode.ERROR, "ValueError")
    assert not span.events


@pytest.mark.parametrize("number", ["", "o1", "0" * 32, "a'b"])
def test_a_number_that_cannot_name_a_trace_still_has_a_span(
    exported: InMemorySpanExporter, number: str
) -> None:
    traces.begin_order(number)
    with traces.request("POST /", "/"):
        traces.about(number)
        with traces.of_order("take", number):
            pass
    assert {span.name for span in exported.get_finished_spans()} == {"take", "POST /"}


def test_a_share_of_the_orders_is_traced_and_every_process_chooses_the_same() -> None:
    exporter = InMemorySpanExporter()
    for _ in range(2):
        traces.record_with(Spans(SimpleSpanProcessor(exporter), ratio=0.5))
        for number in range(1, 200):
            with traces.of_order("take", f"{number * 0x9E3779B97F4A7C15 % 2**64:032x}"):
                pass
    traces.record_with(None)
    chosen = [span.context.trace_id for span in exporter.get_finished_spans() if span.context]
    assert 120 < len(chosen) < 280
    assert all(chosen.count(one) == 2 for one in chosen)


async def test_without_the_packages_the_start_says_what_to_install() -> None:
    settings = Settings.model_validate({"tracing": {"endpoint": "http://127.0.0.1:1/v1/traces"}})
    load = builtins.__import__

    def without(name: str, *rest: object) -> ModuleType:
        if name.startswith("opentelemetry"):
            raise ImportError(name=name)
        return load(name, *rest)  # type: ignore[arg-type]

    with patch.dict(sys.modules), patch.object(builtins, "__import__", without):
        for name in [one for one in sys.modules if one.startswith("opentelemetry")]:
            del sys.modules[name]
        sys.modules.pop("worker.telemetry.otel")
        with pytest.raises(SettingsError, match=r"ticketbridge\[otel\]"):
            async with recording.recording(settings):
                pass


async def test_a_collector_that_is_away_delays_no_stop() -> None:
    settings = Settings.model_validate({"tracing": {"endpoint": "http://127.0.0.1:1/v1/traces"}})
    async with recording.recording(settings):
        assert traces.on()
        with traces.span("pay"):
            pass
    assert not traces.on()
