"""Stories of vouchers by SMS (短信): what the terms say decides who gets them."""

import pytest

from tests.saga.beginnings import awaiting
from tests.saga.facts import V1, V2, V3, issued
from tests.saga.playbook import Playbook
from worker.saga.states import Phase, Terms


def awaiting_by(way: str) -> Playbook:
    return awaiting().set(terms=Terms(vouchers_by=way))


@pytest.mark.parametrize(
    ("way", "effects"),
    [
        ("notify", ["tell vouchers c-1 c-2"]),
        ("sms", ["text c-1 c-2"]),
        ("both", ["tell vouchers c-1 c-2", "text c-1 c-2"]),
    ],
)
def test_the_terms_say_who_gets_the_vouchers(way: str, effects: list[str]) -> None:
    story = awaiting_by(way).on(issued(V1, V2)).expect(Phase.ISSUED, *effects)
    assert story.order.notified == len(effects)
    story.on(issued(V1, V2)).expect(Phase.ISSUED)


def test_each_part_of_a_bundle_is_texted_once() -> None:
    story = awaiting_by("sms").on(issued(V1)).expect(Phase.ISSUED, "text c-1")
    story.on(issued(V1, V3)).expect(Phase.ISSUED, "text c-3")


def test_the_channel_is_told_of_tickets_whose_codes_the_supplier_texts() -> None:
    awaiting_by("both").on(issued()).expect(Phase.ISSUED, "tell vouchers")
    awaiting_by("sms").on(issued()).expect(Phase.ISSUED, "tell vouchers")
