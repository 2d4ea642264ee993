"""Start the test servers once for several commands.

``python -m tests.servers run -- COMMAND…`` runs a command with the servers named in its
environment and stops them afterwards. ``eval $(python -m tests.servers env)`` names them to
the calling shell; they stop when that shell ends.
"""

import contextlib
import os
import shlex
import signal
import subprocess
import sys
import time

from tests.servers.process import ServerError
from tests.servers.shared import Shared

STOP_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


def _run(command: list[str]) -> int:
    shared = Shared()
    with contextlib.closing(shared):
        environment = {**os.environ, **shared.environment()}
        with subprocess.Popen(command, env=environment) as process:
            # Ctrl-C reaches the command too; it decides when it has ended.
            for number in STOP_SIGNALS:
                signal.signal(number, lambda received, _: process.send_signal(received))
            signal.signal(signal.SIGINT, signal.SIG_IGN)
            code = process.wait()
    return code if code >= 0 else 128 - code


def _serve(parent: int) -> int:
    """Keep the servers until the shell ``parent`` has ended."""
    shared = Shared()
    with contextlib.closing(shared):
        for name, value in shared.environment().items():
            sys.stdout.write(f"export {name}={shlex.quote(value)}\n")
        sys.stdout.flush()
        os.close(sys.stdout.fileno())
        with contextlib.suppress(KeyboardInterrupt):
            while _alive(parent):
                time.sleep(0.5)
    return 0


def _env() -> int:
    """Print the variables of servers that a process in the background keeps."""
    keeper = subprocess.Popen(
        [sys.executable, "-m", "tests.servers", "serve", str(os.getppid())],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        start_new_session=True,
    )
    assert keeper.stdout is not None
    variables = keeper.stdout.read()
    sys.stdout.buffer.write(variables)
    return 0 if variables else keeper.wait()


def _alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


def main(words: list[str]) -> int:
    """Do what the words say; return the exit code."""
    match words:
        case ["run", "--", *command] if command:
            return _run(command)
        case ["env"]:
            return _env()
        case ["serve", parent]:
            return _serve(int(parent))
    sys.stderr.write(__doc__ or "")
    return 2


if __name__ == "__main__":
    try:
        sys.exit(main(sys.argv[1:]))
    except ServerError as error:
        sys.exit(f"test servers: {error}")
