"""Ask ticketbridge something over RabbitMQ and print its answer. Needs pika (pip install pika).

AMQP_URL=amqp://erp:secret@rabbit.example/vhost python ask.py order.create.v1 < data.json
"""

import json
import os
import sys
import time
import uuid
from datetime import UTC, datetime

import pika

COMMANDS = "ticketbridge.commands"
DIRECT_REPLY = "amq.rabbitmq.reply-to"


class Bridge:
    """One connection to ticketbridge: publish with a confirm, wait for the answer."""

    def __init__(self, url):
        parameters = pika.URLParameters(url)
        self.user = parameters.credentials.username
        self.answers = {}
        self.connection = pika.BlockingConnection(parameters)
        self.channel = self.connection.channel()
        self.channel.confirm_delivery()  # from here on a publish raises unless it was taken
        self.channel.basic_consume(DIRECT_REPLY, self._answered, auto_ack=True)

    def ask(self, kind, data, message_id=None, wait=10.0):
        """Publish one command or query; return the answer, or None if none came in time.

        No answer proves nothing: ask again with the same content and the same message_id.
        """
        message_id = message_id or uuid.uuid4().hex
        now = datetime.now(UTC).isoformat()
        body = {
            "id": message_id,
            "type": kind,
            "time": now,
            "data": {"received_at": now, **data},
        }
        properties = pika.BasicProperties(
            user_id=self.user,  # RabbitMQ vouches for it; without it the message is refused
            type=kind,
            message_id=message_id,
            correlation_id=message_id,
            reply_to=DIRECT_REPLY,
            content_type="application/json",
            delivery_mode=pika.DeliveryMode.Persistent,
        )
        text = json.dumps(body, ensure_ascii=False).encode()
        self.channel.basic_publish(COMMANDS, kind, text, properties, mandatory=True)
        return self._wait(message_id, wait)

    def _wait(self, message_id, wait):
        until = time.monotonic() + wait
        while time.monotonic() < until:
            self.connection.process_data_events(time_limit=until - time.monotonic())
            if self.answers.get(message_id, {}).get("final"):
                break
        return self.answers.pop(message_id, None)  # the last one, final or not

    def _answered(self, _channel, _method, properties, body):
        self.answers[properties.correlation_id] = json.loads(body)


if __name__ == "__main__":
    bridge = Bridge(os.environ["AMQP_URL"])
    answer = bridge.ask(sys.argv[1], json.load(sys.stdin), *sys.argv[2:])
    print(json.dumps(answer, ensure_ascii=False))
    bridge.connection.close()
