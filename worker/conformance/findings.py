"""What was found wrong, and whether it matters.

Why it exists: every explanation has one shape, for people and for scripts. It must not
hold a secret or a signature that was computed.
"""

from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was found; ``fault`` is false where it does no harm."""

    kind: str
    text: str
    fault: bool = True


@dataclass(frozen=True, slots=True)
class Diagnosis:
    """Everything that was found about one request."""

    findings: tuple[Finding, ...]

    @classmethod
    def of(cls, findings: Iterable[Finding]) -> "Diagnosis":
        """Keep the order in which they were found."""
        return cls(tuple(findings))

    @property
    def good(self) -> bool:
        """Tell whether nothing keeps the request from being taken."""
        return not any(finding.fault for finding in self.findings)

    def kinds(self) -> set[str]:
        """Return the kinds of what is wrong."""
        return {finding.kind for finding in self.findings if finding.fault}
