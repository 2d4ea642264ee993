"""How a request to an SMS gateway (短信网关) is signed.

Why it exists: two schemes cover most gateways: an HMAC over the sorted parameters, as the
RPC interfaces of Alibaba Cloud (阿里云) want it, and an HMAC over the body. It must not
send anything. Source: Alibaba Cloud, "Request syntax and signature method for RPC APIs".
"""

import base64
import hashlib
import hmac
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final, Literal

from worker.sms.templates import percent

Scheme = Literal[
    "none", "query-hmac-sha1", "query-hmac-sha256", "body-hmac-sha1", "body-hmac-sha256"
]
Encoding = Literal["base64", "hex"]

_HASHES: Final[Mapping[str, Callable[..., Any]]] = {"sha1": hashlib.sha1, "sha256": hashlib.sha256}


@dataclass(frozen=True, slots=True)
class Signer:
    """A scheme, and how its result is written."""

    scheme: Scheme
    secret: str
    encoding: Encoding

    def over_parameters(self, method: str, parameters: Mapping[str, str]) -> str:
        """Sign the parameters; empty where the scheme signs something else."""
        if not self.scheme.startswith("query-"):
            return ""
        return self._sign(self.secret + "&", string_to_sign(method, parameters).encode())

    def over_body(self, body: bytes) -> str:
        """Sign the body; empty where the scheme signs something else."""
        return self._sign(self.secret, body) if self.scheme.startswith("body-") else ""

    def _sign(self, key: str, data: bytes) -> str:
        hashing = _HASHES[self.scheme.rpartition("-")[2]]
        digest = hmac.new(key.encode(), data, hashing).digest()
        return digest.hex() if self.encoding == "hex" else base64.b64encode(digest).decode()


def string_to_sign(method: str, parameters: Mapping[str, str]) -> str:
    """Return method, path ``/`` and the sorted query, each encoded, joined by ``&``."""
    query = "&".join(f"{percent(k)}={percent(v)}" for k, v in sorted(parameters.items()))
    return f"{method}&{percent('/')}&{percent(query)}"
