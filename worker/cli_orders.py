"""``orders`` on the command line: options in, text out.

Why it exists: an operator finds an order, reads its history, and helps it on. It must not
hold logic.
"""

import asyncio
from typing import Annotated

import typer

from worker.cli_options import Json, exit_by, settings_of

orders = typer.Typer(help="Orders and their histories.", no_args_is_help=True)

Number = Annotated[str, typer.Argument(help="Ours, the channel's, or ZZY's.")]


@orders.command("list")
def list_orders(
    context: typer.Context,
    state: Annotated[
        str | None, typer.Option(help="human, or a phase such as awaiting_ticket.")
    ] = None,
    limit: Annotated[int, typer.Option(help="How many at most.")] = 1000,
    json: Json = False,
) -> None:
    """List orders, the last changed first."""
    from worker.commands import orders as commands

    settings = settings_of(context)
    exit_by(asyncio.run(commands.list_orders(settings, state=state, limit=limit, as_json=json)))


@orders.command("show")
def show_order(context: typer.Context, number: Number, json: Json = False) -> None:
    """Show an order's history, by any of its numbers."""
    from worker.commands import orders as commands

    exit_by(asyncio.run(commands.show_order(settings_of(context), number, as_json=json)))


@orders.command("search")
def search_orders(
    context: typer.Context,
    text: Annotated[
        str,
        typer.Argument(
            help="Any number of it or of a refund, a voucher's code, or a phone's last 4 digits "
            "or more."
        ),
    ],
    limit: Annotated[int, typer.Option(min=1, help="How many at most.")] = 100,
    json: Json = False,
) -> None:
    """Find orders by what is at hand; exit 1 if there is none."""
    from worker.commands import orders as commands

    settings = settings_of(context)
    exit_by(asyncio.run(commands.search_orders(settings, text, limit=limit, as_json=json)))
