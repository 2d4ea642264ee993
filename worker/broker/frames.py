"""The few frames that carry messages, as bytes: publish, deliver, acknowledge, confirm.

Why it exists: of what passes between us and RabbitMQ nearly all are these, and a library for
all of AMQP spends dozens of calls on each. Here one is written or read in one go; everything
else of AMQP is aiormq's. It must not keep a state or talk to a broker.
Sources: AMQP 0-9-1, 2.3.5 (frames) and 4.2 (grammar); docs/decisions/0032-cpu-of-messages.md.
"""

import struct
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any, Final

from aiormq import spec
from pamqp import decode
from pamqp.header import ContentHeader

from worker.broker.codec import Parcel

METHOD: Final = 1
HEADER: Final = 2
BODY: Final = 3
END: Final = 0xCE
FRAME: Final = struct.Struct(">BHI")
"""What stands before each frame's payload: its kind, its channel, the payload's length."""
AROUND: Final = FRAME.size + 1
"""Bytes of a frame besides its payload."""
HEARTBEAT: Final = FRAME.pack(8, 0, 0) + bytes((END,))

DELIVER: Final = 60 << 16 | 60
RETURN: Final = 60 << 16 | 50
ACK: Final = 60 << 16 | 80
NACK: Final = 60 << 16 | 120
CLOSE: Final = 20 << 16 | 40
CLOSE_OK: Final = 20 << 16 | 41
BLOCKED: Final = 10 << 16 | 60
UNBLOCKED: Final = 10 << 16 | 61
"""Methods, as class and number in one."""

_END: Final = bytes((END,))
_LONGEST: Final = 255
_PUBLISH: Final = struct.pack(">HHH", 60, 40, 0)
_CONTENT: Final = struct.Struct(">HHQH")
_ACKNOWLEDGE: Final = struct.Struct(">BHIIQBB")
_SETTLED: Final = struct.Struct(">QB")
_LENGTH: Final = struct.Struct(">I")
_MOMENT: Final = struct.Struct(">Q")

_CONTENT_TYPE, _CORRELATION_ID, _REPLY_TO = 0x8000, 0x0400, 0x0200
_MESSAGE_ID, _MESSAGE_TYPE, _USER_ID = 0x0080, 0x0020, 0x0010
_TEXTS: Final = (
    (_CONTENT_TYPE, "content_type"),
    (0x4000, "content_encoding"),
    (_CORRELATION_ID, "correlation_id"),
    (_REPLY_TO, "reply_to"),
    (0x0100, "expiration"),
    (_MESSAGE_ID, "message_id"),
    (_MESSAGE_TYPE, "message_type"),
    (_USER_ID, "user_id"),
    (0x0008, "app_id"),
    (0x0004, "cluster_id"),
)
_HEADERS, _DELIVERY_MODE, _PRIORITY, _TIMESTAMP = 0x2000, 0x1000, 0x0800, 0x0040
_BEFORE_HEADERS, _BEFORE_TIMESTAMP, _AFTER_TIMESTAMP = _TEXTS[:2], _TEXTS[2:6], _TEXTS[6:]


def publish(channel: int, parcel: Parcel, room: int) -> bytes:
    """Return the frames that publish a message; none holds more than ``room`` bytes of it.

    Raises ValueError, TypeError for what AMQP cannot say.
    """
    place = _word(parcel.exchange) + _word(parcel.routing_key)
    method = _PUBLISH + place + (b"\1" if parcel.mandatory else b"\0")
    flags, properties = _properties(parcel.properties)
    body = parcel.body
    content = _CONTENT.pack(60, 0, len(body), flags) + properties
    parts = [
        FRAME.pack(METHOD, channel, len(method)),
        method,
        _END + FRAME.pack(HEADER, channel, len(content)),
        content,
        _END,
    ]
    for at in range(0, len(body), room):
        piece = body[at : at + room]
        parts += (FRAME.pack(BODY, channel, len(piece)), piece, _END)
    return b"".join(parts)


def acknowledge(channel: int, delivery_tag: int) -> bytes:
    """Return the frame that acknowledges one message."""
    return _ACKNOWLEDGE.pack(METHOD, channel, 13, ACK, delivery_tag, 0, END)


