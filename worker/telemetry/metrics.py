"""Every metric there is: its name, its labels, what it counts.

Why it exists: names are looked up here by whoever writes a dashboard. Names and units
follow the Prometheus conventions; no label holds an order's number or anything personal.
"""

from importlib import metadata
from typing import Any, Final, TypeVar

from prometheus_client import CONTENT_TYPE_LATEST, Counter, Gauge, Histogram, generate_latest

_LATENCY = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10)
_CALL = (0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 20)
_WAIT = (0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300, 600, 1_800, 3_600, 21_600, 86_400)
_LAG = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5)

# --- process ------------------------------------------------------------------------------

BUILD: Final = Gauge("ticketbridge_build_info", "1; the label tells the version.", ["version"])
READY: Final = Gauge(
    "ticketbridge_ready", "1 while this process can serve, as /readyz says; 0 while it cannot."
)
LOOP_LAG: Final = Histogram(
    "ticketbridge_event_loop_lag_seconds",
    "How much later than asked for a sleeper was woken; more than 0.1 s: too much work.",
    buckets=_LAG,
)
STORE_ANSWER: Final = Histogram(
    "ticketbridge_store_answer_seconds",
    "How long the database took to count what waits, the wait for a connection included.",
    buckets=_CALL,
)

# --- ingress ------------------------------------------------------------------------------

INGRESS_REQUESTS: Final = Counter(
    "ticketbridge_ingress_requests_total",
    "Requests of channels and of ZZY; code is that of the answer's body.",
    ["route", "code"],
)
INGRESS_LIMITED: Final = Counter(
    "ticketbridge_ingress_limited_total",
    "Requests of channels that were answered with HTTP 429.",
    ["app_key"],
)
INGRESS_DURATION: Final = Histogram(
    "ticketbridge_ingress_request_duration_seconds",
    "From the last byte of a request to its answer, the wait for the outcome included.",
    ["route"],
    buckets=_LATENCY,
)

# --- broker -------------------------------------------------------------------------------

CONSUMED: Final = Counter(
    "ticketbridge_messages_consumed_total",
    "Messages handled; outcome: acknowledged, retried, parked, failed.",
    ["queue", "outcome"],
)
HANDLING_DURATION: Final = Histogram(
    "ticketbridge_message_handling_duration_seconds",
    "From the receipt of a message to its handler's outcome.",
    ["queue"],
    buckets=_CALL,
)
QUEUE_PAUSED: Final = Gauge(
    "ticketbridge_queue_paused",
    "1 while this process takes nothing from the queue: see zzy_down, dead_letter_limit.",
    ["queue"],
)

QUEUE_WAITING: Final = Gauge(
    "ticketbridge_queue_messages",
    "Messages that wait in the queue and are in nobody's hands; every process says the same.",
    ["queue"],
)
QUEUE_OLDEST_AGE: Final = Gauge(
    "ticketbridge_queue_oldest_age_seconds",
    "Age of the oldest message that waits in the queue, at most: take the least of the processes.",
    ["queue"],
)
QUEUE_CONSUMERS: Final = Gauge(
    "ticketbridge_queue_consumers",
    "Processes that take messages of the queue; on RabbitMQ alone.",
    ["queue"],
)

# --- saga ---------------------------------------------------------------------------------

TRANSITIONS: Final = Counter(
    "ticketbridge_saga_transitions_total",
    "Steps of orders: the event and the phase that it led to.",
    ["event", "phase"],
)
ORDERS_HUMAN: Final = Gauge(
    "ticketbridge_orders_human", "Orders in front of a human at this moment."
)
ORDER_DURATION: Final = Histogram(
    "ticketbridge_order_duration_seconds",
    "From the receipt of an order to its outcome: issued, ticket_failed, refused or cancelled.",
    ["outcome"],
    buckets=_WAIT,
)
COMMIT_DURATION: Final = Histogram(
    "ticketbridge_saga_commit_duration_seconds",
    "How long the commit of a step of an order took.",
    buckets=_LATENCY,
)
TIMERS_LATE: Final = Gauge(
    "ticketbridge_timers_late_seconds",
    "How late the order's timer is that waits longest beyond its time; 0: none is late.",
)
OUTBOX_UNSENT: Final = Gauge(
    "ticketbridge_outbox_unsent", "Messages that are committed and not published yet."
)
OUTBOX_AGE: Final = Gauge(
    "ticketbridge_outbox_oldest_age_seconds",
    "Age of the oldest message that is committed and not published; 0 when there is none.",
)

