"""``accounts`` on the command line: options in, text out.

Why it exists: people move money here, so every option is checked before the database is
opened. It must not hold logic.
"""

import asyncio
import getpass
from datetime import UTC, datetime
from decimal import Decimal, InvalidOperation
from typing import Annotated, Final

import typer

from worker.cli_options import Json, exit_by, settings_of
from worker.runtime.banking import ADJUST, TOP_UP, Booking

_LARGEST: Final = Decimal(10) ** 10
_FINEST: Final = -4

accounts = typer.Typer(help="Prepaid accounts (预存账户) of channels.", no_args_is_help=True)


def _amount(text: str) -> Decimal:
    try:
        amount = Decimal(text)
        exponent = amount.normalize().as_tuple().exponent
    except InvalidOperation:
        exponent = "n"
        amount = Decimal(0)
    if not isinstance(exponent, int) or exponent < _FINEST or abs(amount) >= _LARGEST:
        raise typer.BadParameter("not an amount in yuan with at most four decimal places")
    return amount


AppKey = Annotated[str, typer.Argument(help="The channel.")]
Amount = Annotated[Decimal, typer.Argument(parser=_amount, help="Yuan.", metavar="AMOUNT")]
Reference = Annotated[
    str,
    typer.Option(help="Names this booking, such as the bank's number: booked once, ever."),
]
By = Annotated[str, typer.Option(help="Who books it; else the login of this machine.")]


@accounts.command("list")
def list_accounts(context: typer.Context, json: Json = False) -> None:
    """List the accounts: balance, what is held of it, what is available."""
    from worker.commands import accounts as commands

    asyncio.run(commands.list_accounts(settings_of(context), as_json=json))


@accounts.command("show")
def show_account(
    context: typer.Context,
    app_key: AppKey,
    limit: Annotated[int, typer.Option(min=1, help="How many of the last entries.")] = 20,
    json: Json = False,
) -> None:
    """Show an account and its last entries, the last one at the end."""
    from worker.commands import accounts as commands

    settings = settings_of(context)
    shown = commands.show_account(settings, app_key, limit=limit, as_json=json)
    exit_by(asyncio.run(shown))


@accounts.command("top-up")
def top_up(
    context: typer.Context,
    app_key: AppKey,
    amount: Amount,
    reference: Reference,
    note: Annotated[str, typer.Option(help="For the statement.")] = "",
    by: By = "",
    json: Json = False,
) -> None:
    """Book money that came in (充值); the same reference again books nothing."""
    if amount <= 0:
        raise typer.BadParameter("a top-up is above zero; `accounts adjust` takes away")
    _book(context, TOP_UP, app_key, amount, reference, note, by, json)


@accounts.command("adjust", context_settings={"ignore_unknown_options": True})
def adjust(
    context: typer.Context,
    app_key: AppKey,
    amount: Amount,
    reference: Reference,
    note: Annotated[str, typer.Option(help="Why; for the statement.")],
    by: By = "",
    json: Json = False,
) -> None:
    """Book a correction (调整), with its sign: 12.50 gives, -12.50 takes."""
    if not amount:
        raise typer.BadParameter("an adjustment of nothing")
    if not note.strip():
        raise typer.BadParameter("--note must say why")
    _book(context, ADJUST, app_key, amount, reference, note, by, json)


@accounts.command("statement")
def statement(
    context: typer.Context,
    app_key: AppKey,
    month: Annotated[datetime, typer.Argument(formats=["%Y-%m"], help="Such as 2026-11.")],
) -> None:
    """Print a month (Asia/Shanghai) as CSV: opening balance, every entry, closing balance."""
    from worker.commands import accounts as commands

    exit_by(asyncio.run(commands.print_statement(settings_of(context), app_key, month.date())))


def _book(
    context: typer.Context,
    kind: str,
    app_key: str,
    amount: Decimal,
    reference: str,
    note: str,
    by: str,
    json: bool,  # noqa: FBT001
) -> None:
    from worker.commands import accounts as commands

    if not reference.strip():
        raise typer.BadParameter("--reference must name the booking")
    booking = Booking(
        id=f"{kind}:{app_key}:{reference.strip()}",
        app_key=app_key,
        kind=kind,
        amount=amount,
        note=note,
        by=by.strip() or _login(),
        at=datetime.now(UTC),
    )
    done = commands.book_entry(settings_of(context), booking, reference=reference, as_json=json)
    exit_by(asyncio.run(done))


def _login() -> str:
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        raise typer.BadParameter("--by must say who books it: this login has no name") from None
