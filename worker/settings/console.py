"""The console: where people look and act, and who may.

Why it exists: who may log in stands in the configuration, as hashes. It must not check a
password. Source: docs/decisions on the console; DESIGN.md names host and port.
"""

from typing import Annotated, Literal

from pydantic import Field, SecretStr, field_validator

from worker.settings.section import Section, Text
from worker.settings.values import Seconds, WebAddress

ARGON2 = "$argon2id$"


class ConsoleUser(Section):
    """Somebody who may log in."""

    name: Annotated[str, Field(pattern=r"^[^\s\x00-\x1f\x7f]{1,64}$")]
    role: Literal["viewer", "operator", "admin"] = "viewer"
    """viewer: reads; operator: acts too; admin: also sees and does what is for few."""
    password_hash: SecretStr
    """As `console hash-password` prints it."""

    @field_validator("password_hash")
    @classmethod
    def _argon2(cls, value: SecretStr) -> SecretStr:
        if not value.get_secret_value().startswith(ARGON2):
            raise ValueError("not a hash as `ticketbridge console hash-password` prints it")
        return value


class Console(Section):
    """The pages for people."""

    enabled: bool = True
    """false: no part of `run` without a role; `run console` has it all the same."""
    host: Text = "127.0.0.1"
    port: Annotated[int, Field(ge=0, le=65_535)] = 9180
    """0: a free one. Set here and taken, it stops the start; else the console is left out."""
    public_url: WebAddress | None = None
    """Where people reach it, behind a proxy; https makes its cookies secure."""
    session_idle_seconds: Annotated[Seconds, Field(ge=60)] = 3_600
    """Who does nothing for so long must log in again."""
    session_seconds: Annotated[Seconds, Field(ge=60)] = 43_200
    """Who logged in so long ago must log in again."""
    sample_days: Annotated[float, Field(gt=0)] = 90
    """How long the plots of the overview reach back."""
    users: tuple[ConsoleUser, ...] = ()
    """Without any, nobody can log in."""

    @field_validator("users")
    @classmethod
    def _distinct_users(cls, users: tuple[ConsoleUser, ...]) -> tuple[ConsoleUser, ...]:
        names = [user.name for user in users]
        for name in names:
            if names.count(name) > 1:
                raise ValueError(f"name {name} stands there more than once")
        return users

    @property
    def wants_its_port(self) -> bool:
        """Tell whether the port was chosen by hand: then it must be had."""
        return "port" in self.model_fields_set
