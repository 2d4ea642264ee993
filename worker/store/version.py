"""Whether the database's schema suits this program.

Why it exists: both stores ask it when they start, without loading alembic for nothing.
"""

import structlog

from worker.errors import StoreUnavailableError
from worker.store.tables import HEAD

_log = structlog.get_logger(__name__)


def check(revision: str | None) -> bool:
    """Return False for a database without tables.

    One that is newer than the program is taken as it is: a migration only adds, so that
    the last version's workers run on. Raises StoreUnavailableError for an older one.
    """
    if revision is None:
        return False
    if revision < HEAD:
        raise StoreUnavailableError(
            f"the database is at revision {revision}, this program needs {HEAD}: run `migrate`"
        )
    if revision > HEAD:
        _log.warning("store_schema_newer", revision=revision, expected=HEAD)
    return True
