"""Traces: what happened to one order, from the request to the channel's receipt.

Why it exists: whoever does something worth a span says so here, in one line that costs next to
nothing while nobody traces; OpenTelemetry is loaded by otel.py alone, when it is turned on. A span
carries names and numbers of ours (``ATTRIBUTES``) and never a text of anybody else's: no personal
data, no secret. It must not import OpenTelemetry.
Source: docs/decisions/0026-traces.md.
"""

import time
from contextlib import AbstractContextManager
from types import TracebackType
from typing import Final, Literal, Protocol, Self

TRACEPARENT: Final = "traceparent"
"""The header of W3C Trace Context, on our messages too."""
TRACED_AT: Final = "tb-traced-at"
"""The header that tells when the context was put there, in seconds since 1970."""

ATTRIBUTES: Final = {
    "app_key": "ticketbridge.app_key",
    "applied": "ticketbridge.commit.applied",
    "attempt": "ticketbridge.attempt",
    "endpoint": "ticketbridge.zzy.endpoint",
    "event": "ticketbridge.event",
    "notify_type": "ticketbridge.notify_type",
    "order_num": "ticketbridge.order_num",
    "outcome": "ticketbridge.outcome",
    "phase": "ticketbridge.phase",
    "queue": "messaging.destination.name",
    "route": "http.route",
    "status": "http.response.status_code",
    "type": "ticketbridge.message.type",
}
"""All that a span may say, and how OpenTelemetry names it; anything else is left out."""

Kind = Literal["internal", "server", "client", "producer", "consumer"]
Attribute = str | int | float | bool


class Span(Protocol):
    """Something that takes time."""

    def set(self, **attributes: Attribute) -> None:
        """Say more of it."""
        ...


Opened = AbstractContextManager[Span]


class Tracing(Protocol):
    """What records spans; see the functions of the same names."""

    def span(self, name: str, kind: Kind, parent: str, attributes: dict[str, Attribute]) -> Opened:
        """Open a span under the present one, or else under ``parent``."""
        ...

    def received(
        self, name: str, carried: str, attributes: dict[str, Attribute], *, late: bool
    ) -> Opened:
        """Open a span under what a message carried."""
        ...

    def of_order(self, name: str, order_num: str) -> Opened:
        """Open a span in an order's own trace."""
        ...

    def begin_order(self, order_num: str) -> None:
        """Record the span under which those of an order gather."""
        ...

    def request(self, name: str, route: str) -> Opened:
        """Open the span of a request, of which may be told later what it is about."""
        ...

    def about(self, order_num: str) -> None:
        """Put the present request into an order's trace."""
        ...

    def current(self) -> str:
        """Return the present span as W3C traceparent, or nothing."""
        ...


class _Nothing:
    """A span that nobody records."""

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        _kind: type[BaseException] | None,
        _error: BaseException | None,
        _trace: TracebackType | None,
    ) -> None:
        pass

    def set(self, **attributes: Attribute) -> None:
        """Say nothing."""


NOTHING: Final = _Nothing()
_tracing: Tracing | None = None


def record_with(tracing: Tracing | None) -> None:
    """Record spans from now on; None: no more."""
    global _tracing  # noqa: PLW0603  (one a process, as with the logs)
    _tracing = tracing


def on() -> bool:
    """Tell whether anybody records."""
    return _tracing is not None


def span(name: str, kind: Kind = "internal", parent: str = "", **attributes: Attribute) -> Opened:
    """Open a span under the present one, or else under ``parent``, a traceparent."""
    if _tracing is None:
        return NOTHING
    return _tracing.span(name, kind, parent, attributes)


def received(name: str, carried: str, *, late: bool, **attributes: Attribute) -> Opened:
    """Open the span of a message's handling, under the traceparent that it ``carried``.

    ``late``: it waited for long, or comes again; the span begins a trace and links to the other.
    """
    if _tracing is None:
        return NOTHING
    return _tracing.received(name, carried, attributes, late=late)


def of_order(name: str, order_num: str) -> Opened:
    """Open a span in the order's own trace, whose id is the order's number.

    What the present span does there is linked, where that is another trace.
    """
    return NOTHING if _tracing is None else _tracing.of_order(name, order_num)


def begin_order(order_num: str) -> None:
    """Record, once, the span under which those of an order gather that nothing else joins."""
    if _tracing is not None:
        _tracing.begin_order(order_num)


def request(name: str, route: str) -> Opened:
    """Open the span of a request; it may say later which order it is :func:`about`."""
    return NOTHING if _tracing is None else _tracing.request(name, route)


def about(order_num: str) -> None:
    """Put the present request into the trace of an order, if it is in none yet."""
    if _tracing is not None:
        _tracing.about(order_num)


def current() -> str:
    """Return the present span as W3C traceparent; empty where there is none."""
    return "" if _tracing is None else _tracing.current()


def carried() -> dict[str, str]:
    """Return the headers by which a message carries the present span; none where there is none."""
    if not (traceparent := current()):
        return {}
    return {TRACEPARENT: traceparent, TRACED_AT: f"{time.time():.3f}"}
