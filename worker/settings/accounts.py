"""What channels with a prepaid account (预存账户) pay.

Why it exists: settlement prices are a list of their own that people edit by the dozen. It
must not read a file or the environment.
Source: docs/decisions/0008-accounts.md.
"""

from datetime import date
from decimal import Decimal
from typing import Annotated

from pydantic import Field

from worker.settings.section import Section, Text

Yuan = Annotated[Decimal, Field(ge=0, max_digits=14, decimal_places=4, allow_inf_nan=False)]
"""An amount of money; exact, at most four decimal places."""


class SettlementPrice(Section):
    """What one ticket costs one channel (结算价)."""

    app_key: Text
    product_code: Text
    price: Yuan
    valid_from: date | None = None
    """The first day, in Asia/Shanghai, on which orders that come in pay it; none: always."""
