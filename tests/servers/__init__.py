"""Real RabbitMQ and PostgreSQL for the tests: found, or started privately.

``private_rabbit()`` and ``private_postgres()`` are for tests that stop, kill or freeze
their own server (start, stop, kill, pause, resume, restart, discard; they block: call them
through ``asyncio.to_thread``). Everything else uses the fixtures ``amqp_url`` and
``postgres_url``.
"""

from tests.servers.postgres import PostgresServer
from tests.servers.private import private_postgres, private_rabbit
from tests.servers.process import Server, ServerError, free_port
from tests.servers.rabbit import RabbitServer

__all__ = [
    "PostgresServer",
    "RabbitServer",
    "Server",
    "ServerError",
    "free_port",
    "private_postgres",
    "private_rabbit",
]
