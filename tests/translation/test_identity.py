from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from worker.translation.identity import birth_date, is_id_card, normal_id_card

TODAY = date(2026, 5, 1)
WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)


def with_check_digit(number: str) -> str:
    """ISO 7064 MOD 11-2, as GB 11643 writes it down."""
    total = sum(int(digit) * weight for digit, weight in zip(number, WEIGHTS, strict=True))
    return number + "10X98765432"[total % 11]


@pytest.mark.parametrize(
    "number",
    [
        "11010519491231002X",  # the example of GB 11643
        "11010519491231002x",
        " 11010519491231002X ",
        "360426199101010071",
        "810000199408230021",  # Hong Kong resident's permit
        "820000199203120012",
        "830000199201300022",
        "911124198108030024",  # foreigner's id since 2023, the authority's own specimen
        "CAN110281080310",  # foreigner's id before
        "360426910101007",  # fifteen digits
        with_check_digit("33078319850101001"),  # Dongyang became 330783 only in 1988
    ],
)
def test_what_people_hold_is_taken(number: str) -> None:
    # The Macau number above is made up; its check digit is set here.
    number = with_check_digit(number[:17]) if number.startswith("82") else number
    assert is_id_card(number, TODAY)


@pytest.mark.parametrize(
    "number",
    [
        "",
        "410102195431547812",  # the channel document's own: no such day, wrong check digit
        "410102196743654712",
        "36220163556666666",  # ZZY's: 17 digits
        "3301036566544662",
        "360426199101010072",  # wrong check digit
        with_check_digit("99042619910101007"),  # no such province, abroad
        with_check_digit("00000019910101007"),
        with_check_digit("36042619910230007"),  # 30 February
        with_check_digit("36042620260502007"),  # born tomorrow
        with_check_digit("36042616991231007"),
        "360426910230007",
        "990426910101007",
        "CAN110281023010",
        "can1102810803",
        "３６０４２６１９９１０１０１００７１",  # full-width digits
        "360426-19910101-0071",
    ],
)
def test_what_nobody_holds_is_refused(number: str) -> None:
    assert not is_id_card(number, TODAY)


def test_a_birth_today_is_no_future() -> None:
    born_today = with_check_digit("36042620260501007")
    assert is_id_card(born_today, TODAY)
    assert not is_id_card(born_today, date(2026, 4, 30))


@given(st.text())
def test_any_text_has_an_answer(number: str) -> None:
    is_id_card(number, TODAY)
    birth_date(number)


@given(st.dates(date(1900, 1, 1), TODAY), st.integers(0, 999))
def test_one_wrong_digit_is_found(born: date, serial: int) -> None:
    number = with_check_digit(f"360426{born:%Y%m%d}{serial:03}")
    assert is_id_card(number, TODAY)
    assert birth_date(number) == born
    last = "0" if number[-1] != "0" else "1"
    assert not is_id_card(number[:-1] + last, TODAY)


def test_numbers_are_compared_in_upper_case() -> None:
    assert normal_id_card(" 11010519491231002x") == "11010519491231002X"
