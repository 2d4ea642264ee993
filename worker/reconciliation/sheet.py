"""Differences as people take them away: a line each, as CSV, each with its action.

Why it exists: the command line and the console print the same columns. It must not find a
difference, nor let a cell become a formula in somebody's spreadsheet.
"""

import csv
import io
import shlex
from collections.abc import Iterable
from typing import Final

from worker.reconciliation.facts import Difference
from worker.reconciliation.kinds import ACTIONS

PROGRAM: Final = "python -m worker"

COLUMNS: Final = (
    "day",
    "kind",
    "order_num",
    "channel",
    "channel_order_num",
    "zzy_order_id",
    "money",
    "detail",
    "command",
    "action",
)
_FORMULA: Final = ("=", "+", "-", "@", "\t", "\r")


def command_of(one: Difference) -> str:
    """Return the command to run for a difference, whole, ready for a shell."""
    action = ACTIONS[one.kind]
    template = action.with_letter if one.letter_id and action.with_letter else action.command
    return f"{PROGRAM} {_filled(template, one, quote=True)}"


def text_of(one: Difference) -> str:
    """Return in a sentence what to do, or what to ask whom."""
    return _filled(ACTIONS[one.kind].text, one, quote=False)


def sheet(found: Iterable[Difference]) -> str:
    """Return the differences as CSV with a header, lines ending as RFC 4180 wants them."""
    page = io.StringIO()
    writer = csv.writer(page)
    writer.writerow(COLUMNS)
    for one in found:
        writer.writerow(
            _harmless(cell)
            for cell in (
                one.day.isoformat(),
                str(one.kind),
                one.order_num,
                one.app_key,
                one.channel_order_num,
                one.zzy_order_id,
                f"{one.money:.2f}",
                one.detail,
                command_of(one),
                text_of(one),
            )
        )
    return page.getvalue()


def _filled(template: str, one: Difference, *, quote: bool) -> str:
    values = {
        "order_num": one.order_num,
        "app_key": one.app_key,
        "zzy_order_id": one.zzy_order_id or "?",
        "letter_id": one.letter_id,
        "day": one.day.isoformat(),
        "month": f"{one.day:%Y-%m}",
    }
    return template.format_map({k: shlex.quote(v) if quote else v for k, v in values.items()})


def _harmless(cell: str) -> str:
    """Return a cell that a spreadsheet takes for text: channels choose their own numbers."""
    return "'" + cell if cell.startswith(_FORMULA) else cell
