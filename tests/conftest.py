"""Fixtures that every test may use."""

from collections import OrderedDict
from collections.abc import Iterator
from typing import Any
from unittest.mock import patch

import hypothesis
import pytest
import structlog

from contracts import envelope
from tests.servers.fresh import create_database, drop_database
from tests.servers.shared import Shared
from worker.runtime import snapshot
from worker.saga.states import Order

hypothesis.settings.register_profile("busy", deadline=None)
hypothesis.settings.load_profile("busy")
"""A busy machine makes one example of a property slow, and proves nothing by it."""

SERVER_FIXTURES = {"servers", "amqp_url", "postgres_url"}


def pytest_addoption(parser: pytest.Parser) -> None:
    """Let ``--acceptance`` run what takes minutes, and nothing else."""
    parser.addoption("--acceptance", action="store_true", help="run only what takes minutes")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Mark what uses a server; keep what takes minutes for ``--acceptance``; begin with the slow.

    What takes long must not be what one worker still does when the others have ended.
    """
    only = bool(config.getoption("--acceptance"))
    left = [item for item in items if (item.get_closest_marker("acceptance") is None) is only]
    if left:
        config.hook.pytest_deselected(items=left)
        items[:] = [item for item in items if item not in left]
    for item in items:
        if SERVER_FIXTURES & set(getattr(item, "fixturenames", ())):
            item.add_marker(pytest.mark.servers)
    items.sort(key=lambda item: item.get_closest_marker("slow") is None)


@pytest.fixture(scope="session", autouse=True)
def fresh_logging() -> Iterator[dict[str, Any]]:
    """Loggers that obey the next test too: a process of ours caches them, tests share one."""
    configure, fresh = structlog.configure, structlog.get_config()

    def without_cache(**how: Any) -> None:  # noqa: ANN401  (whatever structlog takes)
        configure(**{**how, "cache_logger_on_first_use": False})

    with patch.object(structlog, "configure", without_cache):
        yield fresh


@pytest.fixture(scope="session", autouse=True)
def true_memory() -> Iterator[None]:
    """Whatever a process remembers having written is, in every test, what it would read."""
    remembered = envelope._remembered

    def looked_at(model: type[Any], body: bytes) -> envelope.Envelope[Any] | None:
        found = remembered(model, body)
        assert found is None or found == envelope.parsed(model, bytes(body))
        return found

    class Known(OrderedDict[bytes, Order]):
        def get(self, state: bytes, default: Any = None) -> Any:  # noqa: ANN401  (as dict's)
            found = super().get(state, default)
            assert found is None or found == snapshot.parsed(state)
            return found

    with (
        patch.object(envelope, "_remembered", looked_at),
        patch.object(snapshot, "_known", Known()),
    ):
        yield


@pytest.fixture(autouse=True)
def own_logging(fresh_logging: dict[str, Any]) -> Iterator[None]:
    """Begin with logging that nobody has set up, and leave it so."""
    structlog.configure(**fresh_logging)
    yield
    structlog.configure(**fresh_logging)


@pytest.fixture(scope="session")
def servers() -> Iterator[Shared]:
    """The RabbitMQ and PostgreSQL of this run: named by the environment, else private."""
    shared = Shared()
    yield shared
    shared.close()


@pytest.fixture
def amqp_url(servers: Shared) -> Iterator[str]:
    """The URL of an empty virtual host."""
    with servers.vhost() as url:
        yield url


@pytest.fixture
def postgres_url(servers: Shared) -> Iterator[str]:
    """The URL of an empty database, removed afterwards."""
    url = create_database(servers.postgres_url)
    yield url
    drop_database(servers.postgres_url, url)
