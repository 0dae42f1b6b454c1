"""A proxy that cuts connections in the middle of whatever they carry."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator


class Proxy:
    """Passes every connection on to a port of loopback."""

    def __init__(self, to: int) -> None:
        self._to = to
        self._open: set[asyncio.StreamWriter] = set()
        self.port = 0

    def cut(self) -> int:
        """End every other connection without a word; how many."""
        ended = list(self._open)[::2]
        for writer in ended:
            writer.transport.abort()
        return len(ended)

    async def _pass(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(OSError, asyncio.CancelledError):
            theirs, ours = await asyncio.open_connection("127.0.0.1", self._to)
            self._open.add(writer)
            try:
                await asyncio.wait(
                    [asyncio.create_task(_copy(reader, ours)), asyncio.create_task(_copy(theirs, writer))],
                    return_when=asyncio.FIRST_COMPLETED,
                )
            finally:
                self._open.discard(writer)
                for one in (writer, ours):
                    one.transport.abort()


async def _copy(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    with contextlib.suppress(OSError):
        while data := await reader.read(1 << 16):
            writer.write(data)
            await writer.drain()


@contextlib.asynccontextmanager
async def proxy(to: int) -> AsyncIterator[Proxy]:
    """A proxy before that port, for the length of the block."""
    made = Proxy(to)
    server = await asyncio.start_server(made._pass, "127.0.0.1", 0)
    made.port = server.sockets[0].getsockname()[1]
    try:
        yield made
    finally:
        made.cut()
        made.cut()
        server.close()
