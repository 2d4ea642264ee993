"""The one door through which commands and queries come in from a queue.

Why it exists: whether a message can be read, who published it, for whom that user may
speak and where it may be answered is asked once, in the same way for every type. It must
not know what a command means.
"""

import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Final, Generic, TypeVar

import structlog
from pydantic import ValidationError

from contracts.channel import Code, ProtocolError
from contracts.commands import ResolveOrderCommand
from contracts.envelope import MessageModel, unwrap
from contracts.events import OrderOutcome
from worker.clock import Clock, SystemClock
from worker.runtime.outcome import Park
from worker.runtime.ports import Broker, Message
from worker.runtime.upstreams import Upstreams
from worker.telemetry import alarm

_NAME = re.compile(r"[a-z][a-z_]{0,40}")
"""What a field's name looks like; another part of a place may be somebody's value."""

Data = TypeVar("Data", bound=MessageModel)

OURS_ALONE: Final = (ResolveOrderCommand,)
"""What our own processes may ask, and nobody else, whichever channels they speak for."""

_OPERATORS: Final = Park("user_not_allowed", "only an operator's own tools may ask for this")

_log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Admitted(Generic[Data]):
    """A message that was let in, and what it says.

    Its ``reply_to`` is empty where it may not be answered, and its id tells publishers apart.
    """

    message: Message
    data: Data


class Door:
    """Lets in who may ask, and tells the others why not."""

    def __init__(self, broker: Broker, upstreams: Upstreams, clock: Clock | None = None) -> None:
        """Answer over ``broker``; judge publishers by ``upstreams``."""
        self._broker = broker
        self._upstreams = upstreams
        self._clock = clock or SystemClock()

    async def admit(
        self, message: Message, models: Mapping[str, type[Data]]
    ) -> Admitted[Data] | Park:
        """Return what the message says, or why it belongs among the dead letters.

        ``models`` are the types that are understood here. The asker is told a refusal too.
        """
        ours = self._upstreams.is_ours(message.user, message.reply_to, self._clock.now())
        if not ours:
            message = self._seen(message)
            if nobody := self._upstreams.nobody(message.user):
                return await self._refuse_user(message, nobody)
        if message.type not in models:
            await self.refuse(message, Code.PARAMETER_MISSING, "type")
            return Park("unknown_type", "nothing that is understood here has this type")
        try:
            data = unwrap(models[message.type], message.body).data
        except ValueError as error:
            what = complaint(error)
            _log.error("message_unreadable", message_id=message.message_id, type=message.type)
            await self.refuse(message, Code.PARAMETER_MISSING, what)
            return Park("unreadable", f"the body does not fit the schema of its type: {what}")
        if not ours:
            if isinstance(data, OURS_ALONE):
                return await self._refuse_user(message, _OPERATORS)
            app_key = str(getattr(data, "app_key", ""))
            if objection := self._upstreams.objection(message.user, app_key):
                return await self._refuse_user(message, objection)
        return Admitted(message, data)

    async def refuse(self, message: Message, code: Code, detail: str = "") -> None:
        """Tell the asker, if there is one: best effort."""
        await self.answer(
            message, OrderOutcome(code=code, message=ProtocolError(code, detail).message)
        )

    async def answer(self, message: Message, outcome: OrderOutcome) -> None:
        """Tell the asker what came of it, if there is one: best effort."""
        if message.reply_to:
            await self._broker.reply(message.reply_to, message.correlation_id, outcome.to_bytes())

    async def _refuse_user(self, message: Message, park: Park) -> Park:
        await self.refuse(message, Code.APP_KEY_INVALID, f"user-id ({park.reason})")
        return park

    def _seen(self, message: Message) -> Message:
        """Return another's message with an id and an address for the answer that are theirs."""
        named = hashlib.sha256(f"{message.user}\0{message.message_id}".encode()).hexdigest()
        reply_to = message.reply_to
        if reply_to and not self._upstreams.may_be_answered(message.user, reply_to):
            alarm("reply_address_refused", user=message.user, queue=message.queue)
            reply_to = ""
        return replace(message, message_id=named[:32], reply_to=reply_to)


def complaint(error: ValueError) -> str:
    """Return which field does not fit and why, without any value."""
    if not isinstance(error, ValidationError):
        return "type (not that of the message)"
    first = error.errors(include_url=False, include_input=False, include_context=False)[0]
    place = [part for part in first["loc"] if isinstance(part, str) and _NAME.fullmatch(part)]
    return f"{'.'.join(place) or 'body'} ({first['msg']})"
