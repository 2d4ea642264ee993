"""The tables of what is known of each channel, once for both databases.

Why it exists: as tables.py, for what people decide of channels and what relay processes
report. It must not run a query.
"""

from typing import Final

from worker.store.columns import integers, moments, table, texts

CHANNEL_CONTROLS: Final = table(
    "channel_controls",
    texts("app_key", key=True),
    moments("paused_at", null=True),
    texts("pause_reason", "rate", null=True),
    moments("probe_wanted_at", null=True),
    moments("reported_at", null=True),
    texts("breaker", null=True),
    moments("answered_at", null=True),
    texts("answer", "words", null=True),
    integers("milliseconds", null=True),
    moments("oldest_at", null=True),
)
"""One row a channel: what a person decided, then what a relay process last reported.

Each column is written by one side alone, and is null until then.
"""

GONE_ENDPOINTS: Final = table(
    "gone_endpoints", texts("app_key", "endpoint", key=True), moments("since")
)
"""URLs (their digests: they may hold a token) that answered 410."""
