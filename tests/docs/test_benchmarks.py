"""The pages show what was measured: of one run all but what takes long, which is of another."""

import json

from bench import publish
from bench.plot import picture

RESULT, LONG = (json.loads(one.read_text("utf-8")) for one in (publish.RESULT, publish.LONG))


def test_tables_costs_and_picture_are_those_of_the_result() -> None:
    for page, name, lines in publish.pages(RESULT, LONG):
        text = page.read_text("utf-8")
        assert publish.written(text, name, lines) == text, "run make figures"
    assert publish.PICTURE.read_text("utf-8") == picture(RESULT["summary"]), "run make figures"


def test_another_result_gives_other_pages() -> None:
    other = json.loads(json.dumps(RESULT).replace('"median": ', '"median": 1'))
    text = publish.SCALING.read_text("utf-8")
    assert publish.written(text, publish.COSTS, publish.costs(other)) != text
    assert picture(other["summary"]) != picture(RESULT["summary"])


def test_what_a_run_did_not_measure_is_that_of_the_long_one() -> None:
    measured = {one["name"] for one in LONG["figures"] if one["value"] is not None}
    assert measured
    figures = [
        one | ({"value": None} if one["name"] in measured else {}) for one in RESULT["figures"]
    ]
    short = RESULT | {"figures": figures}
    without = [line for line in publish.tables(short, {"figures": []}) if "not measured" in line]
    assert measured <= {line.split("|")[1].strip() for line in without}
    left = [line for line in publish.tables(short, LONG) if "not measured" in line]
    assert not measured & {line.split("|")[1].strip() for line in left}
