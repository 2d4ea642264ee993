"""What the ingress counts.

Why it exists: one registry for each application, so that tests do not share counters. It
must not have a label whose values a stranger chooses.
"""

from prometheus_client import CollectorRegistry, Counter, Histogram

_BUCKETS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10)


class IngressMetrics:
    """The counters of one ingress."""

    def __init__(self, registry: CollectorRegistry) -> None:
        """Register the counters."""
        self.answers = Counter(
            "ticketbridge_ingress_answers",
            "Answers to channels, by interface and code.",
            ("interface", "code"),
            registry=registry,
        )
        self.notices = Counter(
            "ticketbridge_ingress_notices",
            "Notices of ZZY, by what became of them.",
            ("result",),
            registry=registry,
        )
        self.seconds = Histogram(
            "ticketbridge_ingress_seconds",
            "How long an answer took, by interface.",
            ("interface",),
            registry=registry,
            buckets=_BUCKETS,
        )
