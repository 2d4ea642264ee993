"""``doctor``: looks at everything that a worker needs, and says what is wrong.

Why it exists: an operator asks it before a start, and a script by its exit code. It must
not know how a thing is looked at: checkup does.
"""

from worker.clock import SystemClock
from worker.commands.checkup import findings
from worker.commands.quiet import log_quietly
from worker.commands.tables import print_json_lines, print_table
from worker.settings import Settings

COLUMNS = ("check", "state", "detail", "do")


async def doctor(settings: Settings, *, as_json: bool) -> bool:
    """Print what is found; return False if anything is broken."""
    log_quietly(settings)
    found = [finding async for finding in findings(settings, SystemClock().now())]
    if as_json:
        print_json_lines(
            [{"id": f.check, "state": f.state, "detail": f.detail, "do": f.do} for f in found]
        )
    else:
        print_table(COLUMNS, [(f.check, f.state, f.detail, f.do) for f in found])
    return all(finding.state != "broken" for finding in found)
