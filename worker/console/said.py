"""Sentences that the worker keeps in English, in the reader's language.

Why it exists: why an order is in front of a human, what differs on a day, an alarm's words are
stored once, for logs, scripts and robots; a Chinese page says them in Chinese. Each is in
``said.toml`` or ``alarm_kinds.toml``; one that is in neither, of an earlier release, is shown as
it is. It must not change what is stored.
"""

import re
from functools import cache
from typing import Final

from worker.console import texts

STORED: Final = "en"
_PLACE: Final = re.compile(r"\\{(\w+)\\}")
_WORD: Final = re.compile(r"\b[a-z_]+\b")


def said(language: str, sentence: str) -> str:
    """Return a stored sentence in a language."""
    if language == STORED or not sentence:
        return sentence
    for pattern, key in _patterns():
        if found := pattern.fullmatch(sentence):
            values = {name: _value(language, text) for name, text in found.groupdict().items()}
            return texts.text(language, key, **values)
    return sentence


def alarm_said(language: str, kind: str, text: str) -> str:
    """Return what an alarm says in a language: the words of its kind, and then its facts."""
    key = f"alarm_kinds.{kind}"
    if language == STORED or not texts.known(key):
        return text
    says = texts.text(STORED, key)
    if not text.startswith(says):
        return text
    facts = text.removeprefix(says).removeprefix(": ")
    return ": ".join(filter(None, (texts.text(language, key), said(language, facts))))


@cache
def _patterns() -> list[tuple[re.Pattern[str], str]]:
    """Return what each sentence looks like, those with the most words of their own first."""
    keys = [key for key in texts.catalogue() if key.startswith("said.")]
    keys.sort(key=lambda key: (_fixed(key), key), reverse=True)
    return [(re.compile(_PLACE.sub(r"(?P<\1>.+?)", re.escape(_stored(key)))), key) for key in keys]


def _stored(key: str) -> str:
    return texts.text(STORED, key)


def _fixed(key: str) -> int:
    return len(re.sub(r"\{\w+\}", "", _stored(key)))


def _value(language: str, value: str) -> str:
    """Return what stands in a sentence: states and words in the language, all else as it is."""

    def word(found: re.Match[str]) -> str:
        for key in (f"orders.state_{found[0]}", f"said.word_{found[0]}"):
            if texts.known(key):
                return texts.text(language, key)
        return found[0]

    return _WORD.sub(word, value)
