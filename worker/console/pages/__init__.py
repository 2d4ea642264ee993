"""Every page of the console. To add one: CONTRIBUTING.md, "A page of the console"."""

from typing import Final

from worker.console.page import Pages, Route
from worker.console.pages import (
    alarms,
    audit,
    catalogue,
    channels,
    desk,
    letters,
    login,
    order,
    orders,
    overview,
    preferences,
    reconciliation,
    refunds,
    replays,
)

__all__ = ["ALL", "Pages", "Route"]

ALL: Final[tuple[Pages, ...]] = (
    alarms.pages,
    audit.pages,
    catalogue.pages,
    channels.pages,
    desk.pages,
    letters.pages,
    login.pages,
    order.pages,
    orders.pages,
    overview.pages,
    preferences.pages,
    reconciliation.pages,
    refunds.pages,
    replays.pages,
)
