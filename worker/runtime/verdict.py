"""What the saga's role answers the ingress about a notice: two words on a reply.

Why it exists: the ingress must tell ZZY whether a notice was taken, and only the inbox
knows whether its signature was used before. It must not travel anywhere but in a reply to
the ingress that waits; without one in time a durable notice counts as taken.
"""

from enum import StrEnum


class Verdict(StrEnum):
    """What became of a notice."""

    TAKEN = "taken"
    """It was taken, or taken before, or it waits for its order."""
    FORGED = "forged"
    """Its signature was used before, with another body: a true one returns freshly signed."""
