"""How virtual hosts are made on a broker that was not started here."""

import base64
import contextlib
import json
import os
import subprocess
import urllib.request
from collections.abc import Sequence
from typing import Protocol
from urllib.parse import unquote, urlsplit

from tests.servers.process import ServerError, find_program
from tests.servers.rabbit import PLACES, add_vhosts_expression, remove_vhosts_expression
from tests.servers.users import User, add_users_expression, remove_users_expression

MANAGEMENT = "TICKETBRIDGE_TEST_AMQP_MANAGEMENT_URL"
AMQP_PORTS = "[P || {listener, _, amqp, _, _, P, _} <- rabbit_networking:active_listeners()]."
LOOPBACK = frozenset({"localhost", "127.0.0.1", "::1"})


class Way(Protocol):
    """Makes and removes virtual hosts. Raises OSError, ServerError, SubprocessError."""

    def add(self, names: Sequence[str]) -> None: ...

    def remove(self, names: Sequence[str]) -> None: ...

    def let_in(self, vhost: str, users: Sequence[User]) -> None: ...

    def turn_out(self, names: Sequence[str]) -> None: ...


class ManagementWay:
    """Over the management plugin's HTTP API."""

    def __init__(self, url: str) -> None:
        parts = urlsplit(url)
        self._base = (os.environ.get(MANAGEMENT) or f"http://{parts.hostname}:15672").rstrip("/")
        self._user = unquote(parts.username or "guest")
        login = f"{self._user}:{unquote(parts.password or 'guest')}"
        self._token = base64.b64encode(login.encode()).decode()

    def add(self, names: Sequence[str]) -> None:
        everything = {"configure": ".*", "write": ".*", "read": ".*"}
        for name in names:
            self._call("PUT", f"vhosts/{name}", {})
            self._call("PUT", f"permissions/{name}/{self._user}", everything)

    def remove(self, names: Sequence[str]) -> None:
        for name in names:
            self._call("DELETE", f"vhosts/{name}", {})

    def let_in(self, vhost: str, users: Sequence[User]) -> None:
        for user in users:
            self._call("PUT", f"users/{user.name}", {"password": user.password, "tags": ""})
            may = {"configure": user.configure, "write": user.write, "read": user.read}
            self._call("PUT", f"permissions/{vhost}/{user.name}", may)
            for exchange, (write, read) in user.topics.items():
                about = {"exchange": exchange, "write": write, "read": read}
                self._call("PUT", f"topic-permissions/{vhost}/{user.name}", about)

    def turn_out(self, names: Sequence[str]) -> None:
        for name in names:
            self._call("DELETE", f"users/{name}", {})

    def _call(self, method: str, path: str, body: dict[str, str]) -> None:
        request = urllib.request.Request(  # noqa: S310  (the scheme is the tester's)
            f"{self._base}/api/{path}",
            data=json.dumps(body).encode(),
            headers={"Content-Type": "application/json", "Authorization": f"Basic {self._token}"},
            method=method,
        )
        with urllib.request.urlopen(request, timeout=5):  # noqa: S310
            pass


class ControlWay:
    """Through the rabbitmqctl of this machine, if that reaches the very broker."""

    def __init__(self, url: str) -> None:
        self._parts = urlsplit(url)
        self._program = ""

    def add(self, names: Sequence[str]) -> None:
        if not self._program:
            self._program = self._find()
        user = unquote(self._parts.username or "guest")
        _evaluate(self._program, add_vhosts_expression(names, user))

    def remove(self, names: Sequence[str]) -> None:
        _evaluate(self._program, remove_vhosts_expression(names))

    def let_in(self, vhost: str, users: Sequence[User]) -> None:
        _evaluate(self._program, add_users_expression(vhost, users))

    def turn_out(self, names: Sequence[str]) -> None:
        _evaluate(self._program, remove_users_expression(names))

    def _find(self) -> str:
        if self._parts.hostname in LOOPBACK:
            # Debian's wrapper in PATH becomes the service's user, whose cookie is needed as root.
            for program in (find_program("rabbitmqctl"), find_program("rabbitmqctl", *PLACES)):
                with contextlib.suppress(subprocess.SubprocessError):
                    ports = _evaluate(program, AMQP_PORTS).strip("[]\n").split(",")
                    if str(self._parts.port or 5672) in ports:
                        return program
        raise ServerError("no rabbitmqctl of this machine reaches the broker")


def _evaluate(program: str, expression: str) -> str:
    return subprocess.run(
        [program, "--quiet", "eval", expression],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    ).stdout
