"""What is kept of a channel's answer tells what is wrong, and nothing of the guest."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from worker.relay.words import LENGTH, first_words

PARAMS = json.dumps(
    {
        "order_num": "2x",
        "count": 2,
        "vouchers": [{"code": "QR-77", "name": "张三", "id_card": "360426199101010071"}],
    },
    ensure_ascii=False,
)


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        ("Service  Unavailable\n", "Service Unavailable"),
        ('{"code":"401","message":"签名错误"}', '{"code":"401","message":"签名错误"}'),
        (
            '{"error":"张三 has no order 2x, code QR-77"}',
            '{"error":"*** has no order ***, code ***"}',
        ),
        ('{"error":"\\u5f20\\u4e09"}', '{"error":"***"}'),
        ("id 360426199101010071", "id ***"),
        ("call 13456451211 now", "call *** now"),
        ("x" * 999, "x" * LENGTH),
        ("", ""),
    ],
)
def test_the_first_words(answer: str, words: str) -> None:
    assert first_words(answer.encode(), PARAMS) == words


def test_what_is_cut_was_masked_before() -> None:
    head = ("x" * (LENGTH - 3) + "张三丰收360426199101010071").encode()
    assert "360" not in first_words(head, PARAMS)


@given(head=st.binary(max_size=300), params=st.text(max_size=50))
def test_nothing_breaks_it(head: bytes, params: str) -> None:
    assert len(first_words(head, params)) <= LENGTH


@given(
    name=st.text(st.characters(min_codepoint=0x4E00, max_codepoint=0x9FA5), min_size=2, max_size=4),
    around=st.text(max_size=20),
)
def test_no_name_that_was_sent_comes_back(name: str, around: str) -> None:
    params = json.dumps({"vouchers": [{"name": name}]})
    assert name not in first_words(f"{around}{name}{around}".encode(), params)
