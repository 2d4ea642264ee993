"""How the catalogue (产品目录) is fetched and used.

Why it exists: what is fetched, how often and what follows from it stands together. It must
not read a file or the environment.
Source: PROTOCOL.md, "Catalogue".
"""

from typing import Annotated

from pydantic import Field, SecretStr

from worker.settings.section import Section
from worker.settings.values import Seconds


class Catalogue(Section):
    """When products and prices are fetched, and whether orders are refused by them."""

    sync_interval_seconds: Annotated[Seconds, Field(ge=1)] = 3_600
    """One worker of all fetches everything so often; product notices are taken at once."""
    refresh_seconds: Annotated[Seconds, Field(ge=1)] = 30
    """How long a process may not see what another one fetched."""
    price_days: Annotated[int, Field(ge=0, le=366)] = 60
    """How many days of prices (价格日历) are kept, from today on."""
    refuse_early: bool = True
    """Refuse what the catalogue rules out before ZZY is asked; false: let ZZY refuse."""
    purchase_key: SecretStr = SecretStr("")
    """Phones and id cards are kept as digests under it; empty: under [zzy] sign_key."""
