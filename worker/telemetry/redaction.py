"""Takes secrets and personal data out of what is logged.

Why it exists: a careful call site is the first line, this is the second; it also reads
what others wrote, such as exception texts. It must not change anything else. Values are
masked by the name of their key, and inside strings by what they look like: id-card numbers,
mobile numbers, passwords in addresses, and our own secrets word for word.
"""

import re
from collections.abc import Iterable, Mapping, MutableMapping
from typing import Any, Final

MASK: Final = "***"


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


SECRET_KEYS: Final = _words(
    "appsecret appsecrets secret secrets sign signkey signkeys signature signatures authorization "
    "password token cookie encryptionkeys databaseurl brokerurl"
)
PERSONAL_KEYS: Final = _words(
    "idcard idcards idnumber idno cardid certno name names username realname contact contactname "
    "contacts linkman touristname passenger passengers person persons tourist tourists touristinfo "
    "phone phones mobile takephone contactmobile voucher vouchers vouchercode vouchercodes "
    "uservouchers qrcode qrcodes codes params body raw bodyjson ordernotifybody"
)
_MASKED: Final = SECRET_KEYS | PERSONAL_KEYS
_DATE: Final = r"(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01])"
_ID_CARD: Final = rf"[1-9]\d{{5}}(?:18|19|20)\d\d{_DATE}\d{{3}}[\dXx]"
_OLD_ID_CARD: Final = rf"[1-9]\d{{7}}{_DATE}\d{{3}}"
_MOBILE: Final = r"(?:\+?86[- ]?)?1[3-9]\d{9}"
_PERSONAL: Final = rf"(?<![0-9A-Za-z])(?:{_ID_CARD}|{_OLD_ID_CARD}|{_MOBILE})(?![0-9A-Za-z])"
_LOGIN_IN_ADDRESS: Final = r"(?<=://)[^/\s:@]*:[^/\s@]+(?=@)"
SHORTEST_SECRET: Final = 6
"""Shorter secrets are not looked for inside strings: they are parts of other words."""

Event = MutableMapping[str, Any]


class Redaction:
    """A structlog processor."""

    def __init__(self, secrets: Iterable[str] = ()) -> None:
        """Take the literal secrets that must never show."""
        literals = sorted({s for s in secrets if len(s) >= SHORTEST_SECRET}, key=len, reverse=True)
        self._shape = re.compile(
            "|".join([*map(re.escape, literals), _PERSONAL, _LOGIN_IN_ADDRESS])
        )
        self._known: dict[str, bool] = {}

    def __call__(self, _logger: object, _method: str, event: Event) -> Event:
        """Mask the values of an event in place and return it."""
        for key, value in event.items():
            event[key] = self._value(key, value)
        return event

    def text(self, text: str) -> str:
        """Return the text with everything masked that looks like it."""
        return self._shape.sub(MASK, text)

    def _value(self, key: object, value: object) -> object:
        if value is None or isinstance(value, bool | float):
            return value
        if isinstance(key, str) and self._is_masked(key):
            return MASK
        if isinstance(value, str):
            return self._shape.sub(MASK, value) if len(value) >= SHORTEST_SECRET else value
        return self._structure(value)

    def _structure(self, value: object) -> object:
        if isinstance(value, int):
            return MASK if self._shape.fullmatch(str(value)) else value
        if isinstance(value, Mapping):
            return {str(key): self._value(key, inner) for key, inner in value.items()}
        if isinstance(value, list | tuple | set | frozenset):
            return [self._value(None, inner) for inner in value]
        return self.text(value.hex() if isinstance(value, bytes) else str(value))

    def _is_masked(self, key: str) -> bool:
        known = self._known.get(key)
        if known is None:
            known = key.replace("_", "").replace("-", "").lower() in _MASKED
            if len(self._known) < 10_000:  # noqa: PLR2004  (keys of foreign mappings are many)
                self._known[key] = known
        return known
