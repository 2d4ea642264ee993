"""``deadletters jobs`` and ``deadletters job …``: options in, text out.

Why it exists: a replay of many letters goes on without the shell that began it. It must not
hold logic.
"""

import asyncio
from typing import Annotated

import typer

from worker.cli_options import Json, exit_by, settings_of

job = typer.Typer(help="One replay job.", no_args_is_help=True)

Job = Annotated[str, typer.Argument(help="As `deadletters jobs` shows it.")]
Reason = Annotated[str, typer.Option(help="Why, for the audit.")]


def jobs(
    context: typer.Context,
    limit: Annotated[int, typer.Option(min=1, help="How many at most.")] = 100,
    json: Json = False,
) -> None:
    """List replay jobs, the newest first, with what became of their letters."""
    from worker.commands import replay_jobs as commands

    asyncio.run(commands.list_jobs(settings_of(context), limit=limit, as_json=json))


@job.command("show")
def show(
    context: typer.Context,
    job_id: Job,
    wait: Annotated[bool, typer.Option("--wait", help="Follow it to its end.")] = False,
    json: Json = False,
) -> None:
    """Show how far a job is; with --wait exit 1 unless all its letters were processed."""
    from worker.commands import replay_jobs as commands

    settings = settings_of(context)
    shown = commands.follow_job if wait else commands.show_job
    exit_by(asyncio.run(shown(settings, job_id, as_json=json)))


@job.command("cancel")
def cancel(context: typer.Context, job_id: Job, reason: Reason = "") -> None:
    """Let a job send no more; what it sent stays sent. Exit 1 if it is over."""
    from worker.commands import replay_jobs as commands

    exit_by(asyncio.run(commands.cancel_job(settings_of(context), job_id, reason)))


@job.command("resume")
def resume(context: typer.Context, job_id: Job, reason: Reason = "") -> None:
    """Let a job go on that was cancelled or stopped, from where it was; its canary goes first."""
    from worker.commands import replay_jobs as commands

    exit_by(asyncio.run(commands.resume_job(settings_of(context), job_id, reason)))
