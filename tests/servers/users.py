"""Users of RabbitMQ with the rights that a test gives them, in one virtual host."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from tests.servers.rabbit import control


@dataclass(frozen=True)
class User:
    """A login and what it may do: regular expressions, as in ``rabbitmqctl set_permissions``."""

    name: str
    password: str = "pw"
    configure: str = "^$"
    write: str = "^$"
    read: str = "^$"
    topics: Mapping[str, tuple[str, str]] = field(default_factory=dict)
    """For an exchange the routing keys that may be written, and those that may be bound."""

    def url(self, vhost_url: str) -> str:
        """Return the URL with which it connects."""
        scheme, _, rest = vhost_url.partition("://")
        return f"{scheme}://{self.name}:{self.password}@{rest.rpartition('@')[2]}"


def add_users(folder: Path, vhost: str, users: Sequence[User]) -> None:
    """Make users on the node that lives in ``folder``: a second for the lot."""
    control(folder, "eval", add_users_expression(vhost, users))


def add_users_expression(vhost: str, users: Sequence[User]) -> str:
    """Return the Erlang that makes users and sets their rights."""
    calls = []
    for user in users:
        name, place = _binary(user.name), _binary(vhost)
        rights = ", ".join(map(_binary, (user.configure, user.write, user.read)))
        calls.append(f"ok = {_CALL}add_user({name}, {_binary(user.password)}, {_WHO})")
        calls.append(f"ok = {_CALL}set_permissions({name}, {place}, {rights}, {_WHO})")
        for exchange, (write, read) in user.topics.items():
            about = ", ".join(map(_binary, (exchange, write, read)))
            calls.append(f"ok = {_CALL}set_topic_permissions({name}, {place}, {about}, {_WHO})")
    return ", ".join(calls) + "."


def remove_users_expression(names: Sequence[str]) -> str:
    """Return the Erlang that removes users."""
    return ", ".join(f"{_CALL}delete_user({_binary(name)}, {_WHO})" for name in names) + "."


_CALL = "rabbit_auth_backend_internal:"
_WHO = '<<"tests">>'


def _binary(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return f'<<"{escaped}">>'
