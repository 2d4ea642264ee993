"""Replay jobs: how far each is, and what can be done with it; and the form that begins one.

Why it exists: a replay of many letters is looked at first (how many go, what stays and why),
begun, watched, cancelled and resumed here. It must not send a letter: workers do.
"""

from dataclasses import replace
from typing import Final

from aiohttp import web

from worker.console.ask import Ask, Refusal
from worker.console.config import Level
from worker.console.page import Nav, Pages
from worker.console.pages.letters import filters_of, work_of
from worker.deadletters.progress import Progress, progress
from worker.runtime.replaying import ReplayJob

PATH: Final = "/replays"
SHOWN: Final = 50
FASTEST: Final = 2_000.0
SLOWEST: Final = 0.01
MOST: Final = 1_000_000

pages = Pages("replays")


@pages.get(PATH, needs=Level.VIEWER, nav=Nav("work", 30, "j"))
async def jobs(ask: Ask) -> web.Response:
    """Show the jobs, the newest first."""
    store, now = ask.parts.store, ask.parts.clock.now()
    found = [await progress(store, job, now) for job in await store.replay_jobs(limit=SHOWN)]
    return ask.show("replays.html", jobs=found)


@pages.get(PATH + "/new", needs=Level.OPERATOR)
async def new(ask: Ask) -> web.Response:
    """Show what a replay would send and what it would leave."""
    filters = filters_of(ask.request.query)
    query = filters.query(ask.parts.clock.now())
    found = await work_of(ask).look_first(query)
    return ask.show("replay_new.html", filters=filters, found=found)


@pages.post(PATH, needs=Level.OPERATOR)
async def begin(ask: Ask) -> web.Response:
    """Make a job for a worker to take."""
    filters, now = filters_of(ask.form), ask.parts.clock.now()
    asked = ReplayJob(
        id="",
        query=filters.query(now),
        where=f"{filters.where} {filters.search} {', '.join(filters.ids[:20])}".strip() or "open",
        created_at=now,
        created_by="",
        reason=ask.reason(),
        rate=_rate(ask),
        canary=_whole(ask, "canary", 0),
        most=_whole(ask, "most", 0),
    )
    made = await work_of(ask).begin(asked)
    return ask.back(f"{PATH}/{made.id}", "replays.begun", n=made.total)


@pages.post("/letters/discard", needs=Level.OPERATOR)
async def discard(ask: Ask) -> web.Response:
    """Put all letters of a filter aside."""
    filters, reason = filters_of(ask.form), ask.reason()
    if ask.field("confirmed") != "yes" or not filters.url:
        raise Refusal("replays.not_confirmed")
    query = filters.query(ask.parts.clock.now())
    told = filters.where or filters.search or ", ".join(filters.ids[:20])
    done = await work_of(ask).discard(replace(query, limit=MOST), told, reason)
    return ask.back("/letters", "replays.discarded", n=len(done))


@pages.get(PATH + "/{id}", needs=Level.VIEWER)
async def job(ask: Ask) -> web.Response:
    """Show how far a job is."""
    return ask.show("replay.html", found=await _found(ask))


@pages.post(PATH + "/{id}/cancel", needs=Level.OPERATOR)
async def cancel(ask: Ask) -> web.Response:
    """Let a job send no more."""
    job_id = ask.path("id")
    done = await work_of(ask).cancel(job_id, ask.reason())
    return _said(ask, job_id, "replays.cancelled" if done else "")


@pages.post(PATH + "/{id}/resume", needs=Level.OPERATOR)
async def resume(ask: Ask) -> web.Response:
    """Let a job go on."""
    job_id = ask.path("id")
    done = await work_of(ask).resume(job_id, ask.reason())
    return _said(ask, job_id, "replays.resumed" if done else "")


async def _found(ask: Ask) -> Progress:
    known = await ask.parts.store.replay_job(ask.path("id"))
    if known is None:
        raise web.HTTPNotFound
    return await progress(ask.parts.store, known, ask.parts.clock.now())


def _said(ask: Ask, job_id: str, key: str) -> web.Response:
    path = f"{PATH}/{job_id}"
    return ask.back(path, key) if key else ask.back(path, "replays.in_no_state", kind="bad")


def _rate(ask: Ask) -> float:
    try:
        rate = float(ask.field("rate") or 50)
    except ValueError:
        rate = 0.0
    if not SLOWEST <= rate <= FASTEST:
        raise Refusal("replays.rate_wrong", least=SLOWEST, most=FASTEST)
    return rate


def _whole(ask: Ask, name: str, otherwise: int) -> int:
    text = ask.field(name)
    if not text:
        return otherwise
    if not (text.isascii() and text.isdigit()) or int(text[:9]) > MOST:
        raise Refusal("replays.number_wrong", most=MOST)
    return int(text[:9])
