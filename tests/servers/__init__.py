"""Real RabbitMQ and PostgreSQL for the tests: found, or started privately.

``RabbitServer`` and ``PostgresServer`` are for tests that stop, kill or freeze their own
server; everything else uses the fixtures ``amqp_url`` and ``postgres_url``.
"""

from tests.servers.postgres import PostgresServer
from tests.servers.process import ServerError, free_port
from tests.servers.rabbit import RabbitServer

__all__ = ["PostgresServer", "RabbitServer", "ServerError", "free_port"]
