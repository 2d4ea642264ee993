"""Who we are to RabbitMQ.

Why it exists: the composition root asks it of set-ups whose driver it does not load. It
must not import the driver.
"""

from typing import Final
from urllib.parse import unquote, urlsplit

DEFAULT_USER: Final = "guest"


def login(url: str) -> str:
    """Return the user as whom an AMQP URL connects."""
    return unquote(urlsplit(url).username or DEFAULT_USER)
