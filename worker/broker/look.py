"""Looks whether RabbitMQ lets us in, without changing anything there.

Why it exists: ``doctor`` says whether the broker can be reached; the adapter's own start
would declare the topology. It must not publish, consume or declare.
"""

import aio_pika

from worker.broker.connection import (
    AMQP_ERRORS,
    CONNECT_TIMEOUT_SECONDS,
    described,
    guarded,
)
from worker.errors import BrokerUnavailableError


async def look_at_rabbitmq(url: str) -> None:
    """Return if a connection and a channel can be had. Raises BrokerUnavailableError."""
    try:
        connection = await guarded(aio_pika.connect(url, timeout=CONNECT_TIMEOUT_SECONDS))
        async with connection:
            await guarded(connection.channel())
    except AMQP_ERRORS as error:
        raise BrokerUnavailableError(described(error)) from None
