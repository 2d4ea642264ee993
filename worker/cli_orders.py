"""``orders`` on the command line: options in, text out.

Why it exists: an operator finds an order, reads its history, and helps it on. It must not
hold logic.
"""

import asyncio
from enum import StrEnum
from typing import Annotated, Final

import typer

from worker.cli_options import Json, exit_by, settings_of

orders = typer.Typer(help="Orders and their histories.", no_args_is_help=True)

UNKNOWN: Final = 2
"""The exit code where nobody can say yet what came of it."""


class Way(StrEnum):
    """How vouchers are sent again."""

    NOTIFY = "notify"
    SMS = "sms"
    BOTH = "both"


class Act(StrEnum):
    """What is done about an order in front of a human."""

    PROBE = "probe"
    RETRY = "retry"
    REFUND = "refund"
    SETTLE = "settle"


class As(StrEnum):
    """How an order stands, as ZZY said on another way."""

    UNPAID = "unpaid"
    PAID = "paid"
    ISSUED = "issued"
    REFUNDED = "refunded"
    KEPT = "kept"
    DONE = "done"


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


@orders.command("desk")
def desk(context: typer.Context, json: Json = False) -> None:
    """List the orders in front of a human: why, since when, for how much, and what is safe."""
    from worker.commands import desk as commands

    asyncio.run(commands.list_desk(settings_of(context), as_json=json))


@orders.command("resolve")
def resolve(
    context: typer.Context,
    number: Number,
    action: Annotated[Act, typer.Option(help="As `orders desk` offers.")],
    reason: Annotated[str, typer.Option(help="Why, for the history; names nobody.")],
    settled: Annotated[
        As | None, typer.Option("--as", help="With settle: how it stands, as ZZY told.")
    ] = None,
    wait: Annotated[float, typer.Option(min=0.1, help="Seconds to wait for the outcome.")] = 30,
    json: Json = False,
) -> None:
    """Help an order on that is in front of a human; exit 1: refused, 2: not known yet."""
    from worker.commands import desk as commands

    if not reason.strip():
        raise typer.BadParameter("--reason must say why")
    if (action is Act.SETTLE) != (settled is not None):
        raise typer.BadParameter("--as goes with --action settle, and with no other")
    done = commands.resolve(
        settings_of(context),
        number,
        action.value,
        settled.value if settled else None,
        reason=reason.strip(),
        wait=wait,
        as_json=json,
    )
    _exit(asyncio.run(done))


@orders.command("resend")
def resend(
    context: typer.Context,
    number: Number,
    by: Annotated[Way | None, typer.Option(help="Else as the channel is set up.")] = None,
    reason: Annotated[str, typer.Option(help="Why; names nobody.")] = "",
    wait: Annotated[float, typer.Option(min=0.1, help="Seconds to wait for the outcome.")] = 30,
    json: Json = False,
) -> None:
    """Send an order's vouchers again; exit 1: refused, 2: not known yet."""
    from worker.commands import desk as commands

    done = commands.resend(
        settings_of(context),
        number,
        by.value if by else None,
        reason=reason,
        wait=wait,
        as_json=json,
    )
    _exit(asyncio.run(done))


def _exit(code: int) -> None:
    if code:
        raise typer.Exit(code)
