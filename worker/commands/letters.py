"""``deadletters list|groups|show|replay|edit|discard|restore|note|export``.

Why it exists: what an operator does about dead letters in a shell. It must not decide
which letter may be replayed: deadletters/ does.
"""

import json
import sys
from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final, Literal

from worker.adapters import opened, opened_store
from worker.clock import SystemClock
from worker.commands.audit import actor
from worker.commands.quiet import log_quietly
from worker.commands.tables import print_json_lines, print_table
from worker.deadletters import show
from worker.deadletters.editing import EditError, with_values
from worker.deadletters.evidence import evidence_for
from worker.deadletters.replay import ReplayReport
from worker.deadletters.where import read
from worker.deadletters.work import LetterWork, named
from worker.runtime.lettering import STATES, Condition, LetterQuery
from worker.runtime.ports import DeadLetter, Store
from worker.settings import Settings

LISTED: Final = 100_000
"""More than anybody reads; a list that stopped earlier would look complete."""
PORTION: Final = 500

Decided = Literal["discarded", "restored"]


@dataclass(frozen=True, slots=True)
class Which:
    """The letters that somebody means, as they were typed."""

    ids: tuple[str, ...] = ()
    where: str = ""
    search: str = ""
    limit: int = LISTED

    @property
    def told(self) -> str:
        """As a line of the audit has it."""
        return named(self.ids) or f"{self.where} {self.search}".strip() or "open letters"

    def query(self) -> LetterQuery:
        """Return the query. Raises WhereError."""
        states = STATES if self.ids else LetterQuery().states
        base = LetterQuery(ids=self.ids, search=self.search, states=states, limit=self.limit)
        return read(self.where, SystemClock().now(), base)


async def list_deadletters(settings: Settings, which: Which, *, long: bool, as_json: bool) -> None:
    """Print dead letters, the newest failure first; the open ones unless it is said otherwise."""
    log_quietly(settings)
    query = which.query()
    async with opened_store(settings) as store:
        found = [show.listed(one, long=long) async for one in _each(store, query)]
    if as_json:
        print_json_lines(found)
        return
    columns = show.LONG if long else show.COLUMNS
    print_table(columns, [tuple(str(value) for value in one.values()) for one in found])


async def list_groups(settings: Settings, which: Which, *, as_json: bool) -> None:
    """Print the groups of alike letters, the largest first."""
    log_quietly(settings)
    async with opened_store(settings) as store:
        groups = [show.group(one) for one in await store.letter_groups(which.query())]
    if as_json:
        print_json_lines(groups)
    else:
        rows = [tuple(str(value) for value in one.values()) for one in groups]
        print_table(show.GROUP_COLUMNS, rows)


async def show_deadletter(
    settings: Settings, letter_id: str, *, personal: bool, reason: str = ""
) -> bool:
    """Print one dead letter; return False when there is none of this id."""
    log_quietly(settings)
    async with opened_store(settings) as store:
        letter = await store.dead_letter(letter_id)
        if letter is None:
            return _unknown(letter_id)
        if personal:
            await _work(store).reveal(letter_id, reason)
        copies = await store.find_letters(
            LetterQuery((Condition("parent", "=", (letter_id,)),), states=STATES)
        )
        document = show.as_document(
            letter,
            personal=personal,
            evidence=await evidence_for(store, letter),
            notes=await store.letter_notes(letter_id),
            copies=[one.id for one in copies],
        )
    sys.stdout.write(document + "\n")
    return True


async def replay_deadletters(settings: Settings, ids: Sequence[str], reason: str = "") -> bool:
    """Replay dead letters, report each; return False unless all of them went."""
    log_quietly(settings)
    async with opened(settings) as parts:
        report = await _work(parts.store).replay(parts.broker, ids, reason)
    return print_report(report)


