"""Private servers by the first way that works: installed, installed now, in a container."""

from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path

from tests.servers.container import ContainerPostgres, ContainerRabbit, engine_answers
from tests.servers.install import can_install, install
from tests.servers.postgres import PostgresServer
from tests.servers.process import MissingProgramError, Server, ServerError
from tests.servers.rabbit import RabbitServer

ADVICE = (
    "{missing}. Do one of these:\n"
    "  Debian, Ubuntu:  apt-get install rabbitmq-server postgresql   (done for you as root)\n"
    "  macOS:           brew install rabbitmq postgresql@16\n"
    "  Docker:          start its engine; containers are used then\n"
    "  or name servers: TICKETBRIDGE_TEST_AMQP_URL=amqp://… TICKETBRIDGE_TEST_POSTGRES_URL=…"
)


def private_rabbit(place: Path | None = None) -> Server:
    """Return a RabbitMQ of our own, not started. Raises ServerError that says what to do.

    Its data lies below ``place`` where that is given, and it is no container.
    """
    return _first_way(partial(RabbitServer, place), ContainerRabbit)


def private_postgres(
    place: Path | None = None, settings: Mapping[str, str] | None = None
) -> Server:
    """Return a PostgreSQL of our own, not started; as above. A container takes no settings."""
    return _first_way(partial(PostgresServer, place, settings), ContainerPostgres)


def _first_way(installed: Callable[[], Server], container: Callable[[], Server]) -> Server:
    try:
        return installed()
    except MissingProgramError as missing:
        reason = str(missing)
    if can_install():
        install()
        return installed()
    if engine_answers():
        return container()
    raise ServerError(ADVICE.format(missing=reason))
