"""What the long run does as root: small disks and network namespaces."""

import asyncio
import errno
from pathlib import Path

import pytest

from tests.chaos.disk import PAGE, small_disk
from tests.chaos.needs import missing
from tests.chaos.netns import machines

pytestmark = pytest.mark.acceptance

LIMIT = 10.0


@pytest.fixture(autouse=True)
def as_root() -> None:
    assert not missing(), f"chaos needs {missing()}"


def _namespaces() -> set[str]:
    return {path.name for path in Path("/run/netns").iterdir()}


def test_a_small_disk_is_full_to_the_last_byte_and_free_again() -> None:
    with small_disk("try", 8) as disk:
        disk.fill()
        with pytest.raises(OSError, match="No space left") as full:
            (disk.folder / "more").write_bytes(bytes(2 * PAGE))
        assert full.value.errno == errno.ENOSPC
        disk.clear()
        disk.fill(leave=100 * PAGE)
        (disk.folder / "more").write_bytes(bytes(50 * PAGE))
        folder = disk.folder
    assert str(folder) not in Path("/proc/mounts").read_text()


async def test_a_namespace_that_is_cut_off_is_silent_and_comes_back() -> None:
    ended = asyncio.Event()
    with machines() as (made,):

        async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            while line := await reader.readline():
                writer.write(line)
            writer.close()
            await writer.wait_closed()
            ended.set()

        listener = made.listener()
        server = await asyncio.start_server(serve, sock=listener)
        near = made.own_socket()
        near.settimeout(LIMIT)
        await asyncio.to_thread(near.connect, listener.getsockname())
        near.settimeout(0)
        reader, writer = await asyncio.open_connection(sock=near)
        async with server, asyncio.timeout(3 * LIMIT):
            assert listener.getsockname()[0] == made.hosts_address
            made.cut()
            writer.write(b"through\n")
            asking = asyncio.ensure_future(reader.readline())
            done, _ = await asyncio.wait({asking}, timeout=0.5)
            assert not done
            made.heal()
            assert await asking == b"through\n"
            writer.close()
            await ended.wait()
    assert made.role not in _namespaces()


async def test_of_two_machines_the_other_is_not_cut_off() -> None:
    with machines(2) as (cut_off, other):
        cut_off.cut()
        for machine, reached in ((cut_off, False), (other, True)):
            with machine.own_socket() as there:
                there.bind((machine.address, 0))
                there.listen()
                with machine.hosts_socket() as near:
                    near.settimeout(0.5)
                    found = near.connect_ex(there.getsockname())
                    assert (found == 0) is reached
                    assert reached or found == errno.EAGAIN, "somebody said something"
