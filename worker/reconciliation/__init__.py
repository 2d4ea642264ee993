"""Reconciliation (对账): what differs between us, ZZY, the channels and their accounts.

Why it exists: whether two sides agree is a comparison of facts and nothing else, so it can
be tested over every order that can be. The shell (runtime/reconciling.py) gathers the facts.
It must not do I/O, read a clock, or hold anything about a person.
Source: docs/decisions/0024-reconciliation.md.
"""

from worker.reconciliation.compare import differences, unknown_order
from worker.reconciliation.facts import Difference, Facts, Letter, Place, Rules, Told
from worker.reconciliation.kinds import ACTIONS, Action, Kind
from worker.reconciliation.sheet import COLUMNS, command_of, sheet, text_of

__all__ = [
    "ACTIONS",
    "COLUMNS",
    "Action",
    "Difference",
    "Facts",
    "Kind",
    "Letter",
    "Place",
    "Rules",
    "Told",
    "command_of",
    "differences",
    "sheet",
    "text_of",
    "unknown_order",
]
