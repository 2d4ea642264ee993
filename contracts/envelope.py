"""The envelope around our own messages: who, what, when, and because of what.

Why it exists: every message on the broker can be traced without opening its content. It
must not know a queue or a clock.
"""

from datetime import datetime
from functools import lru_cache
from typing import Annotated, Any, ClassVar, Generic, Self, TypeVar

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, PlainSerializer

from .strict_json import quoted

Moment = Annotated[
    AwareDatetime, PlainSerializer(datetime.isoformat, return_type=str, when_used="json")
]
"""A point in time with its zone, written as ISO 8601."""


class MessageModel(BaseModel):
    """Base of everything that travels in an envelope; each names its own type."""

    model_config = ConfigDict(
        frozen=True,
        extra="ignore",
        hide_input_in_errors=True,
        defer_build=True,  # at its first use: no process uses all of them
    )

    TYPE: ClassVar[str] = ""
    """The versioned type name, ``name.vN``."""

    @classmethod
    def made_of(cls, **fields: Any) -> Self:  # noqa: ANN401  (each of its own type)
        """Return a message of all its fields, each ours and of its type: none is looked at.

        As ``model_construct``, in half the time: that asks for every field whether it is there.
        """
        return _made_of(cls, fields)


Data = TypeVar("Data", bound=MessageModel)
Model = TypeVar("Model", bound=BaseModel)


def _made_of(model: type[Model], fields: dict[str, Any]) -> Model:
    made = model.__new__(model)
    for name, value in (
        ("__dict__", fields),
        ("__pydantic_fields_set__", set(fields)),
        ("__pydantic_extra__", None),
        ("__pydantic_private__", None),
    ):
        object.__setattr__(made, name, value)
    return made


class Envelope(BaseModel, Generic[Data]):
    """What stands around every message of ours."""

    model_config = ConfigDict(frozen=True, extra="ignore", hide_input_in_errors=True)

    id: str = Field(description="Names the message; the same on a redelivery. Example: 6f1c…")
    type: str = Field(description="Versioned type name. Example: order.create.v1")
    time: Moment = Field(
        description="When it was made, with zone. Example: 2025-07-29T02:36:09+00:00"
    )
    correlation_id: str = Field(
        default="", description="The order it belongs to: our order_num. Example: a72c…"
    )
    causation_id: str = Field(
        default="", description="The message that caused it, or empty. Example: 6f1c…"
    )
    trace: str = Field(
        default="", description="W3C traceparent, or empty. Example: 00-4bf9…-00f0…-01"
    )
    data: Data = Field(description="The content; its shape is given by type. Example: {}")


@lru_cache(maxsize=64)
def envelope_of(model: type[MessageModel]) -> type[Envelope[Any]]:
    """Build the envelope of one model, once."""
    return Envelope[model]  # type: ignore[valid-type]  # the model is only known here


def wrap(  # noqa: PLR0913  (an envelope has so many parts)
    data: MessageModel,
    *,
    id: str,  # noqa: A002  (the envelope's own word)
    time: datetime,
    correlation_id: str = "",
    causation_id: str = "",
    trace: str = "",
) -> bytes:
    """Return ``data`` in its envelope as JSON; the type is the model's own."""
    head = (
        f'{{"id":{quoted(id)},"type":{quoted(data.TYPE)},"time":"{time.isoformat()}",'
        f'"correlation_id":{quoted(correlation_id)},"causation_id":{quoted(causation_id)},'
        f'"trace":{quoted(trace)},"data":'
    )
    written = _Written(head.encode() + data.__pydantic_serializer__.to_json(data) + b"}")
    written.fields = {
        "id": id,
        "type": data.TYPE,
        "time": time,
        "correlation_id": correlation_id,
        "causation_id": causation_id,
        "trace": trace,
        "data": data,
    }
    return written


def unwrap(model: type[Data], body: bytes) -> Envelope[Data]:
    """Read a message. Raises :class:`ValueError` whose text holds nothing of the content.

    One that this process wrote, and handed to itself, is not read again.
    """
    envelope = _remembered(model, body) or parsed(model, body)
    if envelope.type != model.TYPE:
        raise ValueError(f"not a message of type {model.TYPE}")
    return envelope


def parsed(model: type[Data], body: bytes) -> Envelope[Data]:
    """Return what the bytes say, whoever wrote them, of whatever type. Raises ValueError."""
    return envelope_of(model).model_validate_json(body)


class _Written(bytes):
    """A message as it was written; it remembers what it was made of, which nobody can change.

    The embedded broker hands such bytes on within a process. What came over a wire, out of a
    table or from under a seal are other bytes.
    """

    fields: dict[str, Any]


def _remembered(model: type[Data], body: bytes) -> Envelope[Data] | None:
    if type(body) is _Written and type(body.fields["data"]) is model:
        return _made_of(envelope_of(model), dict(body.fields))
    return None
