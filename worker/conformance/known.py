"""Whose secrets are known, and how a secret is read wrongly.

Why it exists: every kind of signature is held against the same secrets and the same
misreadings of them. It must not show a secret.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field

from worker.conformance.suspects import Way


@dataclass(frozen=True, slots=True)
class Known:
    """A channel whose secrets are known."""

    app_key: str
    secrets: tuple[str, ...] = field(repr=False)


def misread(secret: str) -> Iterable[Way]:
    """Yield what a careless reader may take for the secret."""
    space = "the secret was read with white space or a line break around it"
    for text in (f"{secret}\n", f"{secret}\r\n", f"{secret} ", f" {secret}", f"\ufeff{secret}"):
        yield Way(text, "secret_space", space)
    if secret.strip() != secret:
        told = "the configured secret has white space around it; signed without"
        yield Way(secret.strip(), "secret_space", told)
    for text in (f'"{secret}"', f"'{secret}'"):
        yield Way(text, "secret_quoted", "the quotes around the secret were signed too")
    for text in {secret.lower(), secret.upper()} - {secret}:
        yield Way(text, "secret_case", "the secret was signed in another case")
