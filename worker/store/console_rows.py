"""Between the console's sessions and samples and rows of their tables, for both databases.

Why it exists: what a column holds is written once. It must not run a query.
"""

import json
from typing import Any

from worker.runtime.sampling import Sample, Waiting
from worker.runtime.sessions import Session
from worker.store.rows import Row, Time


def session_values(session: Session, t: Time) -> Row:
    """Return a row of ``console_sessions``."""
    one = session
    return (one.digest, one.user, one.stamp, t(one.created_at), t(one.seen_at))


def session(record: Row, t: Time) -> Session:
    """Read a row of ``console_sessions``."""
    digest, user, stamp, created_at, seen_at = record
    return Session(digest, user, stamp, t(created_at), t(seen_at))


def sample_values(sample: Sample, t: Time) -> Row:
    """Return a row of ``samples``."""
    body: dict[str, Any] = {
        "orders": sample.orders,
        "refused": sample.refused,
        "latencies": sample.latencies,
        "letters": sample.letters,
        "queues": {
            name: [one.messages, round(one.oldest_seconds, 1)]
            for name, one in sample.queues.items()
        },
        "channels": sample.channels,
        "zzy_down": sample.zzy_down,
        "human": sample.human,
        "letters_open": sample.letters_open,
        "failures": sample.failures,
    }
    kept = {name: value for name, value in body.items() if value}
    return (t(sample.at), sample.seconds, json.dumps(kept, separators=(",", ":")))


def sample(record: Row, t: Time) -> Sample:
    """Read a row of ``samples``; what a later version adds is passed over."""
    at, seconds, text = record
    body: dict[str, Any] = json.loads(text)
    return Sample(
        t(at),
        seconds,
        body.get("orders", 0),
        body.get("refused", 0),
        {int(bucket): count for bucket, count in body.get("latencies", {}).items()},
        body.get("letters", {}),
        {name: Waiting(*one) for name, one in body.get("queues", {}).items()},
        body.get("channels", {}),
        body.get("zzy_down", False),
        body.get("human", 0),
        body.get("letters_open", 0),
        body.get("failures", {}),
    )
