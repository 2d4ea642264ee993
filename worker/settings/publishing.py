"""Who publishes commands besides us, and whether order events are published.

Why it exists: what concerns other systems on the broker stands together; models.py holds
the rest. It must not read a file or the environment.
"""

from typing import Annotated, Literal

from pydantic import BeforeValidator, Field

from worker.settings.section import Section, Text


def _as_word(value: object) -> object:
    """Take TOML's true and false beside the words that an environment variable can hold."""
    return str(value).lower() if isinstance(value, bool) else value


class Upstream(Section):
    """A system that publishes commands on RabbitMQ under a login of its own."""

    user: Text
    channels: Annotated[tuple[Text, ...], Field(min_length=1)]
    """The app_keys of the channels for which it may speak."""


class Events(Section):
    """The order events on the events exchange."""

    publish: Annotated[Literal["auto", "true", "false"], BeforeValidator(_as_word)] = "auto"
    """auto and true: on RabbitMQ; the embedded broker has nobody who could listen."""
