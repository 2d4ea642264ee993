"""What became of a call to the supplier ZZY: a closed union.

Why it exists: "refused" and "we do not know" lead to different money, so no caller may
mistake one for the other. It must not do I/O and must not judge what a refusal means.
Source: PROTOCOL.md, "Did a call succeed?".
"""

from dataclasses import dataclass
from typing import Generic, TypeVar

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Succeeded(Generic[T]):
    """ZZY answered with IsSuccess true, in the shape that the document promises."""

    answer: T
    log_id: str


@dataclass(frozen=True, slots=True)
class Refused:
    """ZZY answered in a well-formed body with IsSuccess false: it surely did not do it.

    ``code`` and ``message`` are ZZY's own; it documents neither.
    """

    code: str
    message: str
    log_id: str


@dataclass(frozen=True, slots=True)
class Unknown:
    """Nobody knows whether ZZY did it: time-out, lost or broken answer, HTTP error."""

    reason: str
    """A short stable word first (``timeout``, ``http_500``, ...); no personal data."""
    signature_refused: bool = False
    """ZZY refused our signature: an alarm and a retry, never a refusal of the order."""
    sent: bool = True
    """False: no byte of the request left us, so this attempt surely changed nothing."""
    retry_after: float | None = None
    """For how many seconds ZZY asked to be left alone (``Retry-After``), if it did."""


SupplierResult = Succeeded[T] | Refused | Unknown
