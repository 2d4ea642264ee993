"""Stories told up to a phase, for others to go on from."""

from tests.saga.facts import V1, V2, ZZY, cancelled, issued, ordered
from tests.saga.playbook import Playbook
from worker.saga.events import (
    CreateSucceeded,
    OrderCommanded,
    PaySucceeded,
    PayUnknown,
    TicketFailed,
)
from worker.saga.states import Phase

TICKETS = f"tell vouchers {V1.code} {V2.code}"
HUMAN = "alarm order_needs_human"
AUDITED = "answer canceller 4000 so far"
STOCK_HELD = "alarm zzy_order_left_unpaid"


def creating(event: OrderCommanded | None = None) -> Playbook:
    return Playbook().on(event or ordered()).expect(Phase.CREATING, "call create", wake=20)


def paying() -> Playbook:
    return creating().answer(CreateSucceeded(ZZY), after=1).expect(Phase.PAYING, "call pay")


def pay_doubtful() -> Playbook:
    """Pay had no clear answer, and the first probe is due in a second."""
    return paying().answer(PayUnknown("timeout"), after=15).expect(Phase.PAYING, wake=1)


def probing() -> Playbook:
    return pay_doubtful().wake().expect(Phase.PAYING, "call probe")


def awaiting() -> Playbook:
    story = paying().answer(PaySucceeded(), after=1)
    return story.expect(Phase.AWAITING_TICKET, "answer buyer 1000", wake=600)


def has_tickets() -> Playbook:
    return awaiting().on(issued(V1, V2), after=5).expect(Phase.ISSUED, TICKETS)


def refunding(story: Playbook | None = None) -> Playbook:
    story = story or has_tickets()
    return story.on(cancelled(), after=5).expect(story.order.phase, "call refund")


def ticketless() -> Playbook:
    return awaiting().on(TicketFailed(ZZY), after=5).expect(Phase.TICKET_FAILED, "call refund")
