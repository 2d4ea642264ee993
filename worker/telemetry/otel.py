"""Spans by OpenTelemetry, which is an optional install (``ticketbridge[otel]``).

Why it exists: it alone imports OpenTelemetry, and only where tracing is turned on. An order's
trace has the order's number as its id, so that an order is found in any tracing system by the
number that people know, and processes that never met put their spans into the same trace. It
must not decide what a span says.
Source: docs/decisions/0026-traces.md.
"""

import re
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar, Token
from typing import Final

from opentelemetry import context as contexts
from opentelemetry import trace
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import SpanProcessor, TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor, SpanExporter
from opentelemetry.sdk.trace.id_generator import RandomIdGenerator
from opentelemetry.sdk.trace.sampling import Decision, ParentBased, TraceIdRatioBased
from opentelemetry.trace import SpanContext, SpanKind, TraceFlags
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

from worker.telemetry.traces import ATTRIBUTES, TRACEPARENT, Attribute, Kind, Opened

EXPORT_SECONDS: Final = 2.0
"""How long an export may take; what cannot be exported is dropped, and no order waits for it."""
_ORDER_NUM: Final = re.compile(r"[0-9a-f]{32}")
_NO_TRACE: Final = "0" * 32
_PROPAGATOR: Final = TraceContextTextMapPropagator()
_wanted_ids: ContextVar[tuple[int, int] | None] = ContextVar("wanted_ids", default=None)
_request: ContextVar["_Request | None"] = ContextVar("request", default=None)


class _Ids(RandomIdGenerator):
    """Random ids, but for the span under which those of an order gather."""

    def generate_trace_id(self) -> int:
        wanted = _wanted_ids.get()
        return wanted[0] if wanted else super().generate_trace_id()

    def generate_span_id(self) -> int:
        wanted = _wanted_ids.get()
        return wanted[1] if wanted else super().generate_span_id()


class Spans:
    """Implements :class:`worker.telemetry.traces.Tracing`."""

    def __init__(self, processor: SpanProcessor, *, ratio: float = 1.0, version: str = "") -> None:
        """Hand finished spans to ``processor``; record this share of the traces."""
        resource = Resource.create({"service.name": "ticketbridge", "service.version": version})
        self._sampler = TraceIdRatioBased(ratio)
        self._provider = TracerProvider(
            sampler=ParentBased(self._sampler), resource=resource, id_generator=_Ids()
        )
        self._provider.add_span_processor(processor)
        self._tracer = self._provider.get_tracer("ticketbridge")

    def span(self, name: str, kind: Kind, parent: str, attributes: dict[str, Attribute]) -> Opened:
        """Open a span under the present one, or else under ``parent``."""
        request = _request.get()
        if request is not None:
            request.begin(self._tracer, contexts.Context())
        present = trace.get_current_span().get_span_context()
        context = None if present.is_valid else _carried(parent)
        return self._open(name, SpanKind[kind.upper()], context, (), attributes)

    def received(
        self, name: str, carried: str, attributes: dict[str, Attribute], *, late: bool
    ) -> Opened:
        """Open a span under what a message carried; of a ``late`` one, beside it."""
        context = _carried(carried)
        before = trace.get_current_span(context).get_span_context()
        if late:
            links = [trace.Link(before)] if before.is_valid else []
            return self._open(name, SpanKind.CONSUMER, contexts.Context(), links, attributes)
        return self._open(name, SpanKind.CONSUMER, context, (), attributes)

    def of_order(self, name: str, order_num: str) -> Opened:
        """Open a span in an order's own trace."""
        anchor = self._anchor(order_num)
        present = trace.get_current_span().get_span_context()
        attributes: dict[str, Attribute] = {"order_num": order_num}
        if anchor is None or present.trace_id == anchor.trace_id:
            return self._open(name, SpanKind.INTERNAL, None, (), attributes)
        links = [trace.Link(present)] if present.is_valid else []
        return self._open(name, SpanKind.INTERNAL, _under(anchor), links, attributes)

    def begin_order(self, order_num: str) -> None:
        """Record the span under which those of an order gather."""
        if (anchor := self._anchor(order_num)) is None:
            return
        token = _wanted_ids.set((anchor.trace_id, anchor.span_id))
        try:
            begun = self._tracer.start_span("order", contexts.Context())
        finally:
            _wanted_ids.reset(token)
        begun.set_attribute(ATTRIBUTES["order_num"], order_num)
        begun.end()

    @contextmanager
    def request(self, name: str, route: str) -> Iterator["_Request"]:
        """Open the span of a request as soon as it is known what it is about, or at its end."""
        request = _Request(self, name, route)
        token = _request.set(request)
        try:
            yield request
        except BaseException as error:
            request.failed(error)
            raise
        finally:
            _request.reset(token)
            request.close()

    def about(self, order_num: str) -> None:
        """Put the present request into an order's trace."""
        request, anchor = _request.get(), self._anchor(order_num)
        if request is not None and anchor is not None:
            request.begin(self._tracer, _under(anchor), order_num)

    def current(self) -> str:
        """Return the present span as W3C traceparent, or nothing."""
        carrier: dict[str, str] = {}
        _PROPAGATOR.inject(carrier)
        return carrier.get(TRACEPARENT, "")

    def shutdown(self) -> None:
        """Export what is left; may take seconds."""
        self._provider.shutdown()

    @property
    def tracer(self) -> trace.Tracer:
        """Where spans are opened."""
        return self._tracer

    def _anchor(self, order_num: str) -> SpanContext | None:
        """Return the span under which those of an order gather; None: it has no such number."""
        if not _ORDER_NUM.fullmatch(order_num) or order_num == _NO_TRACE:
            return None
        trace_id = int(order_num, 16)
        sampled = self._sampler.should_sample(None, trace_id, "order").decision
        flags = TraceFlags.SAMPLED if sampled is Decision.RECORD_AND_SAMPLE else TraceFlags.DEFAULT
        span_id = int(order_num[:16], 16) or 1
        return SpanContext(trace_id, span_id, is_remote=True, trace_flags=TraceFlags(flags))

    @contextmanager
    def _open(
        self,
        name: str,
        kind: SpanKind,
        context: contexts.Context | None,
        links: Sequence[trace.Link],
        attributes: dict[str, Attribute],
    ) -> Iterator["_Open"]:
        opened = self._tracer.start_span(name, context, kind, _named(attributes), links)
        with trace.use_span(
            opened, end_on_exit=True, record_exception=False, set_status_on_exception=False
        ):
            span = _Open(opened)
            try:
                yield span
            except BaseException as error:
                span.failed(error)
                raise


