"""``catalogue list|show|sync``.

Why it exists: an operator sees what orders are judged by, and has it fetched anew; running
workers see the fetch within their refresh_seconds. It must not change a product.
"""

import json
import sys
from typing import Any, Final

from worker import app, configured
from worker.commands.tables import print_json_lines, print_table
from worker.errors import CatalogueUnknownError
from worker.runtime.catalogue import Catalogue
from worker.settings import Settings
from worker.telemetry import set_up_logging
from worker.translation.products import KnownProduct, PriceCalendar

COLUMNS: Final = ("id", "product_code", "name", "state", "version", "fetched")


async def list_products(settings: Settings, *, as_json: bool) -> None:
    """Print every product that ZZY ever listed; ``gone``: it lists it no more."""
    async with app.opened_catalogue(settings) as (catalogue, _):
        rows = [_listed(catalogue, known) for known in catalogue.all_known()]
    if as_json:
        print_json_lines(rows)
    else:
        print_table(COLUMNS, [tuple(map(str, row.values())) for row in rows])


async def show_product(settings: Settings, product: str, *, as_json: bool) -> bool:
    """Print one product with its prices; return False when there is none."""
    async with app.opened_catalogue(settings) as (catalogue, _):
        offer = await catalogue.product(product)
        number = offer.product.product_id if offer else product
        known = catalogue.known(number)
        if known is None:
            sys.stderr.write(f"no product of ZZY's is called {product}; see `catalogue list`\n")
            return False
        told = _listed(catalogue, known) | {
            "fields": known.product.model_dump(mode="json", exclude_none=True),
            "prices": _prices(await catalogue.calendar(number)),
        }
    if as_json:
        print_json_lines([told])
    else:
        sys.stdout.write(json.dumps(told, ensure_ascii=False, indent=2) + "\n")
    return True


async def sync(settings: Settings) -> bool:
    """Fetch everything from ZZY; return False when it cannot be had."""
    set_up_logging(settings.log.format, "warning", secrets=configured.secrets(settings))
    async with app.opened_catalogue(settings) as (catalogue, catalogue_sync):
        try:
            changed = await catalogue_sync.sync()
        except CatalogueUnknownError:
            sys.stderr.write("ZZY's list of products cannot be had; nothing was changed\n")
            return False
        print_json_lines([{"products": len(catalogue.all_known()), "changed": changed}])
    return True


def _listed(catalogue: Catalogue, known: KnownProduct) -> dict[str, Any]:
    return {
        "id": known.product_id,
        "product_code": ", ".join(catalogue.codes(known.product_id)),
        "name": known.product.product_name,
        "state": known.standing,
        "version": known.product.version,
        "fetched": known.fetched_at.isoformat(timespec="seconds"),
    }


def _prices(calendar: PriceCalendar | None) -> dict[str, Any] | None:
    if calendar is None:
        return None
    days = [span.price.model_dump(mode="json", exclude_none=True) for span in calendar.spans]
    return {
        "begin": calendar.begin.isoformat(),
        "end": calendar.end.isoformat(),
        "complete": calendar.complete,
        "fetched": calendar.fetched_at.isoformat(timespec="seconds"),
        "days": days,
    }
