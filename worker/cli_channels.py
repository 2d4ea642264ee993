"""``channels`` on the command line: options in, text out.

Why it exists: an operator sees how each channel stands, and stops or slows what is sent to
one. It must not hold logic.
"""

import asyncio
from typing import Annotated

import typer

from worker.cli_options import Json, exit_by, settings_of

channels = typer.Typer(help="How channels stand; pause and resume.", no_args_is_help=True)

Reason = Annotated[str, typer.Option(help="Why, for the audit and whoever looks next.")]
AppKey = Annotated[str, typer.Argument(help="The channel's app_key.")]


@channels.command("list")
def list_channels(context: typer.Context, json: Json = False) -> None:
    """List the channels: what is paused, who answers, what waits for them."""
    from worker.commands import channels as commands

    asyncio.run(commands.list_channels(settings_of(context), as_json=json))


@channels.command("pause")
def pause(
    context: typer.Context,
    app_key: AppKey,
    reason: Reason = "",
    json: Json = False,
) -> None:
    """Send a channel nothing until it is resumed; its notifications wait. Exit 1 if unknown."""
    from worker.commands import channels as commands

    exit_by(asyncio.run(commands.pause(settings_of(context), app_key, reason, as_json=json)))


@channels.command("resume")
def resume(
    context: typer.Context, app_key: AppKey, reason: Reason = "", json: Json = False
) -> None:
    """Send to a channel again, to URLs that were gone too, and try at once if it answers."""
    from worker.commands import channels as commands

    exit_by(asyncio.run(commands.resume(settings_of(context), app_key, reason, as_json=json)))


@channels.command("rate")
def rate(
    context: typer.Context,
    app_key: AppKey,
    per_second: Annotated[
        float | None,
        typer.Argument(min=0, help="0: any number; none: as configured.", show_default=False),
    ] = None,
    reason: Reason = "",
    json: Json = False,
) -> None:
    """Send a channel so many notifications a second, by each relay process, from now on."""
    from worker.commands import channels as commands

    settings = settings_of(context)
    exit_by(asyncio.run(commands.limit(settings, app_key, per_second, reason, as_json=json)))
