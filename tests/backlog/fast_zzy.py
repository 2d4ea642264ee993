"""A ZZY that says yes to everything at once, and costs next to nothing.

The simulator keeps books and would be the slower half of a backlog; here only the worker
is to be seen.
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

CREATED = '{"IsSuccess":true,"Code":1000,"LogId":"c","Data":{"OrderId":%d,"OrderStatus":0}}'
PAID = (
    '{"IsSuccess":true,"Code":1000,"LogId":"p",'
    '"Data":{"OrderId":1,"OrderStatus":4,"VoucherCode":"V%d"}}'
)
EMPTY = '{"IsSuccess":true,"Code":1000,"LogId":"e","Total":0,"Data":[]}'


class FastZzy:
    """Counts the orders that it made and those that were paid."""

    def __init__(self) -> None:
        self.url = ""
        self.created = 0
        self.paid = 0

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while head := await reader.readuntil(b"\r\n\r\n"):
                first, *lines = head.decode().split("\r\n")
                for line in lines:
                    name, _, value = line.partition(":")
                    if name.lower() == "content-length":
                        await reader.readexactly(int(value))
                body = self._answer(first.split()[1].lower()).encode()
                writer.write(
                    b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: "
                    + str(len(body)).encode()
                    + b"\r\n\r\n"
                    + body
                )
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        finally:
            writer.close()

    def _answer(self, path: str) -> str:
        if "create" in path:
            self.created += 1
            return CREATED % self.created
        if "pay" in path:
            self.paid += 1
            return PAID % self.paid
        return EMPTY


@asynccontextmanager
async def fast_zzy() -> AsyncIterator[FastZzy]:
    """Run one on a free port."""
    zzy = FastZzy()
    server = await asyncio.start_server(zzy.serve, "127.0.0.1", 0)
    zzy.url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    try:
        yield zzy
    finally:
        server.close()
