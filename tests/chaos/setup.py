"""How the bridge is set up here: as in tests/ledger, but patient enough to outlast a fault."""

from dataclasses import replace

from contracts import queues
from tests.ledger.setup import CHOICE as LEDGER
from worker.simulators.channel_faults import ChannelFaults

PAY_DEADLINE = 120.0
PATIENCE = 240.0
ZZY_TIMEOUT = 3.0
RELAY_TIMEOUT = 4.0
MORE_QUEUES = tuple(queues.delay_queue(name) for name, _ in queues.DELAY_TIERS[:5])
"""A message that waits for its next attempt belongs to no quiet."""

SETTINGS = {
    "reply_wait_seconds": "2",
    "pay_deadline_seconds": str(PAY_DEADLINE),
    "unknown_retry_delays": '["0.5s", "1s", "2s", "4s", "8s", "16s"]',
    "ticket_deadline_seconds": "20",
    "ticket_probe_delays": '["2s", "4s", "8s"]',
    "audit_deadline_seconds": "20",
}
RETRY_DELAYS = '["1s", "1s", "1s", "1s", "1s", "1s", "5s", "5s", "5s", "5s", "5s", "5s"]'
_SMS = LEDGER.sms.replace('["1s", "1s", "1s", "1s"]', RETRY_DELAYS)
CHOICE = replace(
    LEDGER, settings=SETTINGS, retry_delays=RETRY_DELAYS, relay_timeout=RELAY_TIMEOUT, sms=_SMS
)


def channel_faults(seed: int) -> ChannelFaults:
    """Return what every channel does wrong, besides what is done to the parts."""
    return ChannelFaults(drop=0.005, http_500=0.005, lost_answer=0.01, seed=seed)
