"""Everything that the simulated supplier can be told to do wrong, or otherwise.

Why it exists: one list of names for the control endpoint, the tests and the bench. It
must not act. Source: issue 2, point 10; PROTOCOL.md, "ZZY side".
"""

from typing import Final, Literal

from worker.simulators.faults import Chance, Faults, Seconds

BEFORE_WORK: Final = ("drop_before", "error_before", "refuse_signature")
AFTER_WORK: Final = ("hang_after", "drop_after", "error_after", "lost_answer", "broken_json")
PAY_ANSWERS: Final = (
    "pay_status_failed",
    "pay_status_awaiting",
    "pay_status_zero",
    "pay_codes_status_zero",
    "pay_codes",
    "pay_issued_without_codes",
    "pay_status_ticket_failed",
)


class ZzyFaults(Faults):
    """Probabilities of faults, and how the platform behaves where the document is silent."""

    # Any call, before the work was done.
    drop_before: Chance = 0.0
    """The connection is cut; nothing was done."""
    error_before: Chance = 0.0
    """HTTP 500; nothing was done."""
    refuse_signature: Chance = 0.0
    """A good signature is refused."""

    # Any call, after the work was done.
    hang_after: Chance = 0.0
    """No answer for ``hang_seconds``."""
    drop_after: Chance = 0.0
    """The connection is cut without an answer."""
    error_after: Chance = 0.0
    """HTTP 500, though the work was done."""
    lost_answer: Chance = 0.0
    """The connection is cut in the middle of the answer."""
    broken_json: Chance = 0.0
    """HTTP 200 with half a body."""

    # Definite refusals.
    create_refused: Chance = 0.0
    pay_refused: Chance = 0.0
    refund_refused: Chance = 0.0

    # What a successful Pay answers; without one of these: OrderStatus 1 without codes.
    pay_status_failed: Chance = 0.0
    """OrderStatus 2: no money moved."""
    pay_status_awaiting: Chance = 0.0
    """OrderStatus 3."""
    pay_status_zero: Chance = 0.0
    """OrderStatus 0 without codes, though the money moved."""
    pay_codes_status_zero: Chance = 0.0
    """OrderStatus 0 with codes, as in the document's sample."""
    pay_codes: Chance = 0.0
    """OrderStatus 4 with the codes."""
    pay_issued_without_codes: Chance = 0.0
    """OrderStatus 4 without the codes."""
    pay_status_ticket_failed: Chance = 0.0
    """OrderStatus 5: the money moved, the ticket failed."""

    # Tickets and notices.
    ticket_failure: Chance = 0.0
    """The ticket notice says 2 (出票失败)."""
    bundle: Chance = 0.0
    """The codes come in two ticket notices (打包票)."""
    early_notice: Chance = 0.0
    """The ticket notice is sent before Pay is answered."""
    repeated_notice: Chance = 0.0
    """An acknowledged notice comes again."""
    reordered_notice: Chance = 0.0
    """A notice is held back until the next one has gone, at most ``late_seconds``."""
    dropped_notice: Chance = 0.0
    """A notice never comes; PersonQrCodes still shows the codes."""
    late_notice: Chance = 0.0
    """A notice comes after ``late_seconds``."""
    body_as_object: Chance = 0.0
    """OrderNotifyBody is an object instead of a JSON string."""
    refund_rejected: Chance = 0.0
    """The audit rejects; only where ``refund_audit`` is "later" or "at_once"."""

    # Behaviour.
    only_at: tuple[str, ...] = ()
    """The endpoints at which faults before and after the work act; empty is all."""
    late_seconds: Seconds = 2.0
    ticket_delay_min: Seconds = 0.01
    ticket_delay_max: Seconds = 0.05
    refund_delay: Seconds = 0.05
    refund_audit: Literal["later", "at_once", "by_hand"] = "later"
    """Decided after ``refund_delay`` with a notice, in the answer, or by a control call."""
    refund_apply_no: Literal["refund_id", "apply_id"] = "refund_id"
    """What RefundApplyNo of the refund notice holds."""
    duplicate_create: Literal["same", "refused", "new"] = "same"
    """What a repeated OriginOrderId gets: the same order, a refusal, or another order."""
    signature_refusal: Literal["http", "message"] = "http"
    """How a signature is refused: HTTP 401, or IsSuccess false with a message."""
    resend_first: Seconds = 0.5
    """The wait before an unacknowledged notice comes again; doubled up to ``resend_max``."""
    resend_max: Seconds = 15.0

    @classmethod
    def everything(cls, chance: float, **values: object) -> "ZzyFaults":
        """Return all faults at one probability, with some values set besides."""
        return cls.model_validate(dict.fromkeys(cls.chances(), chance) | values)
