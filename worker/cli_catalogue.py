"""``catalogue`` on the command line: options in, text out.

Why it exists: an operator looks at what ZZY sells, and fetches it anew. It must not hold
logic.
"""

import asyncio
from typing import Annotated, Final

import typer

from worker.settings import load_settings

FAILED: Final = 1

catalogue = typer.Typer(help="Products and prices (产品目录) of ZZY.", no_args_is_help=True)

Json = Annotated[bool, typer.Option("--json", help="One JSON object a line.")]


@catalogue.command("list")
def list_products(context: typer.Context, json: Json = False) -> None:
    """List the products as they were last fetched."""
    from worker.commands import catalogue as commands

    asyncio.run(commands.list_products(load_settings(context.obj), as_json=json))


@catalogue.command("show")
def show_product(context: typer.Context, product: str, json: Json = False) -> None:
    """Show one product, by product_code or ZZY's number, with its rules and prices."""
    from worker.commands import catalogue as commands

    settings = load_settings(context.obj)
    if not asyncio.run(commands.show_product(settings, product, as_json=json)):
        raise typer.Exit(FAILED)


@catalogue.command("sync")
def sync(context: typer.Context) -> None:
    """Fetch every product and its prices from ZZY now; exit 1 if they cannot be had."""
    from worker.commands import catalogue as commands

    if not asyncio.run(commands.sync(load_settings(context.obj))):
        raise typer.Exit(FAILED)