def _properties(given: spec.Basic.Properties) -> tuple[int, bytes]:
    """Write the properties that messages of ours have (codec.py)."""
    flags, parts = _DELIVERY_MODE, []
    if given.content_type:
        flags |= _CONTENT_TYPE
        parts.append(_word(given.content_type))
    if given.headers:
        flags |= _HEADERS
        parts.append(_table(given.headers))
    parts.append(bytes((given.delivery_mode or 1,)))
    if given.correlation_id:
        flags |= _CORRELATION_ID
        parts.append(_text(given.correlation_id))
    if given.reply_to:
        flags |= _REPLY_TO
        parts.append(_word(given.reply_to))
    if given.message_id:
        flags |= _MESSAGE_ID
        parts.append(_text(given.message_id))
    if given.timestamp:
        flags |= _TIMESTAMP
        parts.append(_MOMENT.pack(int(given.timestamp.timestamp())))
    if given.message_type:
        flags |= _MESSAGE_TYPE
        parts.append(_word(given.message_type))
    if given.user_id:
        flags |= _USER_ID
        parts.append(_word(given.user_id))
    return flags, b"".join(parts)


def _table(fields: Any) -> bytes:  # noqa: ANN401  (a table of AMQP's, of texts and lists of them)
    parts = [part for name, value in fields.items() for part in (_word(name), _value(value))]
    written = b"".join(parts)
    return _LENGTH.pack(len(written)) + written


def _value(value: object) -> bytes:
    if isinstance(value, str):
        data = value.encode()
        return b"S" + _LENGTH.pack(len(data)) + data
    if isinstance(value, list):
        written = b"".join(map(_value, value))
        return b"A" + _LENGTH.pack(len(written)) + written
    raise TypeError("neither a text nor a list of texts")


def _text(text: str) -> bytes:
    data = text.encode()
    if len(data) > _LONGEST:
        raise ValueError("too long for AMQP")
    return bytes((len(data),)) + data


_word = lru_cache(maxsize=512)(_text)
"""A text that comes again and again: the name of a queue, a type, a header."""


def delivery(payload: bytes) -> tuple[int, bool]:
    """Return the delivery tag of a Deliver, and whether it was handed out before."""
    tag, redelivered = _SETTLED.unpack_from(payload, 5 + payload[4])
    return tag, bool(redelivered & 1)


def settled(payload: bytes) -> tuple[int, bool]:
    """Return the delivery tag of an Ack or Nack, and whether all before it are meant, too."""
    tag, multiple = _SETTLED.unpack_from(payload, 4)
    return tag, bool(multiple & 1)


def content_header(payload: bytes) -> ContentHeader:
    """Read the header of a content; properties that nobody can read count as none."""
    _, weight, size, flags = _CONTENT.unpack_from(payload)
    try:
        properties = _read_properties(payload, _CONTENT.size, flags)
    except (ValueError, IndexError, struct.error):
        properties = spec.Basic.Properties()
    return ContentHeader(weight, size, properties)


def _read_properties(data: bytes, at: int, flags: int) -> spec.Basic.Properties:
    read = spec.Basic.Properties()
    at = _read_texts(read, _BEFORE_HEADERS, data, at, flags)
    if flags & _HEADERS:
        read.headers, at = _read_table(data, at)
    if flags & _DELIVERY_MODE:
        read.delivery_mode, at = data[at], at + 1
    if flags & _PRIORITY:
        read.priority, at = data[at], at + 1
    at = _read_texts(read, _BEFORE_TIMESTAMP, data, at, flags)
    if flags & _TIMESTAMP:
        read.timestamp, at = _moment(*_MOMENT.unpack_from(data, at)), at + _MOMENT.size
    at = _read_texts(read, _AFTER_TIMESTAMP, data, at, flags)
    if at > len(data):
        raise ValueError("it ends too soon")
    return read


def _moment(seconds: int) -> datetime | None:
    """Return a moment; None for one that a stranger wrote and no calendar knows."""
    try:
        return datetime.fromtimestamp(seconds, UTC)
    except (ValueError, OverflowError, OSError):
        return None


def _read_texts(
    into: spec.Basic.Properties,
    fields: tuple[tuple[int, str], ...],
    data: bytes,
    at: int,
    flags: int,
) -> int:
    for flag, name in fields:
        if flags & flag:
            end = at + 1 + data[at]
            setattr(into, name, data[at + 1 : end].decode("utf-8", "replace"))
            at = end
    return at


def _read_table(data: bytes, at: int) -> tuple[dict[str, Any], int]:
    """Read a table of texts; one that holds anything else is read by the library."""
    start, end = at, at + 4 + _LENGTH.unpack_from(data, at)[0]
    at, fields = at + 4, {}
    while at < end:
        value_at = at + 1 + data[at]
        if data[value_at] != ord("S"):
            return decode.field_table(data[start:end])[1], end
        text_at = value_at + 5
        text_end = text_at + _LENGTH.unpack_from(data, value_at + 1)[0]
        fields[data[at + 1 : value_at].decode()] = data[text_at:text_end].decode("utf-8", "replace")
        at = text_end
    return fields, end
