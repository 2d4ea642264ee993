"""The gateway that texts vouchers (短信网关), described by templates.

Why it exists: a provider is a matter of configuration: address, parameters, signature,
rule of success. It must not read a file, nor show what stands in a template: that may be
a password. Source: docs/sms.md.
"""

import json
import re
import string
from typing import Annotated, Final, Literal, Self

from pydantic import BeforeValidator, Field, SecretStr, model_validator

from worker.settings.section import Section, Text
from worker.settings.values import Seconds, WebAddress

SCHEMES = Literal[
    "none", "query-hmac-sha1", "query-hmac-sha256", "body-hmac-sha1", "body-hmac-sha256"
]

OF_THE_ORDER: Final = frozenset({"product", "date", "count", "codes", "order_code"})
"""What the text and the template's parameters can name."""

OF_THE_SENDING: Final = OF_THE_ORDER | {
    "phone",
    "text",
    "parameters",
    "sms_id",
    "nonce",
    "secret",
    "signature",
    "timestamp",
    "timestamp_seconds",
    "timestamp_ms",
}
"""What the request can name."""

_BARE: Final = frozenset({"count", "timestamp_seconds", "timestamp_ms"})
"""Numbers, which need no quotes in JSON."""


class _Template(string.Template):
    idpattern = r"(?a:[a-z][a-z0-9_]*)"
    flags = re.RegexFlag(0)


def check_template(template: str, known: frozenset[str]) -> None:
    """Refuse what cannot be filled in. Raises ValueError, which holds no text of it."""
    parsed = _Template(template)
    if not parsed.is_valid():
        raise ValueError("a $ that begins no ${placeholder}: write $$ for the sign itself")
    if unknown := set(parsed.get_identifiers()) - known:
        told = ", ".join(f"${{{name}}}" for name in sorted(unknown))
        raise ValueError(f"unknown placeholder {told}; known are {', '.join(sorted(known))}")


def _as_text(value: object) -> object:
    return json.dumps(value, ensure_ascii=False) if isinstance(value, dict | list) else value


class Sms(Section):
    """How vouchers are texted to guests."""

    url: WebAddress | None = None
    """None: nothing is texted; what should be becomes a dead letter."""
    method: Literal["POST", "GET"] = "POST"
    gateway_secret: SecretStr = SecretStr("")
    """Signs, or stands where a template says ``${secret}``."""
    headers: dict[Text, str] = {}  # noqa: RUF012  (pydantic copies it)
    query: dict[Text, str] = {}  # noqa: RUF012  (as above)
    form: dict[Text, str] = {}  # noqa: RUF012  (as above)
    """The parameters of a form body."""
    json_body: Annotated[str, BeforeValidator(_as_text)] = ""
    """A JSON body, instead of a form; a table or a text."""
    text: str = "您预订的${product}（${date}，${count}张）已出票，取票码：${codes}"
    template_parameters: dict[Text, str] = {}  # noqa: RUF012  (as above)
    """What ``${parameters}`` stands for, as a JSON object."""
    signature: SCHEMES = "none"
    signature_encoding: Literal["base64", "hex"] = "base64"
    success_statuses: tuple[Annotated[int, Field(ge=100, le=599)], ...] = (200,)
    success_field: str = ""
    """A field of the JSON answer that must hold success_value; empty: the status says it all."""
    success_value: str = ""
    error_field: str = ""
    """A field of the answer that tells people what is wrong."""
    codes_per_sms: Annotated[int, Field(ge=1, le=100)] = 10
    retry_delays: tuple[Seconds, ...] = (1, 5, 30, 120, 600, 1_800, 7_200, 21_600, 86_400)
    """Then the dead letters; each is rounded up to a delay tier."""
    connect_timeout_seconds: Seconds = 3
    timeout_seconds: Seconds = 10
    concurrency: Annotated[int, Field(ge=1, le=100)] = 4
    """Messages to the gateway under way at a time, a process."""

    @model_validator(mode="after")
    def _templates_can_be_filled(self) -> Self:
        for text in (self.text, *self.template_parameters.values()):
            check_template(text, OF_THE_ORDER)
        for text in self._request:
            check_template(text, OF_THE_SENDING)
        self._refuse_bodies()
        self._refuse_signatures()
        return self

    @property
    def _request(self) -> tuple[str, ...]:
        tables = (self.headers, self.query, self.form)
        return (*(text for table in tables for text in table.values()), self.json_body)

    def _refuse_bodies(self) -> None:
        if self.form and self.json_body:
            raise ValueError("form and json_body are both set")
        if self.method == "GET" and (self.form or self.json_body):
            raise ValueError("a GET has no body: use query")
        if self.json_body:
            sample = {name: "1" if name in _BARE else "a" for name in OF_THE_SENDING}
            try:
                json.loads(_Template(self.json_body).substitute(sample))
            except ValueError:
                raise ValueError("json_body is not JSON once it is filled in") from None

    def _refuse_signatures(self) -> None:
        if self.signature == "none":
            return
        if not any("signature" in _Template(text).get_identifiers() for text in self._request):
            raise ValueError("signature is set, and nothing says ${signature}")
        body = (*self.form.values(), self.json_body)
        within = any("signature" in _Template(text).get_identifiers() for text in body)
        if self.signature.startswith("body-") and within:
            raise ValueError("a signature over the body cannot stand in it")
