"""``privacy keys|new-key|reencrypt``: the keys under which personal data lies.

Why it exists: a key is made, replaced and let go by hand, while the workers go on. It must
not print a key that is in use.
"""

import base64
import os
import sys
from collections import Counter
from typing import Final

from worker.adapters import adapters, opened_bodies
from worker.commands.quiet import log_quietly
from worker.commands.tables import print_json_lines, print_table
from worker.errors import SettingsError, StoreUnavailableError
from worker.runtime.indexing import Indexer
from worker.runtime.resealing import Resealing, Tally
from worker.runtime.searching import UNKEYED, SearchKeys
from worker.sealing import KEY_BYTES, Sealer, key_id
from worker.settings import Settings

COLUMNS: Final = ("place", "looked_at", "sealed_anew", "left", "unopened", "keys")
PROGRESS_ROWS: Final = 5_000
SEARCH: Final = "order_search.term"
TRIES: Final = 3
"""For one portion, where a worker that writes the same rows came first."""


def print_new_key() -> None:
    """Print a fresh key, to be put into the configuration's file of keys."""
    sys.stdout.write(base64.b64encode(os.urandom(KEY_BYTES)).decode() + "\n")


def print_keys(settings: Settings, *, as_json: bool) -> None:
    """Print the ids of the configured keys, by which alarms and ``reencrypt`` name them."""
    lines = [
        {"id": key_id(key).hex(), "use": "opens" if number else "seals and opens"}
        for number, key in enumerate(settings.privacy.keys)
    ]
    if as_json:
        print_json_lines(lines)
    else:
        print_table(("id", "use"), [tuple(line.values()) for line in lines])


async def reencrypt(settings: Settings, *, dry_run: bool, portion: int, as_json: bool) -> bool:
    """Seal everything under the newest key; return False unless all of it was.

    Raises SettingsError where there is no key.
    """
    log_quietly(settings)
    sealer = Sealer(settings.privacy.keys)
    if not sealer.head:
        raise SettingsError("privacy.encryption_keys is empty: there is nothing to seal under")
    tallies: dict[str, Tally] = {}
    async with opened_bodies(settings) as places:
        for place, store in places.items():
            work = Resealing(store, sealer, place, dry_run=dry_run)
            tallies[place] = work.tally
            while await _portion(work, portion):
                if work.tally.looked_at % PROGRESS_ROWS < portion:
                    sys.stderr.write(f"{place}: {_so_far(work.tally)}\n")
        tallies[SEARCH] = await _terms(settings, dry_run=dry_run)
    lines = [_line(place, tally) for place, tally in tallies.items()]
    if as_json:
        print_json_lines([{"id": line["place"], **line} for line in lines])
    else:
        print_table(COLUMNS, [tuple(map(_cell, line.values())) for line in lines])
    return not any(tally.unopened or tally.left for tally in tallies.values())


async def _terms(settings: Settings, *, dry_run: bool) -> Tally:
    """Bring orders under the newest key's search terms, so that an old key can be let go."""
    async with adapters(settings) as parts:
        try:
            await parts.store.start()
            keys = SearchKeys(settings.privacy.keys)
            before = await parts.store.term_keys()
            indexer = Indexer(parts.store, parts.clock, keys)
            done = await indexer.sweep(dry_run=dry_run)
        finally:
            await parts.store.close()
    under = Counter({head[1:-1].replace(UNKEYED, ""): n for head, n in before.items()})
    return Tally(done.looked_at, done.done, done.left, done.unopened, under)


async def _portion(work: Resealing, size: int) -> bool:
    for _ in range(TRIES - 1):
        try:
            return await work.portion(size)
        except StoreUnavailableError as error:
            sys.stderr.write(f"once more: {error}\n")
    return await work.portion(size)


def _so_far(tally: Tally) -> str:
    return f"{tally.looked_at} looked at, {tally.sealed_anew} sealed anew"


def _line(place: str, tally: Tally) -> dict[str, object]:
    keys = {key or "plain": count for key, count in tally.keys.items() if count}
    values = (place, tally.looked_at, tally.sealed_anew, tally.left, tally.unopened, keys)
    return dict(zip(COLUMNS, values, strict=True))


def _cell(value: object) -> str:
    if isinstance(value, dict):
        return ", ".join(f"{key}: {count}" for key, count in value.items())
    return str(value)
