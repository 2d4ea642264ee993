"""The headers that the broker adapters put on messages.

Why it exists: the adapters write them, the dead-letter drain reads them, and neither may
import the other. All values are strings. It must not know an adapter.
Source: DESIGN.md, "Broker facts".
"""

from typing import Final

DEAD_KIND: Final = "tb-dead-kind"
"""The kind of the Park; ``delivery_limit`` where the broker itself gave the message up."""

DEAD_REASON: Final = "tb-dead-reason"
"""The reason of the Park, for the operator."""

DEAD_QUEUE: Final = "tb-dead-queue"
"""The queue in which it failed, to which a replay sends it back."""

DEAD_ATTEMPTS: Final = "tb-dead-attempts"
"""How many handlings it had, the last one included."""

DEAD_AT: Final = "tb-dead-at"
"""When it failed, ISO 8601 in UTC."""

DEAD_FIRST_ID: Final = "tb-dead-first-id"
"""The message's own id, where a letter's name took its place: what is sealed is bound to it."""

DEAD_HEADERS: Final = frozenset(
    {DEAD_KIND, DEAD_REASON, DEAD_QUEUE, DEAD_ATTEMPTS, DEAD_AT, DEAD_FIRST_ID}
)
"""What a replay takes off again."""

PUBLISHER: Final = "tb-user"
"""Who first published a message that we publish again (a retry, a dead letter, a replay).

Believed in our own messages alone; empty: the broker vouched for nobody.
"""

REPLAY_OF: Final = "tb-replay-of"
"""The id of the dead letter that a message replays: dying again, it is the same letter."""

REPLAY_JOB: Final = "tb-replay-job"
"""The replay job that sent it, if one did."""

REPLAYED_AT: Final = "tb-replayed-at"
"""When it was replayed, ISO 8601 in UTC: how long it waits counts from then."""
