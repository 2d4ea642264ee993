"""sign and verify at the command line: steps, exit codes, and no secret anywhere."""

import io
import json
import sys
from pathlib import Path

import pytest

from contracts.channel import parse_envelope
from contracts.signatures import verify_channel
from worker.cli import main

SECRET = "94d95bdd7ef111eaa2505404a6b35c1e"
PARAMS = '{"order_num":"84d95bdc7ef911eaa2505404a6b35c1e","date":"2020-04-01"}'
STAMP = "1586936588379"


@pytest.fixture
def config(tmp_path: Path) -> str:
    file = tmp_path / "bridge.toml"
    file.write_text(
        f'[zzy]\nsign_key = "zzy-key"\n[[channels]]\napp_key = "k"\napp_secrets = ["{SECRET}"]\n'
    )
    return str(file)


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> "Run":
    return Run(capsys, monkeypatch)


class Run:
    """Runs a command in this process."""

    def __init__(self, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
        self._capsys = capsys
        self._monkeypatch = monkeypatch

    def __call__(self, *arguments: str, stdin: bytes = b"") -> tuple[int, str, str]:
        self._monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(stdin)))
        with pytest.raises(SystemExit) as ended:
            main(list(arguments))
        out, err = self._capsys.readouterr()
        assert SECRET not in out + err
        assert "zzy-key" not in out + err
        return int(ended.value.code or 0), out, err


def test_the_documents_own_example_step_by_step(run: Run, config: str) -> None:
    code, out, _ = run("sign", PARAMS, "--time-stamp", STAMP, "--config", config)
    assert code == 0
    lines = [line.strip() for line in out.splitlines()]
    assert lines[1] == PARAMS
    assert "68 characters, 68 bytes" in lines[0]
    assert f"‹app_secret, 32 characters›{PARAMS}{STAMP}" in lines
    assert "3760DDB933BD79CD97FE832CB81535BB" in lines
    sent = parse_envelope(lines[-1].encode())
    assert verify_channel([SECRET], sent.params, sent.time_stamp, sent.sign)
    code, out, _ = run("sign", PARAMS, "--time-stamp", STAMP, "--json", "--config", config)
    assert json.loads(out)["sign"] == "3760DDB933BD79CD97FE832CB81535BB"


def test_what_sign_makes_verify_takes(run: Run, config: str, tmp_path: Path) -> None:
    _, body, _ = run("sign", "-", "--body", "--config", config, stdin=PARAMS.encode())
    assert run("verify", body, "--config", config)[0] == 0
    code, out, _ = run("verify", "-", "--json", "--config", config, stdin=body.encode())
    assert (code, json.loads(out)["good"]) == (0, True)
    other = tmp_path / "secret"
    other.write_text("another\n")
    whose = ("--secret-file", str(other), "--app-key", "k", "--config", config)
    code, out, _ = run("verify", "-", "--json", *whose, stdin=body.encode())
    assert (code, json.loads(out)["findings"][0]["kind"]) == (1, "sign_wrong")
    _, body, _ = run("sign", PARAMS, "--body", *whose)
    assert run("verify", body, *whose)[0] == 0


def test_an_old_request_is_judged_as_of_then(run: Run, config: str) -> None:
    old = ("sign", PARAMS, "--body", "--time-stamp", STAMP, "--config", config)
    body = run(*old)[1]
    assert run("verify", body, "--config", config)[0] == 1
    assert run("verify", body, "--at", STAMP, "--config", config)[0] == 0


def test_zzys_headers_and_a_saved_notification(run: Run, config: str) -> None:
    zzy = ("--zzy", "--path", "/order/Create", "--config", config)
    _, headers, _ = run("sign", "--body", *zzy)
    code, out, _ = run("verify", "-", *zzy, stdin=headers.encode())
    assert code == 0, out
    listed = [part for line in headers.splitlines() for part in ("-H", line)]
    assert run("verify", *listed, *zzy)[0] == 0
    code, out, _ = run("verify", headers, "--zzy", "--path", "/order/create", "--config", config)
    assert code == 1
    assert "/order/Create" in out
    code, out, _ = run("verify", "Webhook-Id: m\n\n{}", "--webhook", "--config", config)
    assert code == 1
    assert "Webhook-Signature is missing" in out


@pytest.mark.parametrize(
    "arguments",
    [
        ("verify",),
        ("sign",),
        ("sign", "--zzy"),
        ("sign", "{}", "--app-key", "nobody"),
        ("sign", "{}", "--secret-file", "/nowhere"),
        ("verify", "no headers", "--webhook"),
        ("verify", "@/nowhere"),
    ],
)
def test_wrong_usage_is_exit_2(run: Run, config: str, arguments: tuple[str, ...]) -> None:
    code, out, err = run(*arguments, "--config", config)
    assert (code, out) == (2, "")
    assert "Traceback" not in err
