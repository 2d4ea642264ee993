"""Print the order events of ticketbridge, one JSON object a line. Needs pika.

AMQP_URL=amqp://wms:secret@rabbit.example/vhost python listen.py "order.*.k" [HOW_MANY]
"""

import itertools
import json
import os
import sys

import pika

EVENTS = "ticketbridge.events"


def listen(url, topics, take):
    """Give every event to ``take`` until it returns False; acknowledge it afterwards."""
    parameters = pika.URLParameters(url)
    connection = pika.BlockingConnection(parameters)
    channel = connection.channel()
    queue = f"events.{parameters.credentials.username}.all"
    channel.queue_declare(queue, durable=True, arguments={"x-queue-type": "quorum"})
    for topic in topics:
        channel.queue_bind(queue, EVENTS, topic)
    channel.basic_qos(prefetch_count=20)
    for method, _properties, body in channel.consume(queue):
        event = json.loads(body)
        # An event may come twice: event["id"] (order_num:version) is the same both times.
        more = take(event)
        channel.basic_ack(method.delivery_tag)
        if not more:
            break
    channel.cancel()
    connection.close()


if __name__ == "__main__":
    how_many = int(sys.argv[2]) if len(sys.argv) > 2 else None
    shown = itertools.count(1)

    def show(event):
        print(json.dumps(event, ensure_ascii=False), flush=True)
        return next(shown) != how_many

    listen(os.environ["AMQP_URL"], [sys.argv[1]], show)
