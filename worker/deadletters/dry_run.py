"""What a replay of many letters would send, and what it would leave, and why.

Why it exists: whoever replays fifty thousand letters wants to know it first. It must not send
or change anything.
"""

from dataclasses import dataclass, replace
from typing import Final

from worker.deadletters.judgement import objection_to_kind
from worker.runtime.lettering import LetterQuery
from worker.runtime.ports import Store

GROUPS: Final = 100_000


@dataclass(frozen=True, slots=True)
class DryRun:
    """What was counted."""

    going: int
    left: dict[str, int]
    """How many stay, by the reason."""
    groups: int
    """Of how many groups those are that go."""


async def dry_run(store: Store, query: LetterQuery) -> DryRun:
    """Count what a job with this query would find now. Raises StoreUnavailableError."""
    going, groups = 0, 0
    left: dict[str, int] = {}
    for group in await store.letter_groups(replace(query, limit=GROUPS, after=None)):
        why_not = objection_to_kind(group.kind, alone=False)
        if not group.queue:
            why_not = "its home queue is unknown"
        if why_not:
            left[why_not] = left.get(why_not, 0) + group.count
        else:
            going += group.count
            groups += 1
    return DryRun(going, left, groups)
