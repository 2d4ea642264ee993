"""The kinds of value that a setting can hold, beyond numbers and strings.

Why it exists: a duration is read the same way everywhere. It must not name a setting.
"""

import ipaddress
import re
from typing import Annotated, Final
from urllib.parse import urlsplit

from pydantic import AfterValidator, BeforeValidator, Field

from contracts.channel import Code

UNITS: Final = {"ms": 0.001, "s": 1.0, "m": 60.0, "h": 3_600.0, "d": 86_400.0}
_DURATION = re.compile(r"(\d+(?:\.\d+)?)\s*(ms|s|m|h|d)")


def parse_duration(value: object) -> object:
    """Return seconds for ``"90s"``, ``"2m"``, ``"24h"``; a number is seconds already."""
    if isinstance(value, bool):
        raise ValueError('not a duration: write seconds, or "30s", "2m", "24h"')  # noqa: TRY004
    if not isinstance(value, str):
        return value
    if match := _DURATION.fullmatch(value.strip()):
        return float(match[1]) * UNITS[match[2]]
    try:
        return float(value)
    except ValueError:
        raise ValueError('not a duration: write seconds, or "30s", "2m", "24h"') from None


def web_address(value: str) -> str:
    """Return an address of the web. Raises ValueError."""
    parts = urlsplit(value)
    if parts.scheme not in {"http", "https"} or not parts.hostname:
        raise ValueError("not an address that begins with http:// or https://")
    return value


def _network(value: str) -> str:
    return str(ipaddress.ip_network(value, strict=False))


def _path(value: str) -> str:
    if not value.startswith("/"):
        raise ValueError("not a path that begins with /")
    return value


def _refusal(value: object) -> str:
    code = str(value)
    if not code.startswith("3") or code not in set(Code):
        raise ValueError("not a code (3000 to 3012) of the channel protocol")
    return code


Seconds = Annotated[float, BeforeValidator(parse_duration), Field(ge=0, allow_inf_nan=False)]
WebAddress = Annotated[str, AfterValidator(web_address)]
Network = Annotated[str, AfterValidator(_network)]
UrlPath = Annotated[str, AfterValidator(_path)]
ChannelCode = Annotated[str, BeforeValidator(_refusal)]
"""A code with which the channel protocol refuses an order; 3008 or "3008"."""
