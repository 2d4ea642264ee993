"""``python -m tests.chaos``: faults on the real parts for some minutes, and the verdict.

Exit code 0: nothing lost, nothing twice, and orders moved again in time after each fault.
"""

import argparse
import asyncio
import logging
import shutil
import sys
import tempfile
from pathlib import Path

import structlog

from tests.chaos.faults import ALL, EMBEDDED, KINDS, MACHINES
from tests.chaos.needs import missing
from tests.chaos.plan import faults
from tests.chaos.report import Report
from tests.chaos.run import Course, run
from tests.chaos.town import TWO_MACHINES, Size
from tests.servers import ServerError

EMBEDDED_SHARE = 0.13
"""Of the time that is for the embedded set-up."""


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.chaos", description=__doc__)
    parser.add_argument("--seconds", type=float, default=600)
    parser.add_argument("--seed", type=int, default=20260501)
    parser.add_argument("--rate", type=float, default=4.0, help="orders a second")
    parser.add_argument("--only", nargs="*", choices=sorted(ALL), help="these kinds alone")
    parser.add_argument("--report", type=Path, help="where the JSON goes")
    parser.add_argument("--keep", action="store_true", help="keep the processes' logs")
    return parser.parse_args()


def _tell(line: str) -> None:
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


async def _both(arguments: argparse.Namespace, folder: Path) -> Report:
    """Run the servers' part, then the embedded one; return what both came to."""
    report = Report(arguments.seed)
    kinds = arguments.only or [*KINDS, *EMBEDDED]
    share = EMBEDDED_SHARE if set(kinds) & set(KINDS) else 1.0
    for name, size, part, table in (
        ("servers", Size(), 1 - share, KINDS),
        ("embedded", None, share, EMBEDDED),
        ("machines", TWO_MACHINES, 1.0, MACHINES),
    ):
        if chosen := [kind for kind in kinds if kind in table]:
            seconds = arguments.seconds * (part if set(kinds) & set(EMBEDDED) else 1)
            _tell(f"{name}: {seconds:.0f} s, {len(chosen)} kinds of faults")
            plan = faults(arguments.seed, chosen)
            course = Course(arguments.seed, seconds, plan, arguments.rate, size)
            (folder / name).mkdir()
            report.add(await run(course, folder / name, _tell))
    return report


def main() -> int:
    """Run as the arguments say; return the exit code."""
    arguments = _arguments()
    if lacking := missing():
        _tell(f"chaos needs {lacking}")
        return 2
    _tell(f"seed {arguments.seed}")
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.CRITICAL))
    logging.disable(logging.CRITICAL)  # of the clients in this process; the workers have files
    folder = Path(tempfile.mkdtemp(prefix="ticketbridge-chaos-"))
    try:
        report = asyncio.run(_both(arguments, folder))
    except ServerError as error:
        _tell(f"chaos: {error}")
        return 2
    except KeyboardInterrupt:
        return 130
    finally:
        if arguments.keep:
            _tell(f"logs: {folder}")
        else:
            shutil.rmtree(folder, ignore_errors=True)
    file = arguments.report or Path("build", "chaos", f"seed-{arguments.seed}.json")
    report.write(file)
    _tell(report.text())
    _tell(f"as JSON: {file}")
    return 0 if report.good else 1


if __name__ == "__main__":
    sys.exit(main())
