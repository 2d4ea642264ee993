"""When days are compared (对账), and how gently.

Why it exists: what concerns the daily comparison stands together. It must not read a file or
the environment.
"""

from datetime import time, timedelta, timezone, tzinfo
from typing import Annotated, Final
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import Field, field_validator

from worker.settings.section import Section, Text
from worker.settings.values import Seconds

_SHANGHAI: Final = "Asia/Shanghai"


class Reconciliation(Section):
    """The daily comparison of our orders with ZZY, the channels and their accounts."""

    daily: bool = True
    """One worker of all compares yesterday; false: only `reconcile` does."""
    at: time = time(6, 30)
    """When, in the zone."""
    zone: Text = _SHANGHAI
    """The zone of the days and of ``at``."""
    requests_per_second: Annotated[float, Field(gt=0, le=100)] = 5
    """Questions to ZZY, at most."""
    late_seconds: Annotated[Seconds, Field(ge=1)] = 14_400
    """After so long without a ticket, an outcome or a delivery something is wrong."""

    @field_validator("zone")
    @classmethod
    def _known_zone(cls, name: str) -> str:
        try:
            _zone(name)
        except (ZoneInfoNotFoundError, ValueError):
            raise ValueError("no time zone; such as Asia/Shanghai") from None
        return name

    @property
    def zone_info(self) -> tzinfo:
        """The zone itself."""
        return _zone(self.zone)


def _zone(name: str) -> tzinfo:
    """Return a zone; that of both protocols is known on machines without a list of zones."""
    return timezone(timedelta(hours=8), _SHANGHAI) if name == _SHANGHAI else ZoneInfo(name)