# --- accounts -----------------------------------------------------------------------------

ACCOUNT_BALANCE: Final = Gauge(
    "ticketbridge_account_balance_yuan",
    "What stands on a channel's prepaid account, what is held included.",
    ["app_key"],
)
ACCOUNT_HELD: Final = Gauge(
    "ticketbridge_account_held_yuan",
    "What is held of a channel's prepaid account for orders that are not paid yet.",
    ["app_key"],
)

# --- ZZY ----------------------------------------------------------------------------------

ZZY_CALLS: Final = Counter(
    "ticketbridge_zzy_calls_total",
    "Calls to ZZY; outcome: done, refused, unknown, unsigned (our signature was refused).",
    ["endpoint", "outcome"],
)
ZZY_DURATION: Final = Histogram(
    "ticketbridge_zzy_call_duration_seconds",
    "From the first byte of a call to ZZY to its outcome.",
    ["endpoint"],
    buckets=_CALL,
)
ZZY_DOWN: Final = Gauge(
    "ticketbridge_zzy_down",
    "1 while this process holds calls for orders back: ZZY does not answer, or asked for it.",
)

# --- relay --------------------------------------------------------------------------------

DELIVERIES: Final = Counter(
    "ticketbridge_deliveries_total",
    "Attempts to deliver a notification; outcome: delivered, retried, superseded, dead.",
    ["app_key", "type", "outcome"],
)
DELIVERY_DURATION: Final = Histogram(
    "ticketbridge_delivery_duration_seconds",
    "From the first byte of a notification's attempt to the channel's answer, or its absence.",
    ["app_key"],
    buckets=_CALL,
)
DELIVERY_LATENCY: Final = Histogram(
    "ticketbridge_delivery_latency_seconds",
    "From a notification's commit to the channel's receipt, all retries included.",
    ["app_key", "type"],
    buckets=_WAIT,
)
CHANNEL_BREAKER: Final = Gauge(
    "ticketbridge_channel_breaker_state",
    "Whether a channel is sent anything: 0 yes, 1 one at a time or it asked for peace, 2 no.",
    ["app_key"],
)
CHANNEL_PAUSED: Final = Gauge(
    "ticketbridge_channel_paused", "1 while a channel is paused by hand.", ["app_key"]
)
CHANNEL_OLDEST_AGE: Final = Gauge(
    "ticketbridge_channel_oldest_age_seconds",
    "Age of a channel's oldest notification that was tried and not taken; 0: none is known.",
    ["app_key"],
)

# --- people -------------------------------------------------------------------------------

DEAD_LETTERS: Final = Counter(
    "ticketbridge_dead_letters_total", "Messages that went to the dead letters.", ["kind"]
)
DEAD_LETTERS_OPEN: Final = Gauge(
    "ticketbridge_dead_letters_open", "Dead letters that nobody has settled yet."
)
DEAD_LETTERS_OLDEST_AGE: Final = Gauge(
    "ticketbridge_dead_letters_oldest_age_seconds",
    "How long ago the oldest dead letter failed that nobody has settled; 0: there is none.",
)
ALARMS: Final = Counter(
    "ticketbridge_alarms_total", "Alarms, as often as they were raised.", ["kind"]
)


ALARMS_OPEN: Final = Gauge(
    "ticketbridge_alarms_open",
    "Alarms that are not over, acknowledged ones included.",
    ["severity"],
)


M = TypeVar("M", Counter, Histogram)
_children: Final[dict[tuple[Counter | Histogram, tuple[str, ...]], Any]] = {}


def of(metric: M, *labels: str) -> M:
    """Return a metric under its labels; kept, for looking them up costs more than to count."""
    child: M | None = _children.get((metric, labels))
    if child is None:
        child = _children[metric, labels] = metric.labels(*labels)
    return child


def version() -> str:
    """Return which version this process is; unknown where it was not installed."""
    try:
        return metadata.version("ticketbridge")
    except metadata.PackageNotFoundError:
        return "unknown"


def exposition() -> tuple[bytes, str]:
    """Return all metrics as ``/metrics`` shows them, and their Content-Type."""
    return generate_latest(), CONTENT_TYPE_LATEST
