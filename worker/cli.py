"""The command line: options in, text out.

Why it exists: every command is named, documented and given its arguments here; stdout
carries data only, logs go to stderr. A command loads its part when it is called: to list
dead letters needs no HTTP client. It must not hold logic.
"""

import asyncio
import sys
from pathlib import Path
from typing import Annotated

import typer

from worker.cli_accounts import accounts
from worker.cli_alarms import alarms
from worker.cli_audit import audit
from worker.cli_catalogue import catalogue
from worker.cli_channels import channels
from worker.cli_checks import checks
from worker.cli_console import console
from worker.cli_copies import copies
from worker.cli_letters import deadletters
from worker.cli_options import FAILED, Json, exit_by, settings_of
from worker.cli_orders import orders
from worker.cli_privacy import privacy
from worker.cli_reconcile import reconciling
from worker.errors import TicketbridgeError
from worker.roles import Role
from worker.settings import weaknesses

app = typer.Typer(
    help="Bridges ticket distribution channels and the supplier platform ZZY (中智游).",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
)
simulate = typer.Typer(help="A made-up ZZY, channel, SMS gateway.", no_args_is_help=True)
app.add_typer(accounts, name="accounts")
app.add_typer(alarms, name="alarms")
app.add_typer(audit, name="audit")
app.add_typer(catalogue, name="catalogue")
app.add_typer(channels, name="channels")
app.add_typer(console, name="console")
app.add_typer(deadletters, name="deadletters")
app.add_typer(orders, name="orders")
app.add_typer(privacy, name="privacy")
app.add_typer(simulate, name="simulate")
app.add_typer(checks)
app.add_typer(copies)
app.add_typer(reconciling)

Host = Annotated[str, typer.Option(help="Address to listen on.")]
Faults = Annotated[str, typer.Option(help="Faults as JSON; see /_control/faults.")]
Port = Annotated[int, typer.Option(help="Port to listen on; 0 takes a free one.")]


def _tell_version(asked: bool) -> None:  # noqa: FBT001  (typer calls it so)
    if asked:
        from worker.commands.version import lines

        for line in lines():
            typer.echo(line)
        raise typer.Exit


@app.callback()
def _options(
    context: typer.Context,
    config: Annotated[
        Path | None, typer.Option(help="The configuration file; anywhere on the line.")
    ] = None,
    version: Annotated[  # noqa: ARG001  (its callback tells)
        bool,
        typer.Option(
            "--version",
            callback=_tell_version,
            is_eager=True,
            help="Tell the version, the schema of the tables, the protocols and messages.",
        ),
    ] = False,
) -> None:
    context.obj = config


@app.command()
def run(
    context: typer.Context,
    role: Annotated[Role | None, typer.Argument(help="One role; without it, all.")] = None,
) -> None:
    """Run the worker: all roles in one process, or one."""
    from worker.commands import run as commands

    settings = settings_of(context)
    roles = frozenset({role} if role else Role)
    commands.run(settings, roles, weaknesses(settings))


@app.command()
def doctor(context: typer.Context, json: Json = False) -> None:
    """Look at everything that a worker needs; exit 1 if something is broken."""
    from worker.commands import doctor as commands

    exit_by(asyncio.run(commands.doctor(settings_of(context), as_json=json)))


@app.command()
def migrate(context: typer.Context) -> None:
    """Bring the database's tables up to date."""
    from worker.commands import run as commands

    asyncio.run(commands.migrate(settings_of(context)))


@simulate.command("zzy")
def simulate_zzy(
    context: typer.Context,
    host: Host = "127.0.0.1",
    port: Port = 9101,
    callback_url: Annotated[str, typer.Option(help="Where its notices go.")] = (
        "http://127.0.0.1:9100/zzy/notify"
    ),
    partner_id: Annotated[
        int | None, typer.Option(help="PartnerId (分销商 ID); else the configuration's.")
    ] = None,
    sign_key: Annotated[
        str | None, typer.Option(help="The sign key; else the configuration's.")
    ] = None,
    faults: Faults = "",
) -> None:
    """Run a made-up ZZY that obeys the document, and fails on demand."""
    from worker.commands import simulators as commands

    account = commands.simulated_account(settings_of(context), partner_id, sign_key)
    asyncio.run(commands.simulate_zzy(host, port, callback_url, account=account, faults=faults))


@simulate.command("channel")
def simulate_channel(
    context: typer.Context,
    host: Host = "127.0.0.1",
    port: Port = 9102,
    app_key: Annotated[
        str | None, typer.Option(help="The channel's app_key; else the configuration's first.")
    ] = None,
    secret: Annotated[
        str | None, typer.Option(help="The channel's app_secret; else the configuration's.")
    ] = None,
    envelope: Annotated[str | None, typer.Option(help="signed or plain.")] = None,
    ingress_url: Annotated[str, typer.Option(help="Where it can place orders.")] = (
        "http://127.0.0.1:9100"
    ),
    faults: Faults = "",
) -> None:
    """Run a made-up channel that orders and takes notifications, and fails on demand."""
    from worker.commands import simulators as commands

    credentials = commands.simulated_channel(settings_of(context), app_key, secret, envelope)
    asyncio.run(
        commands.simulate_channel(
            host, port, credentials=credentials, ingress_url=ingress_url, faults=faults
        )
    )


@simulate.command("sms")
def simulate_sms(
    host: Host = "127.0.0.1",
    port: Port = 9103,
    secret: Annotated[
        str, typer.Option(help="Refuse what is not signed with it as Alibaba Cloud wants it.")
    ] = "",
    faults: Faults = "",
) -> None:
    """Run a made-up SMS gateway (短信网关) that keeps what it was sent, and fails on demand."""
    from worker.commands import simulators as commands

    asyncio.run(commands.simulate_sms(host, port, secret=secret, faults=faults))


def _config_first(arguments: list[str]) -> list[str]:
    """Move ``--config FILE`` to the front, from wherever it stands."""
    for at, argument in enumerate(arguments):
        if argument == "--config" and at + 1 < len(arguments):
            return [*arguments[at : at + 2], *arguments[:at], *arguments[at + 2 :]]
        if argument.startswith("--config="):
            return [argument, *arguments[:at], *arguments[at + 1 :]]
    return arguments


def main(arguments: list[str] | None = None) -> None:
    """Run a command; an error of ours is one line on stderr, exit code 1."""
    try:
        app(_config_first(sys.argv[1:] if arguments is None else arguments))
    except TicketbridgeError as error:
        typer.echo(f"ticketbridge: {error}", err=True)
        sys.exit(FAILED)
