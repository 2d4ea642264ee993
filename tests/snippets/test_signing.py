"""The signing snippets of the guide do what the program itself does, in every language."""

from pathlib import Path

import pytest

from contracts.channel import Code
from tests.ingress.conftest import CONFIG, opened
from tests.snippets.cases import PARAMS, Case, body_of, cases
from tests.snippets.toolchains import SNIPPETS, TOOLCHAINS, Toolchain


@pytest.mark.parametrize("name", TOOLCHAINS)
async def test_a_snippet_signs_and_verifies_as_we_do(name: str, tmp_path: Path) -> None:
    chain = _present(TOOLCHAINS[name])
    asked = cases()
    printed = chain.run(tmp_path, "".join(case.line() + "\n" for case in asked))
    assert len(printed) == len(asked)
    answers = list(zip(asked, printed, strict=True))
    assert [f"{case.name}: {line[:40]}" for case, line in answers if not case.good(line)] == []
    await _enter(answers)


async def _enter(answers: list[tuple[Case, str]]) -> None:
    """Send every body to a running ingress: none may be refused as unsigned or unreadable."""
    bodies = [(case.name, body_of(line)) for case, line in answers if case.what == "body"]
    assert len(bodies) == len(PARAMS)
    codes = {}
    async for door in opened(CONFIG):
        for name, body in bodies:
            _, answer = await door.post("/public/cancelOrder", body)
            codes[name] = Code(answer["code"])
    assert codes.pop("body raw control characters") is Code.PARAMETER_MISSING  # signed; no JSON
    assert codes.pop("body an order to cancel") is Code.CANCEL_FAILED  # taken
    assert codes.pop("body the document's") is Code.CANCEL_FAILED
    assert set(codes.values()) == {Code.REQUIRED_FIELD_BLANK}  # verified, and no order_num there


def test_every_snippet_is_run_and_named_in_the_index() -> None:
    files = {path.name for path in SNIPPETS.iterdir()} - {"README.md", "__pycache__"}
    index = (SNIPPETS / "README.md").read_text(encoding="utf-8")
    assert files == {"signing.py", "signing.mjs", "Signing.java", "signing.php", "Signing.cs"}
    assert {name for name in files if f"]({name})" in index} == files
    assert len(TOOLCHAINS) == len(files)


def _present(chain: Toolchain) -> Toolchain:
    if chain.missing and chain.required:
        pytest.fail(chain.missing)
    if chain.missing:
        pytest.skip(f"not run: {chain.missing}")
    return chain
