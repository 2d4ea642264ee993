"""A store with something in it for every page."""

from datetime import timedelta

from tests.console.alarms import fill_alarms
from tests.console.money import fill_money
from tests.parity.store.kit import full, letter, notification
from worker.clock import SystemClock
from worker.runtime.ports import NotificationResult, Store

SCRIPT = '<script>document.title="stolen"</script><img src=x onerror="document.title=1">'
"""What a stranger may write into any text that a page shows."""


async def fill(store: Store) -> None:
    """Put a few of everything into an empty store."""
    now = SystemClock().now()
    for number in range(30):
        human = f"paid, and no ticket came {SCRIPT}" if number % 10 == 0 else None
        phase = ("issued", "awaiting_ticket", "refused")[number % 3]
        at = now - timedelta(minutes=3 * number)
        row = full(f"o{number}", human=human, phase=phase, created_at=at, updated_at=at)
        assert (await store.commit(row)).applied
    for number in range(12):
        at = now - timedelta(minutes=7 * number)
        reason = f"HTTP 500 {SCRIPT}" if number % 2 else "no answer"
        changes = {"first_failed_at": at, "last_failed_at": at, "reason": reason}
        await store.add_dead_letter(letter(f"d{number}", **changes))
    await fill_money(store)
    await fill_alarms(store)
    await store.pause_channel("m", f"their maintenance {SCRIPT}", now)
    done = NotificationResult(notification("hook-o0-1").webhook_id, "delivered", 1, "200", now)
    await store.record_deliveries([done])
