"""``deadletters`` on the command line: options in, text out.

Why it exists: what the console does about dead letters, a shell does too. Exit codes: 0 all
that was asked for was done, 1 something was not, 2 it was asked for in words that cannot be
read. It must not hold logic.
"""

import asyncio
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from worker.cli_jobs import job, jobs
from worker.cli_options import Json, exit_by, settings_of

if TYPE_CHECKING:
    from worker.commands.letters import Decided, Which

deadletters = typer.Typer(help="Messages that need a person.", no_args_is_help=True)
deadletters.command("jobs")(jobs)
deadletters.add_typer(job, name="job")

Letter = Annotated[str, typer.Argument(help="As `deadletters list` shows it.")]
Letters = Annotated[
    list[str] | None, typer.Argument(help="Letters, as `deadletters list` shows them.")
]
Where = Annotated[
    str, typer.Option(help="Such as 'kind=delivery_failed channel=k last_failed>2h'.")
]
Search = Annotated[str, typer.Option(help="One of its numbers, or words of the cause.")]
Limit = Annotated[int, typer.Option(min=1, help="How many at most.")]
Reason = Annotated[str, typer.Option(help="Why, for the audit; name nobody.")]
DryRun = Annotated[bool, typer.Option("--dry-run", help="Say how many; change nothing.")]
LISTED = 100_000


def which(ids: Sequence[str] | None, where: str, search: str = "", limit: int = LISTED) -> "Which":
    """Return the letters that are meant; words that cannot be read are exit code 2."""
    from worker.commands.letters import Which
    from worker.deadletters.where import WhereError

    found = Which(tuple(ids or ()), where, search, limit)
    try:
        found.query()
    except WhereError as error:
        raise typer.BadParameter(f"--where: {error}") from None
    return found


@deadletters.command("list")
def list_deadletters(
    context: typer.Context,
    where: Where = "",
    search: Search = "",
    limit: Limit = LISTED,
    long: Annotated[bool, typer.Option("--long", help="Everything but the message.")] = False,
    json: Json = False,
) -> None:
    """List dead letters, the newest failure first; open ones, unless `state=…` is asked for."""
    from worker.commands import letters as commands

    found = which((), where, search, limit)
    asyncio.run(commands.list_deadletters(settings_of(context), found, long=long, as_json=json))


@deadletters.command("groups")
def list_groups(
    context: typer.Context,
    where: Where = "",
    search: Search = "",
    limit: Limit = 1000,
    json: Json = False,
) -> None:
    """List groups of letters that died of the same cause, the largest first."""
    from worker.commands import letters as commands

    found = which((), where, search, limit)
    asyncio.run(commands.list_groups(settings_of(context), found, as_json=json))


@deadletters.command("show")
def show_deadletter(
    context: typer.Context,
    letter_id: Letter,
    personal: Annotated[
        bool,
        typer.Option("--personal", help="Show names, phones, ids and vouchers: is recorded."),
    ] = False,
    reason: Reason = "",
) -> None:
    """Show one dead letter whole, personal data masked."""
    from worker.commands import letters as commands

    settings = settings_of(context)
    shown = commands.show_deadletter(settings, letter_id, personal=personal, reason=reason)
    exit_by(asyncio.run(shown))


@deadletters.command("replay")
def replay_deadletters(
    context: typer.Context,
    ids: Letters = None,
    where: Where = "",
    group: Annotated[str, typer.Option(help="All of one group; see `groups`.")] = "",
    limit: Limit = LISTED,
    rate: Annotated[
        float | None,
        typer.Option(min=0.01, max=2000, help="Letters a second.", show_default="50"),
    ] = None,
    canary: Annotated[int, typer.Option(min=0, help="So many first; see below.")] = 0,
    canary_wait: Annotated[
        int, typer.Option(min=1, help="For so many seconds the canary is waited for.")
    ] = 300,
    dry_run: DryRun = False,
    reason: Reason = "",
    wait: Annotated[bool, typer.Option("--wait", help="Follow the job to its end.")] = False,
    json: Json = False,
) -> None:
    """Send dead letters back to their queues; exit 1 if one cannot be.

    Ids alone are sent at once. With --where, --group, --rate or --canary it is a job that a
    running worker (saga or relay) works on: follow it with `deadletters job show`, or --wait.
    With a canary the rest goes only once so many were processed; if one fails again, it stops.
    """
    from worker.commands import letters, replay_jobs

    if not (ids or where or group):
        raise typer.BadParameter("name letters, or say --where or --group")
    as_job = bool(where or group or canary or rate or wait)
    asked = f'{where} group="{group}"'.strip() if group else where
    settings, found = settings_of(context), which(ids, asked, limit=limit)
    if dry_run:
        exit_by(asyncio.run(replay_jobs.look_first(settings, found, as_json=json)))
    elif as_job:
        made = replay_jobs.job_of(found, LISTED, rate or 50.0, canary, canary_wait, reason)
        exit_by(asyncio.run(replay_jobs.begin_job(settings, made, wait=wait, as_json=json)))
    else:
        exit_by(asyncio.run(letters.replay_deadletters(settings, ids or [], reason)))