def print_report(report: ReplayReport) -> bool:
    """Print what became of each letter; return False unless all of them went."""
    for letter_id in report.replayed:
        sys.stdout.write(f"{letter_id} replayed\n")
    for letter_id in report.unknown:
        _unknown(letter_id)
    for refusal in report.refused:
        sys.stderr.write(f"{refusal.id}: not replayed: {refusal.reason}\n")
    for app_key in report.held:
        sys.stderr.write(f"channel {app_key} is paused: it waits for `channels resume {app_key}`\n")
    return report.complete


async def edit_deadletter(  # noqa: PLR0913  (what the command takes)
    settings: Settings,
    letter_id: str,
    *,
    body: bytes | None,
    values: Mapping[str, str],
    reason: str,
    hold: bool,
    dry: bool,
) -> bool:
    """Put an edited copy in a letter's place and replay it; return False where it is refused."""
    log_quietly(settings)
    async with opened(settings) as parts:
        letter = await parts.store.dead_letter(letter_id)
        if letter is None:
            return _unknown(letter_id)
        work = _work(parts.store)
        try:
            body = with_values(letter.message.body if body is None else body, values)
            copy = await work.edit(letter, body, reason, dry=dry)
        except EditError as error:
            sys.stderr.write(f"{letter_id}: not edited: {error}\n")
            return False
        if dry:
            sys.stdout.write(f"{letter_id} would be replaced: the copy fits its schema\n")
            return True
        sys.stdout.write(f"{letter_id} superseded by {copy.id}\n")
        if hold:
            return True
        return print_report(await work.replay(parts.broker, [copy.id], reason))


async def decide_deadletters(  # noqa: PLR0913  (what the commands take)
    settings: Settings, which: Which, what: Decided, reason: str, *, dry: bool, as_json: bool
) -> bool:
    """Put letters aside, or open them again; return False where one that was named was not."""
    log_quietly(settings)
    query = which.query()
    async with opened_store(settings) as store:
        work = _work(store)
        if dry:
            states = ("discarded",) if what == "restored" else query.states
            count = await store.count_letters(replace(query, states=states))
            _print_count(min(count, query.limit), f"would be {what}", as_json=as_json)
            return True
        act = work.discard if what == "discarded" else work.restore
        done = await act(query, which.told, reason)
    for letter_id in done:
        if as_json:
            print_json_lines([{"id": letter_id, "state": what}])
        else:
            sys.stdout.write(f"{letter_id} {what}\n")
    missing = sorted(set(which.ids) - set(done))
    for letter_id in missing:
        sys.stderr.write(f"{letter_id}: not {what}: unknown, or in no state for it\n")
    return not missing


async def note_deadletter(settings: Settings, letter_id: str, text: str) -> bool:
    """Write something beside a letter; return False when there is none of this id."""
    log_quietly(settings)
    async with opened_store(settings) as store:
        return await _work(store).note(letter_id, text) or _unknown(letter_id)


async def export_deadletters(settings: Settings, which: Which, *, personal: bool) -> None:
    """Print whole letters, one JSON object a line; masked unless ``personal``."""
    log_quietly(settings)
    query = which.query()
    async with opened_store(settings) as store:
        await _work(store).exported(which.told, personal=personal)
        async for letter in _each(store, query):
            shown = show.document(letter, personal=personal)
            sys.stdout.write(json.dumps(shown, ensure_ascii=False) + "\n")


async def _each(store: Store, query: LetterQuery) -> AsyncIterator[DeadLetter]:
    """Go through all letters of a query, page by page."""
    left = query.limit
    while left > 0:
        page = replace(query, limit=min(left, PORTION))
        found = await store.find_letters(page)
        for letter in found:
            yield letter
        if len(found) < page.limit:
            return
        left -= len(found)
        query = replace(query, after=(found[-1].last_failed_at, found[-1].id))


def _print_count(count: int, told: str, *, as_json: bool) -> None:
    if as_json:
        print_json_lines([{"id": told, "count": count}])
    else:
        sys.stdout.write(f"{count} letters {told}\n")


def _work(store: Store) -> LetterWork:
    return LetterWork(store, SystemClock(), actor())


def _unknown(letter_id: str) -> bool:
    sys.stderr.write(f"{letter_id}: no dead letter has this id\n")
    return False
