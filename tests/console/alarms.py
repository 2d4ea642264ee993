"""Alarms of every state, for the page that shows them."""

from datetime import timedelta

from worker.alarms.kinds import KINDS
from worker.clock import SystemClock
from worker.runtime.alarm_records import RaisedAlarm, Severity, Telling
from worker.runtime.ports import Store

SCRIPT = "<script>document.title='stolen'</script>"


async def fill_alarms(store: Store) -> None:
    """Put open, acknowledged and past alarms into a store."""
    now = SystemClock().now()
    for number, (kind, subject, severity) in enumerate(
        (
            ("zzy_down", "", Severity.CRITICAL),
            ("order_needs_human", "o0", Severity.CRITICAL),
            ("account_low", f"k {SCRIPT}", Severity.WARNING),
            ("channel_silent", "m", Severity.WARNING),
        )
    ):
        at = now - timedelta(minutes=11 * number)
        text = f"{KINDS[kind].says}: it is so {SCRIPT}"
        await store.raise_alarm(RaisedAlarm(kind, subject, severity, text, at), Telling())
    await store.resolve_alarm("channel_silent", "m", now, "worker", ())
