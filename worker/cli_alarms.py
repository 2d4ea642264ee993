"""``alarms`` on the command line: options in, text out.

Why it exists: whoever is woken at night sees in a shell what is wrong, and says that it is
being looked after. It must not hold logic.
"""

import asyncio
from typing import Annotated

import typer

from worker.cli_options import Json, exit_by, settings_of

alarms = typer.Typer(help="What a person must look at; robots.", no_args_is_help=True)

Id = Annotated[str, typer.Argument(help="The alarm's id, or how it begins.")]


@alarms.command("list")
def list_alarms(
    context: typer.Context,
    over: Annotated[bool, typer.Option("--over", help="Those that are over, instead.")] = False,
    limit: Annotated[int, typer.Option(min=1, help="How many at most.")] = 100,
    json: Json = False,
) -> None:
    """List the open alarms, the last heard of first."""
    from worker.commands import alarms as commands

    asyncio.run(commands.list_alarms(settings_of(context), over=over, limit=limit, as_json=json))


@alarms.command("ack")
def acknowledge(context: typer.Context, alarm: Id, json: Json = False) -> None:
    """Say that you look after an alarm: robots are not told of it again. Exit 1 if unknown."""
    from worker.commands import alarms as commands

    exit_by(asyncio.run(commands.acknowledge(settings_of(context), alarm, as_json=json)))


@alarms.command("resolve")
def resolve(
    context: typer.Context,
    alarm: Id,
    reason: Annotated[str, typer.Option(help="What was done, for whoever looks next.")] = "",
    json: Json = False,
) -> None:
    """Say that an alarm is over; one whose cause goes on is raised again. Exit 1 if unknown."""
    from worker.commands import alarms as commands

    exit_by(asyncio.run(commands.resolve(settings_of(context), alarm, reason, as_json=json)))


@alarms.command("test")
def try_out(
    context: typer.Context,
    robot: Annotated[str, typer.Argument(help="Its name; none: all of them.")] = "",
    json: Json = False,
) -> None:
    """Post a test to the robots and say what they answered. Exit 1 if one refused."""
    from worker.commands import alarms as commands

    exit_by(asyncio.run(commands.try_out(settings_of(context), robot, as_json=json)))
