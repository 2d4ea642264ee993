"""The switches of language and theme.

Why it exists: the browser's own choice is the default, and people may want the other. It
must not know more of the reader than what the cookie says.
"""

from typing import Final

from aiohttp import web

from worker.console.ask import LANGUAGE, THEME, THEMES, Ask
from worker.console.page import EVERYBODY, Pages
from worker.console.texts import LANGUAGES

YEAR: Final = 31_536_000

pages = Pages("preferences")


@pages.post("/preferences", needs=EVERYBODY)
async def choose(ask: Ask) -> web.Response:
    """Keep what was chosen, and show the page again."""
    response = ask.back(ask.field("back"))
    if (language := ask.field("language")) in LANGUAGES:
        ask.set_cookie(response, LANGUAGE, language, max_age=YEAR)
    if (theme := ask.field("theme")) in THEMES:
        ask.set_cookie(response, THEME, theme, max_age=YEAR)
    return response
