"""Who is let in, for which channel, and where the answer may go."""

import json
from dataclasses import replace
from datetime import timedelta
from typing import Any, ClassVar

import pytest
from pydantic import ValidationError

from contracts.channel import Code
from contracts.commands import ResolveOrderCommand
from contracts.envelope import MessageModel, unwrap, wrap
from contracts.events import OrderOutcome
from tests.doubles import NOON
from tests.runtime.messages import cancel_message, create_message
from tests.runtime.world import HandClock
from worker.runtime.commands import COMMANDS
from worker.runtime.door import Admitted, Door, complaint
from worker.runtime.outcome import Park
from worker.runtime.ports import Message
from worker.runtime.upstreams import Upstreams
from worker.telemetry.metrics import ALARMS

KNOWN = Upstreams(ours="bridge", channels={"erp": frozenset({"k"}), "crm": frozenset({"z"})})
DIRECT = "amq.rabbitmq.reply-to.g1h2"
SECRETS = ("13456451211", "110101199003070134", "张三")


class Replies:
    """The replying half of a broker."""

    def __init__(self) -> None:
        self.sent: list[tuple[str, str, OrderOutcome]] = []

    async def reply(self, reply_to: str, correlation_id: str, body: bytes) -> None:
        self.sent.append((reply_to, correlation_id, OrderOutcome.parse(body)))


@pytest.fixture
def replies() -> Replies:
    return Replies()


@pytest.fixture
def door(replies: Replies) -> Door:
    return Door(replies, KNOWN)  # type: ignore[arg-type]  # only its replies are used


async def admitted(door: Door, message: Message) -> Admitted[Any]:
    outcome = await door.admit(message, COMMANDS)
    assert isinstance(outcome, Admitted)
    return outcome


async def refused(door: Door, message: Message) -> Park:
    outcome = await door.admit(message, COMMANDS)
    assert isinstance(outcome, Park)
    return outcome


async def test_our_own_messages_pass_as_they_are(door: Door) -> None:
    message = create_message(user="bridge", reply_to="anywhere")
    assert (await admitted(door, message)).message is message


async def test_an_upstream_speaks_for_its_channel_alone(door: Door, replies: Replies) -> None:
    assert (await admitted(door, create_message(user="erp"))).data.app_key == "k"
    park = await refused(door, create_message(user="crm", reply_to=DIRECT, correlation_id="c"))
    assert park.kind == "user_not_allowed"
    ((to, correlation_id, outcome),) = replies.sent
    assert (to, correlation_id, outcome.code) == (DIRECT, "c", Code.APP_KEY_INVALID)
    assert (await refused(door, create_message(user="stranger"))).kind == "user_not_allowed"


async def test_nobody_is_refused_before_anything_is_read(door: Door, replies: Replies) -> None:
    park = await refused(door, create_message(user="", body=b"{", reply_to=DIRECT))
    assert park.kind == "user_unknown"
    assert [outcome.code for _, _, outcome in replies.sent] == [Code.APP_KEY_INVALID]


@pytest.mark.parametrize("reply_to", ["", DIRECT])
async def test_an_ingress_of_the_first_release_passes_while_its_window_is_open(
    replies: Replies, reply_to: str
) -> None:
    clock = HandClock()
    window = replace(KNOWN, unnamed_until=clock.now() + timedelta(seconds=60))
    door = Door(replies, window, clock)  # type: ignore[arg-type]  # only its replies are used
    message = create_message(user="", reply_to=reply_to)
    assert (await admitted(door, message)).message is message
    elsewhere = replace(message, reply_to="ticketbridge.orders")
    assert (await refused(door, elsewhere)).kind == "user_unknown"
    assert (await refused(door, replace(message, user="crm"))).kind == "user_not_allowed"
    clock.advance(60)
    assert (await refused(door, message)).kind == "user_unknown"


async def test_where_nobody_else_can_publish_nobody_is_asked() -> None:
    replies = Replies()
    door = Door(replies, Upstreams())  # type: ignore[arg-type]  # only its replies are used
    await admitted(door, create_message())
    assert (await refused(door, create_message(user="erp"))).kind == "user_not_allowed"


