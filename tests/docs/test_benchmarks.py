"""The pages show what was measured, all of it of one run."""

import json

from bench import publish
from bench.plot import picture

RESULT = json.loads(publish.RESULT.read_text("utf-8"))


def test_tables_costs_and_picture_are_those_of_the_result() -> None:
    for page, name, lines in (
        (publish.PAGE, publish.FIGURES, publish.tables(RESULT)),
        (publish.SCALING, publish.COSTS, publish.costs(RESULT)),
    ):
        text = page.read_text("utf-8")
        assert publish.written(text, name, lines) == text, "run make figures"
    assert publish.PICTURE.read_text("utf-8") == picture(RESULT["summary"]), "run make figures"


def test_another_result_gives_other_pages() -> None:
    other = json.loads(json.dumps(RESULT).replace('"median": ', '"median": 1'))
    text = publish.SCALING.read_text("utf-8")
    assert publish.written(text, publish.COSTS, publish.costs(other)) != text
    assert picture(other["summary"]) != picture(RESULT["summary"])
