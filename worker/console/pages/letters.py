"""Dead letters: groups of one cause, a list with filters, one letter and what can be done with it.

Why it exists: what the command line does about dead letters, a page does too, through the same
services. A body is shown masked; whoever wants to see it whole is written down first. It must
not judge which letter may be replayed.
"""

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Final
from urllib.parse import urlencode

from aiohttp import web

from worker.console.ask import Ask, Refusal
from worker.console.config import Level
from worker.console.page import Nav, Pages
from worker.deadletters import show
from worker.deadletters.editing import EditError, may_be_edited
from worker.deadletters.evidence import evidence_for
from worker.deadletters.fingerprint import cause
from worker.deadletters.judgement import objection
from worker.deadletters.where import WhereError, read
from worker.deadletters.work import LetterWork
from worker.runtime.lettering import DISCARDED, STATES, Condition, LetterQuery
from worker.runtime.ports import DeadLetter

PATH: Final = "/letters"
SHOWN: Final = 50
GROUPS: Final = 40
SELECTED: Final = 500
LONGEST: Final = 1_000

pages = Pages("letters")


@dataclass(frozen=True, slots=True)
class Filters:
    """What the form above a list says."""

    where: str
    search: str
    ids: tuple[str, ...] = ()

    @property
    def url(self) -> str:
        """The filters, behind a question mark."""
        pairs = [("where", self.where), ("search", self.search), *(("id", i) for i in self.ids)]
        return urlencode([pair for pair in pairs if pair[1]])

    def query(self, now: datetime) -> LetterQuery:
        """Return the query. Raises Refusal where the words cannot be read."""
        states = STATES if self.ids else LetterQuery().states
        base = LetterQuery(search=self.search[:LONGEST], ids=self.ids, states=states)
        try:
            return read(self.where, now, base)
        except WhereError as error:
            raise Refusal("letters.where_wrong", why=str(error)) from None


def work_of(ask: Ask) -> LetterWork:
    """Return the services, in the name of whoever asks."""
    return LetterWork(ask.parts.store, ask.parts.clock, f"console:{ask.user.name}")


def filters_of(values: Any) -> Filters:  # noqa: ANN401  (a query or a form)
    """Return the filters of an address or of a form."""
    ids = tuple(str(one) for one in values.getall("id", []))[:SELECTED]
    return Filters(str(values.get("where", "")).strip(), str(values.get("search", "")).strip(), ids)


@pages.get(PATH, needs=Level.VIEWER, nav=Nav("work", 20, "d"))
async def listing(ask: Ask) -> web.Response:
    """Show groups and letters, the newest failure first."""
    store, filters = ask.parts.store, filters_of(ask.request.query)
    wrong = ""
    try:
        query = filters.query(ask.parts.clock.now())
    except Refusal as refusal:
        wrong, query = str(refusal.values["why"]), LetterQuery(ids=("",))
    after = _place(ask.query("after"))
    page = _paged(query, after, SHOWN + 1)
    found = list(await store.find_letters(page))
    groups = [] if after else await store.letter_groups(_paged(query, None, GROUPS))
    last = found[SHOWN - 1] if len(found) > SHOWN else None
    older = f"{last.last_failed_at.isoformat()},{last.id}" if last else ""
    return ask.show(
        "letters.html",
        filters=filters,
        wrong=wrong,
        groups=groups,
        letters=found[:SHOWN],
        count=sum(one.count for one in groups),
        older=ask.url(after=older) if older else "",
        newer=ask.url(after=None) if after else "",
        states=STATES[:-1],
        cause=cause,
    )


@pages.get(PATH + "/{id}", needs=Level.VIEWER)
async def letter(ask: Ask) -> web.Response:
    """Show one letter, masked."""
    return await _shown(ask, await _letter(ask))


@pages.post(PATH + "/{id}/reveal", needs=Level.OPERATOR)
async def reveal(ask: Ask) -> web.Response:
    """Show one letter whole, once that is written down."""
    found = await _letter(ask)
    await work_of(ask).reveal(found.id, ask.field("reason"))
    return await _shown(ask, found, personal=True)


@pages.post(PATH + "/{id}/replay", needs=Level.OPERATOR)
async def replay(ask: Ask) -> web.Response:
    """Send a letter home now."""
    found = await _letter(ask)
    report = await work_of(ask).replay(ask.parts.broker, [found.id], ask.field("reason"))
    if report.refused:
        why = report.refused[0].reason
        return ask.back(_path(found), "letters.not_replayed", kind="bad", why=why)
    return ask.back(_path(found), "letters.replayed", id=found.id)


