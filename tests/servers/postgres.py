"""A private PostgreSQL, from installed binaries."""

import os
import pwd
import shutil
import signal
import struct
import subprocess
from collections.abc import Mapping
from pathlib import Path

from tests.servers.process import Server, ServerError, exchange, find_program

PLACES = (
    "/usr/lib/postgresql/*/bin",
    "/opt/homebrew/opt/postgresql@*/bin",
    "/usr/local/opt/postgresql@*/bin",
    "/opt/homebrew/opt/postgresql/bin",
)
SUPERUSER = "postgres"
INITDB_OPTIONS = ("-A", "trust", "-E", "UTF8", "--locale=C", "--no-sync")


class PostgresServer(Server):
    """PostgreSQL with fsync on; every local client is trusted, on loopback only."""

    name = "postgresql"

    def __init__(
        self, place: Path | None = None, settings: Mapping[str, str] | None = None
    ) -> None:
        self._settings = settings or {}
        self._postgres = find_program("postgres", *PLACES)
        self._initdb = find_program("initdb", *PLACES)
        super().__init__(place)
        if os.geteuid() == 0:
            self.user = unprivileged_user()
            shutil.chown(self.folder, self.user)
        self._data = self.folder / "data"

    @property
    def url(self) -> str:
        return f"postgresql://{SUPERUSER}@127.0.0.1:{self.port}/postgres"

    def start(self) -> None:
        if not self._data.exists():
            self._initialise()
        super().start()

    def _initialise(self) -> None:
        user = None if self.user is None else pwd.getpwnam(self.user)
        made = subprocess.run(
            [self._initdb, "-D", str(self._data), "-U", SUPERUSER, *INITDB_OPTIONS],
            cwd=self.folder,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
            user=user and user.pw_uid,
            group=user and user.pw_gid,
            extra_groups=[] if user else None,
        )
        if made.returncode:
            raise ServerError(f"initdb failed:\n{made.stdout[-800:]}{made.stderr[-800:]}")

    def _command(self) -> list[str]:
        options = {
            "port": str(self.port),
            "listen_addresses": "127.0.0.1",
            "unix_socket_directories": str(self.folder),
            "fsync": "on",
            "max_connections": "200",
            "shared_buffers": "64MB",
            **self._settings,
        }
        words = [word for key, value in options.items() for word in ("-c", f"{key}={value}")]
        return [self._postgres, "-D", str(self._data), *words]

    def _ready(self) -> bool:
        return exchange(self.port, startup_packet())[:1] == b"R"

    def _request_stop(self, process: subprocess.Popen[bytes]) -> None:
        process.send_signal(signal.SIGINT)  # "fast": SIGTERM would wait for the clients


def startup_packet(user: str = SUPERUSER) -> bytes:
    """Return a client's first packet; only a server that takes clients answers with "R"."""
    fields = f"user\0{user}\0database\0postgres\0\0".encode()
    return struct.pack("!II", len(fields) + 8, 196_608) + fields


def unprivileged_user() -> str:
    """Return whom a server runs as that refuses to be root. Raises ServerError."""
    for name in ("postgres", "nobody"):
        try:
            return pwd.getpwnam(name).pw_name
        except KeyError:
            continue
    raise ServerError("PostgreSQL refuses to run as root, and there is no user to run it as")