@deadletters.command("edit")
def edit_deadletter(
    context: typer.Context,
    letter_id: Letter,
    body: Annotated[str, typer.Option(help="A file with the whole new body; - is stdin.")] = "",
    values: Annotated[
        list[str] | None,
        typer.Option("--set", help="PATH=VALUE, such as data.order.take_phone=13800000000."),
    ] = None,
    reason: Reason = "",
    hold: Annotated[bool, typer.Option("--hold", help="Do not replay the copy yet.")] = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Check it; change nothing.")] = False,
) -> None:
    """Put an edited copy in a letter's place and replay it; exit 1 if it is refused."""
    from worker.commands import letters as commands

    changes = dict(one.partition("=")[::2] for one in values or ())
    if not (body or changes) or "" in changes:
        raise typer.BadParameter("give --body FILE, or --set PATH=VALUE")
    text = None
    if body:
        text = sys.stdin.buffer.read() if body == "-" else Path(body).read_bytes()
    edit = commands.edit_deadletter(
        settings_of(context),
        letter_id,
        body=text,
        values=changes,
        reason=reason,
        hold=hold,
        dry=dry_run,
    )
    exit_by(asyncio.run(edit))


@deadletters.command("discard")
def discard_deadletters(
    context: typer.Context,
    reason: Annotated[str, typer.Option(help="Why, for the audit; name nobody.")],
    ids: Letters = None,
    where: Where = "",
    limit: Limit = LISTED,
    dry_run: DryRun = False,
    json: Json = False,
) -> None:
    """Put letters aside, with a reason; exit 1 if one that was named could not be."""
    _decide(context, "discarded", _some(ids, where, limit), reason, dry=dry_run, as_json=json)


@deadletters.command("restore")
def restore_deadletters(
    context: typer.Context,
    ids: Letters = None,
    where: Where = "",
    limit: Limit = LISTED,
    reason: Reason = "",
    dry_run: DryRun = False,
    json: Json = False,
) -> None:
    """Open discarded letters again; exit 1 if one that was named could not be."""
    _decide(context, "restored", _some(ids, where, limit), reason, dry=dry_run, as_json=json)


@deadletters.command("note")
def note_deadletter(
    context: typer.Context,
    letter_id: Letter,
    text: Annotated[str, typer.Argument(help="For whoever looks next; name nobody.")],
) -> None:
    """Write something beside a letter; exit 1 if there is none of this id."""
    from worker.commands import letters as commands

    exit_by(asyncio.run(commands.note_deadletter(settings_of(context), letter_id, text)))


@deadletters.command("export")
def export_deadletters(
    context: typer.Context,
    where: Where = "",
    search: Search = "",
    limit: Limit = LISTED,
    personal: Annotated[
        bool, typer.Option("--personal", help="Nothing masked: is recorded.")
    ] = False,
) -> None:
    """Print whole letters, one JSON object a line, personal data masked."""
    from worker.commands import letters as commands

    found = which((), where, search, limit)
    asyncio.run(commands.export_deadletters(settings_of(context), found, personal=personal))


def _some(ids: Sequence[str] | None, where: str, limit: int) -> "Which":
    if not (ids or where):
        raise typer.BadParameter("name letters, or say --where")
    return which(ids, where, limit=limit)


def _decide(
    context: typer.Context,
    what: "Decided",
    found: "Which",
    reason: str,
    *,
    dry: bool,
    as_json: bool,
) -> None:
    from worker.commands import letters as commands

    settings = settings_of(context)
    done = commands.decide_deadletters(settings, found, what, reason, dry=dry, as_json=as_json)
    exit_by(asyncio.run(done))
