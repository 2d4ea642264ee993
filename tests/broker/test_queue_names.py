"""Every app_key has a relay queue whose name the broker takes."""

import hashlib

import pytest

from contracts import queues
from contracts.queues import relay_queue


@pytest.mark.parametrize("key", ["k", "A-1_b.c", "e346aca67b1b11eab1d45404a6b35c1e", "a/b@c,#+"])
def test_an_ordinary_app_key_stands_in_the_name(key: str) -> None:
    assert relay_queue(key) == f"ticketbridge.relay.{key}"


def test_any_other_app_key_has_a_name_of_its_own() -> None:
    keys = ["慢", "a b", "100%", "a:b", "x" * 201, "{}", "", "k\n"]
    names = [relay_queue(key) for key in keys]
    assert len(set(names)) == len(keys)
    assert all(name.isascii() and len(name) < 128 for name in names)
    assert not {relay_queue(name.removeprefix("ticketbridge.relay.")) for name in names} & set(
        names
    )


@pytest.mark.parametrize("app_key", ["k", "e346aca67b1b11eab1d4", "a.b", "#", "*", "a b", "渠道"])
def test_a_channel_is_one_word_of_a_routing_key(app_key: str) -> None:
    topic = queues.event_topic_of("paid", app_key)
    plain = app_key.isascii() and app_key.isalnum()
    digest = hashlib.sha256(app_key.encode()).hexdigest()[:32]
    assert topic == f"order.paid.{app_key if plain else ':' + digest}"
    assert topic.count(".") == 2
    assert queues.event_topics(queues.event_address(topic, "order.x.k")) == [topic, "order.x.k"]


def test_a_queues_name_is_no_topic() -> None:
    assert queues.event_topics(queues.ORDERS) == []
    assert queues.event_topics(queues.EVENTS_EXCHANGE) == []
