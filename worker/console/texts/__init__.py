"""Every text of the console, in English and in Chinese, side by side.

Why it exists: a text that is forgotten in one language is seen at once, and a test fails.
Each page has a file here; ``key = { en = "…", zh = "…" }`` in ``orders.toml`` is the text
``orders.key``. ``{name}`` stands for what is put in. It must not know a page.
"""

import tomllib
from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from typing import Final

LANGUAGES: Final = ("en", "zh")


@cache
def catalogue() -> Mapping[str, Mapping[str, str]]:
    """Return every text by its key, in each language."""
    texts: dict[str, Mapping[str, str]] = {}
    for file in files(__package__).iterdir():
        if file.name.endswith(".toml"):
            page = tomllib.loads(file.read_text(encoding="utf-8"))
            stem = file.name.removesuffix(".toml")
            texts |= {f"{stem}.{key}": text for key, text in page.items()}
    return texts


def text(language: str, key: str, /, **values: object) -> str:
    """Return a text, filled. Raises KeyError for a key that there is not."""
    found = catalogue()[key][language]
    return found.format(**values) if values else found


def known(key: str) -> bool:
    """Tell whether there is such a text."""
    return key in catalogue()


def language_of(wanted: str, accepted: str) -> str:
    """Return the language that was chosen, else the first that a browser accepts, else English.

    ``accepted`` is an Accept-Language header.
    """
    if wanted in LANGUAGES:
        return wanted
    for part in accepted.lower().split(","):
        name = part.split(";")[0].strip().split("-")[0]
        if name in LANGUAGES:
            return name
    return LANGUAGES[0]
