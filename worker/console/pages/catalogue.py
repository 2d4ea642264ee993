"""The catalogue (产品目录): what orders are judged by.

Why it exists: whoever asks why an order was refused sees the product and its prices as the
worker knows them, and has them fetched anew. It must not change a product.
"""

from aiohttp import web

from worker.console.ask import Ask
from worker.console.config import Level
from worker.console.page import Nav, Pages
from worker.errors import CatalogueUnknownError

PAGE = 50

pages = Pages("catalogue")


@pages.get("/catalogue", needs=Level.VIEWER, nav=Nav("look_up", 30, "p"))
async def listing(ask: Ask) -> web.Response:
    """Show the products that ZZY ever listed."""
    catalogue = ask.parts.catalogue
    await catalogue.refresh()
    wanted, state = ask.query("q").lower(), ask.query("state")
    found = [
        (known, ", ".join(catalogue.codes(known.product_id)))
        for known in catalogue.all_known()
        if not state or known.standing == state
    ]
    if wanted:
        found = [
            (known, codes)
            for known, codes in found
            if wanted in f"{known.product_id} {codes} {known.product.product_name}".lower()
        ]
    begin = ask.number("from", 0)
    return ask.show(
        "catalogue.html",
        products=found[begin : begin + PAGE],
        count=len(found),
        newer=ask.url(**{"from": max(0, begin - PAGE) or None}) if begin else "",
        older=ask.url(**{"from": begin + PAGE}) if begin + PAGE < len(found) else "",
    )


@pages.get("/catalogue/{product_id}", needs=Level.VIEWER)
async def product(ask: Ask) -> web.Response:
    """Show one product with its price calendar (价格日历)."""
    catalogue = ask.parts.catalogue
    await catalogue.refresh()
    known = catalogue.known(ask.path("product_id"))
    if known is None:
        raise web.HTTPNotFound
    fields = known.product.model_dump(mode="json", by_alias=True, exclude_none=True)
    return ask.show(
        "product.html",
        known=known,
        codes=catalogue.codes(known.product_id),
        calendar=await catalogue.calendar(known.product_id),
        fields=fields,
    )


@pages.post("/catalogue/sync", needs=Level.OPERATOR)
async def sync(ask: Ask) -> web.Response:
    """Fetch everything from ZZY, now."""
    reason = ask.reason()
    await ask.parts.audit.record(ask.actor, "catalogue.sync", "catalogue", reason=reason)
    try:
        changed = await ask.parts.catalogue_sync.sync()
    except CatalogueUnknownError:
        return ask.back("/catalogue", "catalogue.not_had", kind="bad")
    return ask.back("/catalogue", "catalogue.fetched", changed=changed)
