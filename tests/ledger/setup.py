"""How the bridge of these tests is set up: four channels, short waits, all that it can do."""

from decimal import Decimal

from tests.e2e.world import Choice, Other
from tests.ledger.stories import PRODUCTS
from worker.simulators.channel import Credentials
from worker.simulators.channel_faults import ChannelFaults

PAY_DEADLINE = 15.0
SETTLEMENT_PRICE = Decimal("5.10")
TOP_UP = SETTLEMENT_PRICE / 3
"""For each order of the run, prepaid or not: enough for most, and not for all."""
ZZY_TIMEOUT = 0.7

AUDIT_REPLIES = {"trusting": "accepted"}
VOUCHERS_BY = {"texts": "both"}

SETTINGS = {
    "reply_wait_seconds": "1.5",
    "pay_deadline_seconds": str(PAY_DEADLINE),
    "unknown_retry_delays": '["0.2s", "0.3s", "0.5s", "1s"]',
    "ticket_deadline_seconds": "2",
    "ticket_probe_delays": '["0.5s", "1s", "1s"]',
    "audit_deadline_seconds": "3",
}
SMS = """
json_body = '{"phone": "${phone}", "text": "${text}", "id": "${sms_id}"}'
success_field = "Code"
success_value = "OK"
error_field = "Message"
retry_delays = ["1s", "1s", "1s", "1s"]
"""


def _settlement(product_code: str) -> str:
    return f"""
[[settlement_prices]]
app_key = "prepaid"
product_code = "{product_code}"
price = "{SETTLEMENT_PRICE}"
"""


SECRETS = {"s3cret", "prepaid-secret", "trusting-secret", "texting-secret", "demo-sign-key"}
CHOICE = Choice(
    settings=SETTINGS,
    others=(
        Other(Credentials("prepaid", ("prepaid-secret",)), {"account": '"prepaid"'}),
        Other(
            Credentials("trusting", ("trusting-secret",), "plain"),
            {"audit_reply": '"accepted"', "reply_on": '"accepted"'},
        ),
        Other(Credentials("texts", ("texting-secret",)), {"vouchers_by": '"both"'}),
    ),
    retry_delays='["1s", "1s", "1s", "1s", "1s", "1s"]',
    log_level="info",
    sms=SMS,
    more="".join(map(_settlement, PRODUCTS)),
)


def channel_faults(seed: int) -> ChannelFaults:
    """Return what every channel does wrong."""
    return ChannelFaults(drop=0.02, http_500=0.02, lost_answer=0.03, seed=seed)
