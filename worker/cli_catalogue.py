"""``catalogue`` on the command line: options in, text out.

Why it exists: an operator looks at what ZZY sells, and fetches it anew. It must not hold
logic.
"""

import asyncio
from typing import Annotated

import typer

from worker.cli_options import Json, exit_by, settings_of

catalogue = typer.Typer(help="Products and prices (产品目录) of ZZY.", no_args_is_help=True)


@catalogue.command("list")
def list_products(context: typer.Context, json: Json = False) -> None:
    """List the products as they were last fetched."""
    from worker.commands import catalogue as commands

    asyncio.run(commands.list_products(settings_of(context), as_json=json))


@catalogue.command("show")
def show_product(
    context: typer.Context,
    product: Annotated[str, typer.Argument(help="A product_code, or ZZY's number.")],
    json: Json = False,
) -> None:
    """Show one product with its rules and prices."""
    from worker.commands import catalogue as commands

    shown = commands.show_product(settings_of(context), product, as_json=json)
    exit_by(asyncio.run(shown))


@catalogue.command("sync")
def sync(context: typer.Context) -> None:
    """Fetch every product and its prices from ZZY now; exit 1 if they cannot be had."""
    from worker.commands import catalogue as commands

    exit_by(asyncio.run(commands.sync(settings_of(context))))
