"""The command line's part for integrations: sign, verify, check-channel.

Why it exists: what two companies use to agree on a signature stands apart from what runs
the worker. It must not hold logic. Exit codes: 0 good, 1 not good, 2 wrong usage.
"""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Annotated

import typer

from worker.cli_options import Json, exit_by, settings_of
from worker.errors import SettingsError

checks = typer.Typer()

AppKey = Annotated[str | None, typer.Option(help="The channel; else the configuration's first.")]
SecretFile = Annotated[
    str | None,
    typer.Option(help="A file with the secret, - for stdin; else the configuration's."),
]
Zzy = Annotated[bool, typer.Option("--zzy", help="ZZY's signature instead of the channel's.")]
Path = Annotated[str, typer.Option(help="With --zzy: the path as called, such as /order/Create.")]
Headers = Annotated[
    list[str] | None, typer.Option("--header", "-H", help="'Name: value', as with curl.")
]


@checks.command("sign")
def sign(
    context: typer.Context,
    params: Annotated[str, typer.Argument(help="The JSON text; - is stdin, @FILE a file.")] = "",
    app_key: AppKey = None,
    time_stamp: Annotated[int | None, typer.Option(help="Milliseconds; else now.")] = None,
    secret_file: SecretFile = None,
    zzy: Zzy = False,
    path: Path = "",
    body: Annotated[
        bool, typer.Option("--body", help="Print only what is sent: the body, or the headers.")
    ] = False,
    json: Json = False,
) -> None:
    """Show each step of a signature; the secret is masked."""
    from worker.commands import signatures

    shown = "json" if json else "result" if body else "steps"
    with _usage():
        settings = settings_of(context)
        if zzy:
            _require(path, "--zzy needs --path")
            signatures.sign_zzy(settings, secret_file, path, time_stamp, shown=shown)
            return
        _require(params, "PARAMS is missing")
        whose = signatures.Whose(app_key, secret_file)
        signatures.sign_channel(settings, whose, params, time_stamp, shown=shown)


@checks.command("verify")
def verify(
    context: typer.Context,
    body: Annotated[
        str,
        typer.Argument(
            help="A body; with --webhook or --zzy headers, a blank line, a body. - is stdin, "
            "@FILE a file."
        ),
    ] = "",
    app_key: AppKey = None,
    secret_file: SecretFile = None,
    webhook: Annotated[
        bool, typer.Option("--webhook", help="A notification, with its Webhook- headers.")
    ] = False,
    zzy: Zzy = False,
    path: Path = "",
    header: Headers = None,
    at: Annotated[int | None, typer.Option(help="Judge as of then (milliseconds).")] = None,
    json: Json = False,
) -> None:
    """Say what is wrong with a signed request; exit 0 if it is good, 1 if not."""
    from worker.commands import signatures

    with _usage():
        settings, headers = settings_of(context), header or []
        if zzy:
            _require(body or headers, "--zzy needs headers")
            good = signatures.verify_zzy(
                settings, secret_file, body, headers, path, now_ms=at, as_json=json
            )
        elif webhook:
            _require(body, "--webhook needs the message")
            whose = signatures.Whose(app_key, secret_file)
            good = signatures.verify_webhook(
                settings, whose, body, headers, now_ms=at, as_json=json
            )
        else:
            _require(body, "BODY is missing")
            whose = signatures.Whose(app_key, secret_file)
            good = signatures.verify_channel(settings, whose, body, now_ms=at, as_json=json)
    exit_by(good)


@checks.command("check-channel")
def check_channel(
    context: typer.Context,
    url: Annotated[str, typer.Argument(help="Else the configured URLs of the channel.")] = "",
    app_key: AppKey = None,
    secret_file: SecretFile = None,
    json: Json = False,
) -> None:
    """Try a channel's endpoint with made-up notifications; exit 1 if it does anything wrong."""
    from worker.commands import signatures, trials

    whose = signatures.Whose(app_key, secret_file)
    with _usage():
        settings = settings_of(context)
        good = asyncio.run(trials.check_channel(settings, whose, url, as_json=json))
    exit_by(good)


def _require(given: object, told: str) -> None:
    if not given:
        raise typer.BadParameter(told)


@contextmanager
def _usage() -> Iterator[None]:
    """Say in one line what keeps a command from running; exit 2."""
    try:
        yield
    except SettingsError as error:
        raise typer.BadParameter(str(error)) from None
