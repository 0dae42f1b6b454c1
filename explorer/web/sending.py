"""Pages are sent as much as they take: one that takes nothing is not listened to meanwhile, and then cut off."""

from __future__ import annotations

import asyncio
import time

from starlette.types import Message, Receive, Send
from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol

FAIR = 5.0
"""Seconds that every page has for a message, however many bytes wait for other pages."""


class Outbox:
    """The messages that pages have not taken yet, of all pages together.

    Args:
        seconds: how long a page may take for one message.
        most: how many bytes may wait. If there are more, the pages that have been sent to for longest are cut off.
    """

    def __init__(self, seconds: float, most: int) -> None:
        self._seconds = seconds
        self._most = most
        self._waiting: dict[Page, int] = {}  # the oldest first

    async def deliver(self, page: Page, message: Message, send: Send) -> None:
        """Send a page a message, and cut the page off if it does not take it in time."""
        self._waiting[page] = len(message.get("bytes") or message.get("text") or "")
        self._make_room()
        limit = asyncio.get_running_loop().call_later(self._seconds, page.cut)
        try:
            await send(message)
            await page.drained()
        finally:
            limit.cancel()
            del self._waiting[page]

    def _make_room(self) -> None:
        late = time.monotonic() - FAIR
        over = sum(self._waiting.values()) - self._most
        for page, size in self._waiting.items():
            if over <= 0 or page.since > late:
                return
            page.cut()
            over -= size


class Page:
    """One page's connection: `send` and `receive` as the app is to see them."""

    def __init__(self, outbox: Outbox, receive: Receive, send: Send) -> None:
        self._outbox = outbox
        self._receive = receive
        self._send = send
        self._connection = getattr(send, "__self__", None)
        self._idle = asyncio.Event()
        self._idle.set()
        self.since = 0.0

    async def send(self, message: Message) -> None:
        """Send, as the ASGI interface has it."""
        self.since = time.monotonic()
        self._idle.clear()
        try:
            await self._outbox.deliver(self, message, self._send)
        finally:
            self._idle.set()

    async def receive(self) -> Message:
        """Receive, as the ASGI interface has it: nothing while the page does not take what it is sent."""
        await self._idle.wait()
        return await self._receive()

    # The ASGI interface does not tell when a message has been taken, and knows only an end for which the other side
    # must read on. uvicorn's `send` belongs to the object that has the connection.

    async def drained(self) -> None:
        """Wait until the system has taken what was sent, or the connection is lost."""
        if isinstance(self._connection, WebSocketsSansIOProtocol):
            await self._connection.writable.wait()

    def cut(self) -> None:
        """End the connection at once."""
        if isinstance(self._connection, WebSocketsSansIOProtocol):
            self._connection.transport.abort()