class _Open:
    """A span that is recorded."""

    def __init__(self, span: trace.Span) -> None:
        self._span = span

    def set(self, **attributes: Attribute) -> None:
        """Say more of it."""
        self._span.set_attributes(_named(attributes))

    def failed(self, error: BaseException) -> None:
        """Say that it failed, by the error's name: its text may quote a message."""
        self._span.set_status(trace.Status(trace.StatusCode.ERROR, type(error).__name__))


class _Request:
    """The span of a request: it begins when it was received, in a trace that is chosen later."""

    def __init__(self, spans: Spans, name: str, route: str) -> None:
        self._spans = spans
        self._name = name
        self._began = time.time_ns()
        self._attributes: dict[str, Attribute] = {"route": route}
        self._error: BaseException | None = None
        self._span: trace.Span | None = None
        self._token: Token[contexts.Context] | None = None

    def begin(self, tracer: trace.Tracer, context: contexts.Context, order_num: str = "") -> None:
        """Begin in this context, if it has not begun."""
        if self._span is not None:
            return
        self._span = tracer.start_span(self._name, context, SpanKind.SERVER, start_time=self._began)
        if order_num:
            self._attributes["order_num"] = order_num
        self._token = contexts.attach(trace.set_span_in_context(self._span))

    def set(self, **attributes: Attribute) -> None:
        """Say more of it."""
        self._attributes |= attributes

    def failed(self, error: BaseException) -> None:
        """Note what it failed of."""
        self._error = error

    def close(self) -> None:
        """End it; one that was about no order has a trace of its own."""
        self.begin(self._spans.tracer, contexts.Context())
        if self._token is not None:
            contexts.detach(self._token)
        if self._span is not None:
            self._span.set_attributes(_named(self._attributes))
            if self._error is not None:
                _Open(self._span).failed(self._error)
            self._span.end()


def _under(parent: SpanContext) -> contexts.Context:
    return trace.set_span_in_context(trace.NonRecordingSpan(parent), contexts.Context())


def _carried(traceparent: str) -> contexts.Context:
    return _PROPAGATOR.extract({TRACEPARENT: traceparent}, contexts.Context())


def _named(attributes: dict[str, Attribute]) -> dict[str, Attribute]:
    return {ATTRIBUTES[name]: v for name, v in attributes.items() if name in ATTRIBUTES}


def exporting(endpoint: str, *, ratio: float, version: str) -> Spans:
    """Return what sends spans to an OTLP endpoint over HTTP, in batches, from a thread."""
    from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter  # noqa: PLC0415

    exporter: SpanExporter = OTLPSpanExporter(endpoint=endpoint, timeout=EXPORT_SECONDS)
    return Spans(BatchSpanProcessor(exporter), ratio=ratio, version=version)
