"""Stories told up to a phase, for others to go on from."""

from tests.saga.facts import (
    NUM,
    POLICY,
    V1,
    V2,
    ZZY,
    cancelled,
    erased,
    issued,
    ordered,
    refunded_by_channel,
)
from tests.saga.playbook import Playbook
from worker.saga.events import (
    CancelUnknown,
    CodesMissing,
    CreateSucceeded,
    OrderCommanded,
    PaySucceeded,
    PayUnknown,
    RefundAccepted,
    RefundCommanded,
    RefundRefused,
    RefundUnknown,
    TicketFailed,
)
from worker.saga.refund_guards import SPARE_REFUNDS
from worker.saga.states import Ending, PastRefund, Phase, Refund
from worker.saga.steps.humans import NO_TICKET, PAY_UNKNOWN, REFUND_REFUSED, REFUND_UNKNOWN

TICKETS = f"tell vouchers {V1.code} {V2.code}"
HUMAN = "alarm order_needs_human"
AUDITED = "answer canceller 4000 so far"
PART_AUDITED = "answer refunder 4000 so far"
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


def part_refunding(story: Playbook | None = None, event: RefundCommanded | None = None) -> Playbook:
    """The channel wants one of two tickets back, or what ``event`` says."""
    story = story or has_tickets()
    story.on(event or refunded_by_channel("r-1", 1), after=5)
    return story.expect(story.order.phase, "call refund")


def part_audited(story: Playbook | None = None) -> Playbook:
    """ZZY audits the refund that the channel named."""
    story = part_refunding(story).answer(RefundAccepted("A1"))
    return story.expect(story.order.phase, PART_AUDITED, wake=POLICY.audit_deadline)


def ticketless_while_part_refunding() -> Playbook:
    """The ticket failed while a part was on its way back."""
    return part_refunding(awaiting()).on(TicketFailed(ZZY)).expect(Phase.TICKET_FAILED)


def part_refunded() -> Playbook:
    """The first of two tickets came back."""
    story = part_refunding(event=refunded_by_channel("r-1", None, "c-1"))
    story.answer(RefundAccepted("A1", approved=True))
    return story.expect(Phase.ISSUED, "tell refund approved 1", "answer refunder 1000")


def people_forgotten(story: Playbook | None = None) -> Playbook:
    """Nobody knows any more whose order it was."""
    story = story or has_tickets()
    return story.on(erased(), after=5).expect(story.order.phase)


def pay_unknown() -> Playbook:
    """Neither the pay nor CancelOrder had a clear answer: a person is called."""
    story = pay_doubtful().on(cancelled(), after=0.5).expect(Phase.CLOSING, "call cancel")
    for _ in POLICY.unknown_retries:
        story.answer(CancelUnknown("timeout")).expect(Phase.CLOSING)
        story.wake().expect(Phase.CLOSING, "call cancel")
    return story.answer(CancelUnknown("timeout")).expect(Phase.CLOSING, HUMAN, human=PAY_UNKNOWN)


def no_ticket() -> Playbook:
    """Paid, and no ticket came: a person is called."""
    story = awaiting()
    for _ in POLICY.ticket_probes:
        story.wake().expect(Phase.AWAITING_TICKET, "call probe")
        story.answer(CodesMissing()).expect(Phase.AWAITING_TICKET)
    story.wake().expect(Phase.AWAITING_TICKET, "call probe")
    return story.answer(CodesMissing()).expect(Phase.AWAITING_TICKET, HUMAN, human=NO_TICKET)


def refund_unknown(story: Playbook | None = None) -> Playbook:
    """Nobody knows whether ZZY has the refund: a person is called."""
    story = refunding(story) if story is None or story.order.refund is None else story
    phase = story.order.phase
    for _ in POLICY.unknown_retries:
        story.answer(RefundUnknown("timeout")).expect(phase)
        story.wake().expect(phase, "call refund")
    return story.answer(RefundUnknown("timeout")).expect(phase, HUMAN, human=REFUND_UNKNOWN)


def refund_refused() -> Playbook:
    """The ticket failed, and ZZY does not give the money back: a person is called."""
    story = ticketless().answer(RefundRefused("no"))
    return story.expect(Phase.TICKET_FAILED, HUMAN, human=REFUND_REFUSED)


def contradicted(story: Playbook | None = None) -> Playbook:
    """ZZY says what cannot be true of an order that is issued, or of another."""
    story = story or has_tickets()
    said = TicketFailed(ZZY) if story.order.phase is Phase.ISSUED else issued(V1, V2, zzy=ZZY)
    return story.on(said).expect(story.order.phase, HUMAN, human="ZZY reported")


def much_refused(story: Playbook | None = None, *, short_of: int = 0) -> Playbook:
    """So many refunds were rejected that no other is opened, or ``short_of`` fewer."""
    story = story or has_tickets()
    most = story.order.demand.count + SPARE_REFUNDS - short_of
    intents = (Refund(f"{NUM}R{n + 1}", 1, refund_num=f"old-{n}", asked=1) for n in range(most))
    past = tuple(PastRefund(intent, Ending.REJECTED, 0) for intent in intents)
    return story.set(refunds=past, refunds_made=most)
