"""What is told to those who watch from outside, beyond logs and metrics.

Why it exists: what concerns telemetry stands together; models.py holds the rest. It must not
read a file or the environment.
"""

from typing import Annotated

from pydantic import Field

from worker.settings.section import Section
from worker.settings.values import WebAddress


class Tracing(Section):
    """Traces by OpenTelemetry, an optional install (``ticketbridge[otel]``)."""

    endpoint: WebAddress | None = None
    """Where OTLP over HTTP is taken, such as http://127.0.0.1:4318/v1/traces; none: no traces."""
    ratio: Annotated[float, Field(ge=0, le=1)] = 1.0
    """The share of the orders that are traced."""
