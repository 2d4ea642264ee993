"""From settings to the saga's numbers; configured.py does so for the other parts.

Why it exists: a command that only looks into the database needs them, and must not load what
speaks to the network. It must not build an adapter.
"""

from typing import Final

from worker.saga.policy import Policy
from worker.settings import Settings

LEASE_MARGIN_SECONDS: Final = 5.0
"""Between the longest call and the moment when its answer counts as lost."""


def policy(settings: Settings) -> Policy:
    """Return the saga's numbers."""
    saga = settings.saga
    longest_call = settings.zzy.connect_timeout_seconds + settings.zzy.read_timeout_seconds
    return Policy(
        pay_deadline=saga.pay_deadline_seconds,
        reply_wait=saga.reply_wait_seconds,
        call_lease=longest_call + LEASE_MARGIN_SECONDS,
        unknown_retries=saga.unknown_retry_delays,
        ticket_deadline=saga.ticket_deadline_seconds,
        ticket_probes=saga.ticket_probe_delays,
        audit_deadline=saga.audit_deadline_seconds,
        resend_interval=saga.resend_interval_seconds,
    )
