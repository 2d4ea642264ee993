"""Is this an id number (身份证号)? One question, asked before anything is sent to ZZY.

Why it exists: python-stdnum knows the resident id of mainland China, but refuses the
residence permits of Hong Kong, Macau and Taiwan people, foreigners' permanent residence
ids and the old 15-digit ids, accepts birth dates in the future, and refuses people whose
county was renamed after their birth. Here the form, the check digit, the birth date and the
province decide; a wrong refusal costs a sale, a wrong pass costs a refusal by ZZY.
It must not keep, log or return a number inside an error.
"""

import re
from datetime import date
from functools import lru_cache
from typing import Final

from stdnum import numdb
from stdnum.cn import ric

_EIGHTEEN = re.compile(r"[1-9][0-9]{16}[0-9X]", re.ASCII)
_FIFTEEN = re.compile(r"[1-9][0-9]{14}", re.ASCII)
_OLD_FOREIGN = re.compile(r"[A-Z]{3}[0-9]{12}", re.ASCII)

_PERMITS: Final = frozenset({"810000", "820000", "830000"})
"""港澳台居民居住证: Hong Kong, Macau, Taiwan."""
_FOREIGN: Final = "9"
"""新版外国人永久居留身份证 (since December 2023): the first digit."""
_EARLIEST_BIRTH: Final = date(1870, 1, 1)


def normal_id_card(number: str) -> str:
    """Return the number as it is compared: upper case, no blanks around it."""
    return number.strip().upper()


def is_id_card(number: str, today: date) -> bool:
    """Tell whether ``number`` can be an id number on ``today``.

    Taken are 18 digits (居民身份证, 港澳台居民居住证, 新版外国人永久居留身份证), the old 15
    digits, and three letters with 12 digits (旧版外国人永久居留身份证, whose check digit
    has no published rule).
    """
    number = normal_id_card(number)
    if _EIGHTEEN.fullmatch(number):
        return (
            ric.calc_check_digit(number) == number[-1]
            and _is_birth(number[6:14], today)
            and _is_place(number)
        )
    if _FIFTEEN.fullmatch(number):
        return _is_birth("19" + number[6:12], today) and _is_province(number[:2])
    if _OLD_FOREIGN.fullmatch(number):
        born = number[7:13]
        return _is_birth("19" + born, today) or _is_birth("20" + born, today)
    return False


def birth_date(number: str) -> date | None:
    """Return the birth date that an 18 or 15 digit number holds; ``None`` for others."""
    number = normal_id_card(number)
    if _EIGHTEEN.fullmatch(number):
        return _day(number[6:14])
    if _FIFTEEN.fullmatch(number):
        return _day("19" + number[6:12])
    return None


def _is_place(number: str) -> bool:
    if number[0] == _FOREIGN:
        return _is_province(number[1:3])
    return number[:6] in _PERMITS or _is_province(number[:2])


@lru_cache(maxsize=100)
def _is_province(prefix: str) -> bool:
    # Only the province: the list of counties knows too few of the past to refuse by it.
    [(_, properties), *_] = numdb.get("cn/loc").info(prefix + "0101")
    return "province" in properties


def _is_birth(digits: str, today: date) -> bool:
    born = _day(digits)
    return born is not None and _EARLIEST_BIRTH <= born <= today


def _day(digits: str) -> date | None:
    try:
        return date(int(digits[:4]), int(digits[4:6]), int(digits[6:]))
    except ValueError:
        return None
