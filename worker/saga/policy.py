"""The saga's numbers: how long it waits and how often it tries.

Why it exists: the table says what happens, this says when; both are read without code.
It must not read a setting: app.py fills it. All durations are seconds.
"""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Policy:
    """Waiting times; the defaults are those of PROTOCOL.md."""

    pay_deadline: float = 600
    """After the ingress took the order; afterwards nothing is paid."""
    reply_wait: float = 5
    """How long an answer waits; a refusal later than this is also notified."""
    call_lease: float = 20
    """Longer than any call: a call still out by then is lost with its worker."""
    unknown_retries: tuple[float, ...] = (1, 2, 5, 15, 30)
    """The waits before a call of unknown outcome is tried again."""
    ticket_deadline: float = 600
    """From the pay to the first PersonQrCodes probe when no notice came."""
    ticket_probes: tuple[float, ...] = (30, 120, 600, 1800)
    """The waits between further probes, widening; then a person is called."""
    audit_deadline: float = 259_200
    """How long a refund may be under audit (审核) before a person is called."""
    resend_interval: float = 60
    """The least time between two texts (短信) that a channel has sent again; 0: no limit."""
