"""The least rights of an upstream system and of a subscriber, as docs/queue-guide.md gives them."""

import re
from pathlib import Path

from tests.servers.users import User

GUIDE = Path(__file__).parents[2] / "docs" / "queue-guide.md"
_RIGHTS = r"set_permissions -p bridge {user} '([^']*)' '([^']*)' '([^']*)'"
_TOPICS = r"set_topic_permissions -p bridge {user} (\S+) '([^']*)' '([^']*)'"


def upstream(name: str) -> User:
    """Return a user with the rights that the guide gives to erp."""
    return _as_in_guide("erp", name)


def subscriber(name: str) -> User:
    """Return a user with the rights that the guide gives to wms."""
    return _as_in_guide("wms", name)


def _as_in_guide(model: str, name: str) -> User:
    guide = GUIDE.read_text(encoding="utf-8")
    (rights,) = re.findall(_RIGHTS.format(user=model), guide)
    topics = re.findall(_TOPICS.format(user=model), guide)

    def own(expression: str) -> str:
        return expression.replace(f".{model}", f".{name}")

    configure, write, read = map(own, rights)
    return User(
        name,
        configure=configure,
        write=write,
        read=read,
        topics={exchange: (own(w), own(r)) for exchange, w, r in topics},
    )
