"""Bodies as they are kept, sealed or not: how both databases are asked for them.

Why it exists: when a key is replaced, what lies under the old one is read in the same words
everywhere. It must not open anything, and must not run a query.
"""

from collections.abc import Iterable
from typing import Any, Protocol

from worker.runtime.resealing import KeptBody
from worker.store.columns import names
from worker.store.tables import BODIES


class _Record(Protocol):
    def __getitem__(self, at: int, /) -> Any: ...  # noqa: ANN401  (a database's value)


def next_bodies(place: str, mark: str) -> str:
    """Return the statement for the rows after a key; ``mark`` begins a parameter ($ or ?).

    Its parameters: how many bytes of a body are looked at, which are passed over, the key, how
    many rows.
    """
    table, column = BODIES[place]
    key = names(table)[0]
    return (
        f"SELECT {key}, CASE WHEN substr({column}, 1, {mark}1) = {mark}2 THEN NULL"  # noqa: S608
        f" ELSE {column} END FROM {table.name} WHERE {key} > {mark}3 ORDER BY {key} LIMIT {mark}4"
    )


def kept(records: Iterable[_Record]) -> list[KeptBody]:
    """Return what was found: a row's key names it, and says where to go on."""
    return [KeptBody(record[0], record[0], record[1]) for record in records]
