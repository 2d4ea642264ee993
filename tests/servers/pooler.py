"""A private PgBouncer before a PostgreSQL: few connections, handed on after each transaction."""

import os
import shutil
from urllib.parse import urlsplit

from tests.servers.install import can_install, install
from tests.servers.postgres import startup_packet, unprivileged_user
from tests.servers.process import MissingProgramError, Server, ServerError, exchange, find_program

PLACES = ("/usr/sbin", "/opt/homebrew/bin", "/usr/local/bin")
CONNECTIONS = 4
"""So few that the workers' many are handed on all the time."""
SETTINGS = """\
[databases]
* = host={host} port={target} {login}
[pgbouncer]
listen_addr = 127.0.0.1
listen_port = {port}
unix_socket_dir =
auth_type = trust
auth_file = {folder}/users
pool_mode = {mode}
default_pool_size = {connections}
max_client_conn = 500
logfile = {folder}/pooler.log
"""


class Pooler(Server):
    """PgBouncer, as it comes with Debian. Raises ServerError where there is none."""

    name = "pgbouncer"

    def __init__(
        self, postgres_url: str, mode: str = "transaction", connections: int = CONNECTIONS
    ) -> None:
        self._program = _program()
        super().__init__()
        self._behind = urlsplit(postgres_url)
        self._mode, self._connections = mode, connections
        if os.geteuid() == 0:
            self.user = unprivileged_user()
            shutil.chown(self.folder, self.user)

    def to(self, postgres_url: str) -> str:
        """Return the URL of a database of the server behind, past this one."""
        parts = urlsplit(postgres_url)
        return parts._replace(netloc=f"{parts.username}@127.0.0.1:{self.port}").geturl()

    @property
    def url(self) -> str:
        return self.to(self._behind.geturl())

    def _choose_ports(self) -> None:
        super()._choose_ports()
        behind = self._behind
        (self.folder / "users").write_text(f'"{behind.username}" ""\n')
        (self.folder / "pooler.ini").write_text(
            SETTINGS.format(
                host=behind.hostname,
                target=behind.port or 5432,
                login=f"password={behind.password}" if behind.password else "",
                port=self.port,
                folder=self.folder,
                mode=self._mode,
                connections=self._connections,
            )
        )

    def _command(self) -> list[str]:
        return [self._program, "--quiet", str(self.folder / "pooler.ini")]

    def _ready(self) -> bool:
        return exchange(self.port, startup_packet(self._behind.username or ""))[:1] == b"R"


def _program() -> str:
    try:
        return find_program("pgbouncer", *PLACES)
    except MissingProgramError as missing:
        if not can_install():
            advice = f"{missing}: install it (Debian: apt-get install pgbouncer)"
            raise ServerError(advice) from None
    install(("pgbouncer",))
    return find_program("pgbouncer", *PLACES)
