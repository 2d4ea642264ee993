"""One order that has everything: created, paid, issued, checked, refunded in part, cancelled."""

from tests.ledger.stories import ONE_EACH, Act, Story
from worker.simulators.zzy_faults import ZzyFaults


def canonical(number: int) -> Story:
    """Return its story; nothing goes wrong in it."""
    acts = ("check", "refund_count", "query", "cancel")
    return Story(
        seed=0,
        number=number,
        app_key="texts",
        product_code=ONE_EACH,
        count=3,
        faults=ZzyFaults(),
        begins="issued",
        by_queue=False,
        age=0,
        ending="decided",
        acts=[Act(name, 0.3, alone=True, by_queue=False, dice=4) for name in acts],
    )
