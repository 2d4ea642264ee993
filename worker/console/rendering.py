"""Templates: jinja2 with everything escaped, and the words that templates may use.

Why it exists: what a message, a channel or ZZY wrote is text on a page, never markup; the
only markup comes from templates/. Times are shown in Beijing time (东八区), which both
protocols and all guests use, with the exact moment as the title. It must not know a page.
"""

from collections.abc import Mapping
from datetime import UTC, datetime
from decimal import Decimal
from functools import cache
from typing import TYPE_CHECKING, Any, Final

from jinja2 import Environment, PackageLoader, StrictUndefined, pass_context
from jinja2.runtime import Context
from markupsafe import Markup

from worker.console import texts
from worker.console.assets import asset_url
from worker.console.said import alarm_said, said
from worker.translation.admission import SHANGHAI

if TYPE_CHECKING:
    from worker.console.ask import Ask

NONE: Final = "–"
_MINUTE, _HOUR, _DAY = 60, 3_600, 86_400


@cache
def environment() -> Environment:
    """Return the templates of this package."""
    made = Environment(
        loader=PackageLoader("worker.console"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    made.globals |= {"asset": asset_url, "t": _text, "navigation": _navigation, "page": _page}
    made.globals |= {"said": _said, "alarm_said": _alarm_said}
    made.filters |= {
        "said": _said,
        "when": when,
        "clock": clock,
        "moment": moment,
        "ago": _ago,
        "age": _age,
        "span": _span,
        "number": number,
        "yuan": yuan,
    }
    return made


def render(template: str, values: Mapping[str, object]) -> str:
    """Return a template, filled."""
    return environment().get_template(template).render(values)


def when(moment: datetime | None) -> str | Markup:
    """Return day and time to the second."""
    return _time(moment, "%Y-%m-%d %H:%M:%S")


def clock(moment: datetime | None) -> str | Markup:
    """Return the time of day alone; the title holds the rest."""
    return _time(moment, "%H:%M:%S")


def moment(text: str) -> str | Markup:
    """Return day and time of a moment that is written as text."""
    return when(datetime.fromisoformat(text))


def _time(moment: datetime | None, form: str) -> str | Markup:
    if moment is None:
        return NONE
    exact = moment.astimezone(UTC).isoformat(timespec="milliseconds")
    shown = moment.astimezone(SHANGHAI).strftime(form)
    return Markup('<time datetime="{0}" title="{0}">{1}</time>').format(exact, shown)


def number(value: float | None) -> str:
    """Return a number with its thousands apart."""
    if value is None:
        return NONE
    return f"{value:,}" if isinstance(value, int) else f"{value:,.2f}".rstrip("0").rstrip(".")


def yuan(value: Decimal | None) -> str:
    """Return an amount of yuan (元)."""
    return NONE if value is None else f"¥{value:,.2f}"


def span_text(language: str, seconds: float | None) -> str:
    """Return a length of time in its two largest units."""
    if seconds is None:
        return NONE
    if seconds < 1:
        return texts.text(language, "common.milliseconds", n=round(seconds * 1000))
    if seconds < _MINUTE:
        shown = f"{seconds:.1f}".removesuffix(".0") if seconds < 10 else f"{seconds:.0f}"  # noqa: PLR2004
        return texts.text(language, "common.seconds", n=shown)
    whole = int(seconds)
    if whole < _HOUR:
        return _two(language, "minutes", whole // _MINUTE, "seconds", whole % _MINUTE)
    if whole < _DAY:
        return _two(language, "hours", whole // _HOUR, "minutes", whole % _HOUR // _MINUTE)
    return _two(language, "days", whole // _DAY, "hours", whole % _DAY // _HOUR)


def _two(language: str, large: str, many: int, small: str, few: int) -> str:
    first = texts.text(language, f"common.{large}", n=many)
    return f"{first} {texts.text(language, f'common.{small}', n=few)}" if few else first


def _ask(context: Context) -> "Ask":
    ask: Ask = context["ask"]
    return ask


@pass_context
def _text(context: Context, key: str, /, **values: object) -> str:
    return _ask(context).text(key, **values)


@pass_context
def _said(context: Context, sentence: str | None) -> str:
    return said(_ask(context).language, sentence or "")


@pass_context
def _alarm_said(context: Context, kind: str, sentence: str) -> str:
    return alarm_said(_ask(context).language, kind, sentence)


@pass_context
def _span(context: Context, seconds: float | None) -> str:
    return span_text(_ask(context).language, seconds)


@pass_context
def _ago(context: Context, moment: datetime | None) -> str | Markup:
    """Return how long ago it was, with the word for it; the title holds the moment."""
    return _aged(context, moment, "common.ago")


@pass_context
def _age(context: Context, moment: datetime | None) -> str | Markup:
    """Return how old it is, the bare length of time; the title holds the moment."""
    return _aged(context, moment, "common.age")


def _aged(context: Context, moment: datetime | None, key: str) -> str | Markup:
    if moment is None:
        return NONE
    ask = _ask(context)
    seconds = max(0.0, (ask.parts.clock.now() - moment).total_seconds())
    shown = ask.text(key, span=span_text(ask.language, seconds))
    exact = moment.astimezone(SHANGHAI).strftime("%Y-%m-%d %H:%M:%S")
    markup = Markup('<time datetime="{0}" title="{1}">{2}</time>')
    return markup.format(moment.isoformat(), exact, shown)


@pass_context
def _navigation(context: Context) -> list[dict[str, Any]]:
    from worker.console.navigation import navigation  # noqa: PLC0415  (it names every page)

    return navigation(_ask(context))


def _page(name: str) -> str:
    """Return the address of the pages of this name, or nothing where there are none."""
    from worker.console.navigation import entries  # noqa: PLC0415  (it names every page)

    return next((route.path for route in entries() if route.name == name), "")
