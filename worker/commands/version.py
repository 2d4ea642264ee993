"""``ticketbridge --version``: what this program is, and what it speaks.

Why it exists: whoever upgrades must know which tables a program needs and which messages it
can read, before it runs. It must not open a file or a connection.
"""

from collections.abc import Iterator
from importlib.metadata import version
from itertools import groupby
from typing import Final

from contracts.catalogue import CATALOGUE
from worker.runtime.snapshot import FORMAT
from worker.store.tables import HEAD

PROTOCOLS: Final = "channels (分销渠道); ZZY (中智游), its document V2.3"


def lines() -> Iterator[str]:
    """Yield the version, the schema and each protocol and message, a line each."""
    yield f"ticketbridge {version('ticketbridge')}"
    yield f"schema: migration {HEAD}, orders in format {FORMAT}"
    yield f"protocols: {PROTOCOLS}"
    for family, types in groupby(sorted(CATALOGUE), lambda name: name.partition(".")[0]):
        yield f"messages: {family}: {', '.join(name.partition('.')[2] for name in types)}"
