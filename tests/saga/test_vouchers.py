"""Vouchers come to the same set whatever the order in which ZZY tells them."""

from dataclasses import replace
from itertools import permutations

import pytest

from tests.saga.beginnings import awaiting, has_tickets
from tests.saga.facts import DEMAND, LI, V1, V2, ZHANG, issued
from tests.saga.playbook import Playbook
from worker.saga.effects import VouchersTold
from worker.saga.states import Phase, Tourist, Voucher

ELDER = Tourist("11010119900307123X", "张三")
NOBODYS = Voucher("c-9")


def told(story: Playbook) -> list[Voucher]:
    news = story.told[-1]
    assert isinstance(news, VouchersTold)
    return list(news.vouchers)


def namesakes() -> Playbook:
    """An order of two people with one name, whose tickets are awaited."""
    story = awaiting()
    return story.set(demand=replace(DEMAND, tourists=(ZHANG, ELDER)))


def test_the_id_card_is_matched_in_either_case_and_kept_as_the_channel_wrote_it() -> None:
    story = namesakes().on(
        issued(Voucher("c-2", " 11010119900307123x "), Voucher("c-1", ZHANG.id_card))
    )
    story.expect(Phase.ISSUED, "tell vouchers c-2 c-1")
    assert [(v.id_card, v.name) for v in told(story)] == [
        (ELDER.id_card, "张三"),
        (ZHANG.id_card, "张三"),
    ]


def test_a_code_for_an_id_that_is_not_ours_names_nobody_of_ours() -> None:
    stranger = Voucher("c-3", "310101198001019999")
    story = awaiting().on(issued(V2, stranger)).expect(Phase.ISSUED, "tell vouchers c-2 c-3")
    assert told(story)[1] == stranger


def test_a_repeat_that_names_the_person_is_delivered_once_more() -> None:
    story = awaiting().on(issued(Voucher("c-1"), V2)).expect(Phase.ISSUED, "tell vouchers c-1 c-2")
    story.on(issued(replace(V1, name=""))).expect(Phase.ISSUED, "tell vouchers c-1")
    assert told(story) == [V1]
    story.on(issued(V1, V2)).expect(Phase.ISSUED)
    assert set(story.order.vouchers) == {V1, V2}


def test_a_person_is_never_taken_from_a_code_again() -> None:
    story = has_tickets().on(issued(replace(V1, id_card=LI.id_card))).expect(Phase.ISSUED)
    assert story.order.vouchers == (V1, V2)


def test_the_code_for_all_is_nobodys() -> None:
    story = awaiting().on(replace(issued(Voucher("all")), order_code="all"))
    story.expect(Phase.ISSUED, "tell vouchers all")
    story.on(issued(Voucher("all", ZHANG.id_card))).expect(Phase.ISSUED)
    assert story.order.vouchers == (Voucher("all"),)


def test_a_part_and_a_memo_that_are_told_late_are_kept_and_no_news() -> None:
    story = has_tickets()
    later = replace(V1, product_name="联票", memo="龙游石窟供应商", mobile="13456451211")
    story.on(issued(later)).expect(Phase.ISSUED)
    assert story.order.vouchers == (later, V2)
    story.on(issued(replace(later, memo="other"))).expect(Phase.ISSUED)
    assert story.order.vouchers == (later, V2)


@pytest.mark.parametrize(
    "facts",
    list(permutations([issued(Voucher("c-1")), issued(V2), issued(V1), issued(NOBODYS, V2)])),
)
def test_the_set_is_the_same_in_any_order(facts: tuple[object, ...]) -> None:
    story = awaiting()
    heard: dict[str, Voucher] = {}
    for fact in facts:
        before = len(story.told)
        story.on(fact)._last = None  # type: ignore[arg-type]
        for news in story.told[before:]:
            assert isinstance(news, VouchersTold)
            heard |= {v.code: v for v in news.vouchers}
    assert heard == {v.code: v for v in (V1, V2, NOBODYS)}
    assert story.order.vouchers_told == len(story.order.vouchers) == 3