@pages.post(PATH + "/{id}/discard", needs=Level.OPERATOR)
async def discard(ask: Ask) -> web.Response:
    """Put a letter aside."""
    found = await _letter(ask)
    query = LetterQuery(ids=(found.id,), states=STATES)
    done = await work_of(ask).discard(query, found.id, ask.reason())
    return _said(ask, found, "letters.discarded" if done else "")


@pages.post(PATH + "/{id}/restore", needs=Level.OPERATOR)
async def restore(ask: Ask) -> web.Response:
    """Open a discarded letter again."""
    found = await _letter(ask)
    query = LetterQuery(ids=(found.id,), states=(DISCARDED,))
    done = await work_of(ask).restore(query, found.id, ask.reason())
    return _said(ask, found, "letters.restored" if done else "")


@pages.post(PATH + "/{id}/note", needs=Level.OPERATOR)
async def note(ask: Ask) -> web.Response:
    """Write something beside a letter."""
    found = await _letter(ask)
    text = ask.field("text")[:LONGEST]
    if not text:
        raise Refusal("letters.note_missing")
    await work_of(ask).note(found.id, text)
    return _said(ask, found, "letters.noted")


@pages.post(PATH + "/{id}/editor", needs=Level.OPERATOR)
async def editor(ask: Ask) -> web.Response:
    """Show the form with the whole body, once that is written down."""
    found = await _letter(ask)
    if why_not := may_be_edited(found):
        return ask.back(_path(found), "letters.not_edited", kind="bad", why=why_not)
    await work_of(ask).reveal(found.id, "to edit it")
    body = found.message.body.decode("utf-8", "backslashreplace")
    return ask.show("letter_edit.html", letter=found, body=body, why="", reason="")


@pages.post(PATH + "/{id}/edit", needs=Level.OPERATOR)
async def edit(ask: Ask) -> web.Response:
    """Put an edited copy in a letter's place and send it; say what does not fit."""
    found, reason, body = await _letter(ask), ask.reason(), ask.field("body")
    work = work_of(ask)
    try:
        copy = await work.edit(found, body.encode(), reason)
    except EditError as error:
        return ask.show(
            "letter_edit.html", letter=found, body=body, why=str(error), reason=reason, status=400
        )
    if ask.field("hold"):
        return ask.back(_path(copy), "letters.edited", id=found.id)
    report = await work.replay(ask.parts.broker, [copy.id], reason)
    kind = "good" if report.complete else "bad"
    return ask.back(_path(copy), "letters.edited", kind=kind, id=found.id)


async def _letter(ask: Ask) -> DeadLetter:
    found = await ask.parts.store.dead_letter(ask.path("id"))
    if found is None:
        raise web.HTTPNotFound
    return found


async def _shown(ask: Ask, found: DeadLetter, *, personal: bool = False) -> web.Response:
    store = ask.parts.store
    parent = LetterQuery((Condition("parent", "=", (found.id,)),), states=STATES)
    return ask.show(
        "letter.html",
        letter=found,
        personal=personal,
        body=show.indented(show.document(found, personal=personal)["body"]),
        headers=show.indented(dict(found.message.headers)),
        evidence=await evidence_for(store, found),
        notes=await store.letter_notes(found.id),
        copies=await store.find_letters(parent),
        objection=objection(found, alone=True),
        no_edit=may_be_edited(found),
    )


def _said(ask: Ask, found: DeadLetter, key: str) -> web.Response:
    if key:
        return ask.back(_path(found), key, id=found.id)
    return ask.back(_path(found), "letters.in_no_state", kind="bad", id=found.id)


def _path(found: DeadLetter) -> str:
    return f"{PATH}/{found.id}"


def _paged(query: LetterQuery, after: tuple[datetime, str] | None, limit: int) -> LetterQuery:
    return replace(query, after=after, limit=limit)


def _place(text: str) -> tuple[datetime, str] | None:
    """Read where a page ended; what is none of ours is the beginning."""
    at, _, name = text.partition(",")
    try:
        moment = datetime.fromisoformat(at)
    except ValueError:
        return None
    return (moment, name) if moment.tzinfo else None
