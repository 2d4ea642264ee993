"""9. No secret, id card, name, phone or voucher code in any log or metric."""

import re
from collections.abc import Iterable

_NUMBERS = re.compile(r"(?<![0-9A-Za-z])\d{11,18}[X]?(?![0-9A-Za-z])")
_CHINESE = re.compile(r"[\u4e00-\u9fff]{2,}")


def leaks(text: str, words: Iterable[str]) -> set[str]:
    """Return which of the words stand in the text; numbers as a whole, others anywhere."""
    numbers = set(_NUMBERS.findall(text))
    chinese = " ".join(set(_CHINESE.findall(text)))
    found = set()
    for word in words:
        if _NUMBERS.fullmatch(word):
            found |= {word} & numbers
        elif word in (chinese if _CHINESE.fullmatch(word) else text):
            found.add(word)
    return found
