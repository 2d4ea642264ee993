"""A server as a process of ours: started, stopped, killed, paused, by its id alone."""

import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from tests.servers.guard import signal_tree

START_SECONDS = 90.0
STOP_SECONDS = 30.0


class ServerError(RuntimeError):
    """A test server cannot be had; the message says what to do."""


class MissingProgramError(ServerError):
    """A program is not installed."""


class Guard:
    """The process that cleans up after this one; one for all servers."""

    def __init__(self) -> None:
        self._process: subprocess.Popen[str] | None = None
        self._owner = os.getpid()

    def tell(self, line: str) -> None:
        if self._process is None or self._owner != os.getpid():
            self._owner = os.getpid()
            self._process = subprocess.Popen(
                [sys.executable, "-I", str(Path(__file__).with_name("guard.py"))],
                stdin=subprocess.PIPE,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                start_new_session=True,
                text=True,
            )
        pipe = self._process.stdin
        assert pipe is not None
        pipe.write(line + "\n")
        pipe.flush()


GUARD = Guard()


def free_port() -> int:
    """Return a port that nobody listens on at this moment."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])


def new_folder(name: str, place: Path | None = None) -> Path:
    """Make a temporary folder that is removed at the end, whatever happens."""
    folder = Path(tempfile.mkdtemp(prefix=f"ticketbridge-{name}-", dir=place))
    GUARD.tell(f"+dir {folder}")
    return folder


def exchange(port: int, sent: bytes) -> bytes:
    """Send bytes to a server on this machine and return the beginning of its answer."""
    try:
        with socket.create_connection(("127.0.0.1", port), timeout=1) as connection:
            connection.sendall(sent)
            return connection.recv(256)
    except OSError:
        return b""


class Server:
    """One private server; a subclass says how it is started and when it is ready."""

    name = "server"
    user: str | None = None
    """The user to run as, where it cannot be ours."""

    def __init__(self, place: Path | None = None) -> None:
        """Live in a folder of its own, below ``place`` if given (a small disk, say)."""
        self.folder = new_folder(self.name, place)
        self.port = 0
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        """The address for clients; the same after a restart."""
        raise NotImplementedError

    def start(self) -> None:
        """Start it and return when it takes clients."""
        if self.port:
            self._launch()
            return
        for attempt in (1, 2, 3):
            self._choose_ports()
            try:
                self._launch()
            except ServerError:
                if attempt == 3:
                    raise
            else:
                return

    def stop(self) -> None:
        """Stop it in order; its data stays for the next start."""
        if self._process is None:
            return
        self._request_stop(self._process)
        try:
            self._process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            self.kill()
        self._forget()

    def kill(self) -> None:
        """End it as a power failure would; its data stays for the next start."""
        if self._process is not None:
            self._signal(signal.SIGKILL)
            self._process.wait()
            self._forget()

    def restart(self) -> None:
        """Stop and start it on the same port and data."""
        self.stop()
        self.start()

    def pause(self) -> None:
        """Freeze it: connections stay open and nothing is answered."""
        self._signal(signal.SIGSTOP)

    def resume(self) -> None:
        """Let it go on after :meth:`pause`."""
        self._signal(signal.SIGCONT)

    def discard(self) -> None:
        """End it and throw its data away."""
        self.kill()
        shutil.rmtree(self.folder, ignore_errors=True)

    @property
    def alive(self) -> bool:
        """Whether its process is there and has not ended by itself."""
        return self._process is not None and self._process.poll() is None

    @property
    def pids(self) -> list[int]:
        """The process ids to account for, the server's own first."""
        return [self._process.pid] if self._process is not None else []

    def _choose_ports(self) -> None:
        self.port = free_port()

    def _command(self) -> list[str]:
        raise NotImplementedError

    def _environment(self) -> dict[str, str]:
        return dict(os.environ)

    def _ready(self) -> bool:
        raise NotImplementedError

    def _request_stop(self, process: subprocess.Popen[bytes]) -> None:
        process.send_signal(signal.SIGTERM)

    def _signal(self, number: int) -> None:
        if self._process is not None:
            signal_tree(self._process.pid, number)

    def _launch(self) -> None:
        log = self.folder / "output.log"
        with log.open("ab") as output:
            self._process = subprocess.Popen(
                self._command(),
                env=self._environment(),
                cwd=self.folder,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
                user=self.user,
                group=self.user and _group_of(self.user),
                extra_groups=[] if self.user else None,
            )
        GUARD.tell(f"+pid {self._process.pid}")
        try:
            wait_until(self._ready, self.name, self._process)
        except ServerError as error:
            self.kill()
            raise ServerError(f"{error}\n{_tail(log)}") from None

    def _forget(self) -> None:
        if self._process is not None:
            GUARD.tell(f"-pid {self._process.pid}")
            self._process = None


def wait_until(
    ready: Callable[[], bool], name: str, process: subprocess.Popen[bytes] | None = None
) -> None:
    """Return when a server is ready. Raises ServerError when it ended or takes too long."""
    deadline = time.monotonic() + START_SECONDS
    while not ready():
        if process is not None and process.poll() is not None:
            raise ServerError(f"{name} ended with code {process.returncode} while starting")
        if time.monotonic() > deadline:
            raise ServerError(f"{name} was not ready after {START_SECONDS:.0f} s")
        time.sleep(0.05)


def _group_of(user: str) -> int:
    import pwd  # noqa: PLC0415  (not everywhere)

    return pwd.getpwnam(user).pw_gid


def _tail(log: Path) -> str:
    with suppress(OSError):
        return "\n".join(log.read_text(errors="replace").splitlines()[-25:])
    return ""


def find_program(name: str, *places: str) -> str:
    """Return a program's path: from the given folders (patterns), else from PATH.

    Raises MissingProgramError.
    """
    for place in places:
        for candidate in sorted(Path("/").glob(f"{place.lstrip('/')}/{name}"), reverse=True):
            if os.access(candidate, os.X_OK):
                return str(candidate)
    if found := shutil.which(name):
        return found
    raise MissingProgramError(f"{name} is not installed")
