"""The frames that carry messages are those of AMQP: the library reads what we write, and back."""

from datetime import UTC, datetime
from typing import Any

import pytest
from aiormq import spec
from hypothesis import given, settings
from hypothesis import strategies as st
from pamqp import frame
from pamqp.header import ContentHeader

from worker.broker import frames
from worker.broker.codec import Parcel

ROOM = 100
NAMES = st.text(max_size=20)
TABLES: Any = st.dictionaries(NAMES, st.one_of(NAMES, st.lists(NAMES, max_size=3)), max_size=4)
MOMENTS = st.datetimes(datetime(1970, 1, 2), datetime(2100, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001
OURS: Any = st.builds(
    spec.Basic.Properties,
    content_type=NAMES,
    headers=TABLES,
    delivery_mode=st.sampled_from([1, 2]),
    correlation_id=NAMES,
    reply_to=NAMES,
    message_id=NAMES,
    timestamp=MOMENTS,
    message_type=NAMES,
    user_id=NAMES,
)
FOREIGN: Any = st.builds(
    spec.Basic.Properties,
    content_type=NAMES,
    content_encoding=NAMES,
    headers=st.dictionaries(NAMES, st.one_of(NAMES, st.booleans(), st.integers(-9, 9)), max_size=4),
    delivery_mode=st.sampled_from([None, 1, 2]),
    priority=st.sampled_from([None, 0, 9]),
    correlation_id=NAMES,
    reply_to=NAMES,
    expiration=NAMES,
    message_id=NAMES,
    timestamp=st.one_of(st.none(), MOMENTS),
    message_type=NAMES,
    user_id=NAMES,
    app_id=NAMES,
)


def told(properties: spec.Basic.Properties) -> dict[str, Any]:
    """Return what properties say; empty is absent, and a moment has no part of a second."""
    found = {name: getattr(properties, name) or None for name in properties.attributes()}
    if found["timestamp"] is not None:
        found["timestamp"] = int(found["timestamp"].timestamp())
    return found


def unmarshalled(data: bytes) -> list[Any]:
    read = []
    while data:
        size, channel, one = frame.unmarshal(data)
        assert channel == 7
        read.append(one)
        data = data[size:]
    return read


@settings(max_examples=40)
@given(OURS, st.binary(max_size=3 * ROOM), st.booleans())
def test_the_library_reads_what_we_publish(
    properties: spec.Basic.Properties,
    body: bytes,
    mandatory: bool,  # noqa: FBT001
) -> None:
    parcel = Parcel("an exchange", "a key", properties, body, mandatory)
    method, header, *parts = unmarshalled(frames.publish(7, parcel, ROOM))
    assert (method.exchange, method.routing_key) == ("an exchange", "a key")
    assert (method.mandatory, method.immediate) == (mandatory, False)
    assert header.body_size == len(body)
    assert told(header.properties) == told(properties)
    assert b"".join(part.value for part in parts) == body
    assert all(len(part.value) <= ROOM for part in parts)


@settings(max_examples=40)
@given(FOREIGN, st.integers(0, 2**40))
def test_we_read_what_the_library_writes(properties: spec.Basic.Properties, size: int) -> None:
    header = frames.content_header(ContentHeader(0, size, properties).marshal())
    assert header.body_size == size
    assert told(header.properties) == told(properties)


def test_properties_that_nobody_can_read_count_as_none() -> None:
    whole = ContentHeader(0, 5, spec.Basic.Properties(user_id="guest", headers={"a": "b"}))
    header = frames.content_header(whole.marshal()[:-4])
    assert header.body_size == 5
    assert told(header.properties) == told(spec.Basic.Properties())


def test_an_acknowledgement_is_one_of_one_message() -> None:
    (ack,) = unmarshalled(frames.acknowledge(7, 2**33))
    assert (ack.name, ack.delivery_tag, ack.multiple) == ("Basic.Ack", 2**33, False)


@pytest.mark.parametrize("redelivered", [True, False])
def test_a_delivery_tells_its_tag(redelivered: bool) -> None:  # noqa: FBT001
    sent = spec.Basic.Deliver("tag", 2**33, redelivered, "exchange", "key")
    assert frames.delivery(frame.marshal(sent, 7)[7:-1]) == (2**33, redelivered)


@pytest.mark.parametrize("multiple", [True, False])
def test_a_confirm_tells_how_far_it_goes(multiple: bool) -> None:  # noqa: FBT001
    sent = spec.Basic.Ack(2**33, multiple)
    assert frames.settled(frame.marshal(sent, 7)[7:-1]) == (2**33, multiple)


@pytest.mark.parametrize(
    "parcel",
    [
        Parcel("", "k" * 256, spec.Basic.Properties(), b""),
        Parcel("", "k", spec.Basic.Properties(message_id="\ud800"), b""),
        Parcel("", "k", spec.Basic.Properties(headers={"n" * 256: "v"}), b""),
        Parcel("", "k", spec.Basic.Properties(headers={"n": 1.5}), b""),
    ],
)
def test_what_amqp_cannot_say_is_not_written(parcel: Parcel) -> None:
    with pytest.raises((ValueError, TypeError)):
        frames.publish(7, parcel, ROOM)
