"""``deadletters list|show|replay``.

Why it exists: what an operator does about dead letters in a shell. It must not decide
which letter may be replayed: deadletters/ does.
"""

import sys
from collections.abc import Sequence
from typing import Final

from worker.adapters import opened, opened_store
from worker.commands.quiet import log_quietly
from worker.commands.tables import print_table
from worker.deadletters.evidence import evidence_for
from worker.deadletters.replay import replay
from worker.deadletters.show import COLUMNS, as_document, as_json_lines, as_row
from worker.settings import Settings

LISTED: Final = 100_000
"""More than anybody reads; a list that stopped earlier would look complete."""


async def list_deadletters(settings: Settings, *, as_json: bool) -> None:
    """Print the open dead letters."""
    log_quietly(settings)
    async with opened_store(settings) as store:
        letters = await store.dead_letters(limit=LISTED)
    if as_json:
        for line in as_json_lines(letters):
            sys.stdout.write(line + "\n")
        return
    print_table(COLUMNS, [as_row(letter) for letter in letters])


async def show_deadletter(settings: Settings, letter_id: str, *, personal: bool) -> bool:
    """Print one dead letter; return False when there is none of this id."""
    log_quietly(settings)
    async with opened_store(settings) as store:
        letter = await store.dead_letter(letter_id)
        evidence = await evidence_for(store, letter) if letter else None
    if letter is None:
        sys.stderr.write(f"no dead letter has the id {letter_id}\n")
        return False
    sys.stdout.write(as_document(letter, personal=personal, evidence=evidence) + "\n")
    return True


async def replay_deadletters(settings: Settings, ids: Sequence[str]) -> bool:
    """Replay dead letters, report each; return False unless all of them went."""
    log_quietly(settings)
    async with opened(settings) as parts:
        report = await replay(parts.store, parts.broker, ids, parts.clock.now())
    for letter_id in report.replayed:
        sys.stdout.write(f"{letter_id} replayed\n")
    for letter_id in report.unknown:
        sys.stderr.write(f"{letter_id}: no dead letter has this id\n")
    for refusal in report.refused:
        sys.stderr.write(f"{refusal.id}: not replayed: {refusal.reason}\n")
    for app_key in report.held:
        sys.stderr.write(f"channel {app_key} is paused: it waits for `channels resume {app_key}`\n")
    return report.complete