@pytest.mark.parametrize(
    ("user", "reply_to", "kept"),
    [
        ("erp", DIRECT, True),
        ("erp", "amq.rabbitmq.reply-to", True),
        ("erp", "reply.erp.1", True),
        ("erp", "reply.erp2.1", False),
        ("erp", "reply.crm.1", False),
        ("erp", "reply.", False),
        ("erp", "ticketbridge.orders", False),
        ("", "reply..1", False),
        ("", DIRECT, True),
    ],
)
def test_an_answer_never_goes_into_a_queue_of_others(
    user: str, reply_to: str, *, kept: bool
) -> None:
    assert KNOWN.may_be_answered(user, reply_to) is kept


async def test_a_command_with_a_foreign_address_is_taken_and_not_answered(door: Door) -> None:
    before = ALARMS.labels("reply_address_refused")._value.get()
    message = create_message(user="erp", reply_to="reply.crm.1")
    assert (await admitted(door, message)).message.reply_to == ""
    assert ALARMS.labels("reply_address_refused")._value.get() == before + 1


async def test_the_ids_of_two_publishers_never_meet(door: Door) -> None:
    ours = create_message(user="bridge", message_id="1")
    theirs = [replace(ours, user="erp"), replace(ours, user="erp", message_id="2")]
    ids = {(await admitted(door, message)).message.message_id for message in [ours, *theirs]}
    assert len(ids) == 3
    again = await admitted(door, replace(ours, user="erp", redelivered=True))
    assert again.message.message_id in ids


def with_data(**changes: Any) -> bytes:  # noqa: ANN401
    body = json.loads(create_message().body)
    for name, value in changes.items():
        part = body["data"]["order"] if name in body["data"]["order"] else body["data"]
        if value is ...:
            del part[name]
        else:
            part[name] = value
    return json.dumps(body).encode()


@pytest.mark.parametrize(
    ("body", "names"),
    [
        (with_data(count="13456451211"), "data.order.count"),
        (with_data(take_phone="110101199003070134"), "data.order.take_phone"),
        (with_data(app_key=...), "data.app_key"),
        (with_data(tourist_info={"110101199003070134": ["张三"]}), "data.order.tourist_info"),
        (b'{"type":"order.create.v1"}', "id"),
        (b"\xff", "body"),
        (cancel_message().body, "data.order"),
    ],
)
async def test_what_cannot_be_read_is_refused_by_the_name_of_the_field(
    door: Door, replies: Replies, body: bytes, names: str
) -> None:
    park = await refused(door, create_message(user="erp", body=body, reply_to=DIRECT))
    ((_, _, outcome),) = replies.sent
    assert (park.kind, outcome.code) == ("unreadable", Code.PARAMETER_MISSING)
    for text in (park.reason, outcome.message):
        assert names in text
        assert [secret for secret in SECRETS if secret in text] == []


async def test_another_type_than_the_body_says_is_refused(door: Door, replies: Replies) -> None:
    body = create_message().body.replace(b"order.create.v1", b"order.create.v2")
    assert (await refused(door, create_message(user="erp", body=body))).kind == "unreadable"
    flying = create_message(user="erp", type="order.fly.v1", reply_to=DIRECT)
    assert (await refused(door, flying)).kind == "unknown_type"
    assert "type" in replies.sent[0][2].message


class Crowd(MessageModel):
    TYPE: ClassVar[str] = "crowd.v1"

    people: dict[str, int]


def test_a_key_that_is_somebodys_value_is_not_named() -> None:
    people = {"110101199003070134": "x", "张三": "y"}
    head = {"id": "1", "type": Crowd.TYPE, "time": NOON.isoformat()}
    with pytest.raises(ValidationError) as found:
        unwrap(Crowd, json.dumps({**head, "data": {"people": people}}).encode())
    assert complaint(found.value).startswith("data.people (")


def resolve_message(user: str) -> Message:
    command = ResolveOrderCommand(
        received_at=NOON, order_num="f" * 32, action="probe", by="cli:wang", why="asked"
    )
    body = wrap(command, id="m1", time=NOON)
    return Message("ticketbridge.orders", command.TYPE, body, "m1", reply_to=DIRECT, user=user)


async def test_only_our_own_tools_may_help_an_order_on(door: Door, replies: Replies) -> None:
    assert (await admitted(door, resolve_message("bridge"))).data.action == "probe"
    for user in ("erp", "crm", "stranger"):
        assert (await refused(door, resolve_message(user))).kind == "user_not_allowed"
    assert {outcome.code for *_, outcome in replies.sent} == {Code.APP_KEY_INVALID}
    assert len(replies.sent) == 3
