"""The middleware in front of Streamlit: it refuses in microseconds, before Streamlit does anything for a request."""

from __future__ import annotations

import asyncio
import math
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from explorer.settings import Limits, Settings
from explorer.web.headers import headers, streamlit_page
from explorer.web.names import Names
from explorer.web.rates import Buckets, Places
from explorer.web.requests import Refusal, core, refusal, uploads
from explorer.web.sending import Outbox, Page
from explorer.web.visitor import Networks, counted, visitor


@dataclass(frozen=True)
class Rules:
    """What the door goes by.

    Attributes:
        names: the server's own hosts and origins.
        proxies: whose word on a visitor's address is believed.
        watchers: who may read the metrics.
        limits: how much a visitor may ask for.
        headers: what every answer carries.
    """

    names: Names
    proxies: Networks
    watchers: Networks
    limits: Limits
    headers: tuple[tuple[bytes, bytes], ...]


class Door:
    """Lets in what is the server's own, well formed and within its visitor's limits.

    Args:
        app: what is behind it.
        rules: what it goes by.
        left: called when a page's connection has ended.
    """

    def __init__(self, app: ASGIApp, rules: Rules, left: Callable[[], None] = lambda: None) -> None:
        limits = rules.limits
        self._left = left
        self._app = app
        self._rules = rules
        self._requests = Buckets(limits.requests_per_second, limits.requests_at_once)
        self._uploads = Buckets(limits.uploads_per_minute / 60, limits.uploads_per_minute)
        self._openings = Buckets(limits.openings_per_minute / 60, limits.openings_per_minute)
        self._outbox = Outbox(limits.sending_seconds, limits.unsent_mib << 20)
        self._places = Places(limits.sessions_per_address, limits.sessions)

    @staticmethod
    def rules(settings: Settings) -> Rules:
        """The rules that the settings make."""
        server = settings.server
        return Rules(
            Names.of(server.addresses),
            Networks.of("proxies", server.proxies),
            Networks.of("watchers", server.watchers),
            settings.limits,
            headers(streamlit_page()),
        )

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """The ASGI interface."""
        if scope["type"] not in ("http", "websocket"):
            await self._app(scope, receive, send)
            return
        refused = self._refusal(scope)
        if refused is not None:
            await _refuse(refused, scope, self._with_headers(send))
        elif scope["type"] == "websocket":
            await self._session(self._judged(scope), receive, send)
        else:
            await self._request(self._judged(scope), receive, self._with_headers(send))

    def _refusal(self, scope: Scope) -> Refusal | None:
        """The first thing that is wrong. Requests that are refused count as well."""
        address, limits = visitor(scope, self._rules.proxies), self._rules.limits
        name = counted(address)
        if late := _late(self._requests.take(name), f"at most {limits.requests_per_second} requests a second"):
            return late
        if core(scope) == "metrics" and address not in self._rules.watchers:
            return Refusal(404, "an address that this server has", str(scope["path"]))
        if wrong := refusal(scope, self._rules.names, limits):
            return wrong
        if uploads(scope):
            return _late(self._uploads.take(name), f"at most {limits.uploads_per_minute} uploads a minute")
        if scope["type"] == "websocket":
            return _late(self._openings.take(name), f"at most {limits.openings_per_minute} pages a minute")
        return None

    async def _request(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on; a file must have come within its time."""
        begun = False
        seconds = self._rules.limits.upload_seconds if uploads(scope) else None

        async def noted(message: Message) -> None:
            nonlocal begun
            begun = True
            await send(message)

        try:
            async with asyncio.timeout(seconds):
                await self._app(scope, receive, noted)
        except TimeoutError:
            if begun or seconds is None:
                raise
            await _refuse(Refusal(408, f"a file within {seconds} s", "a slower one"), scope, send)

    async def _session(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a page's connection on, if there is a place for it."""
        limits = self._rules.limits
        name = counted(visitor(scope, self._rules.proxies))
        with self._place(name) as taken:
            if taken:
                page = Page(self._outbox, receive, send)
                await self._app(scope, self._paced(page.receive), self._with_headers(page.send))
            else:
                expected = f"at most {limits.sessions_per_address} open pages of one address, {limits.sessions} in all"
                await _refuse(Refusal(503, expected, "more"), scope, self._with_headers(send))

    @contextmanager
    def _place(self, name: str) -> Iterator[bool]:
        taken = self._places.take(name)
        try:
            yield taken
        finally:
            if taken:
                self._places.give_back(name)
                self._left()

    def _paced(self, receive: Receive) -> Receive:
        """Messages of a page, not faster than the limit: who floods waits, and nobody else does."""
        own = Buckets(self._rules.limits.messages_per_second, self._rules.limits.messages_at_once)

        async def paced() -> Message:
            message = await receive()
            if message["type"] == "websocket.receive" and (wait := own.take("")):
                await asyncio.sleep(wait)
            return message

        return paced

    def _judged(self, scope: Scope) -> Scope:
        """The request as Streamlit gets it: without its Origin, and from the visitor whom it is counted for.

        The Origin was judged here. Streamlit would compare it with the server's public address, and ask another server
        for that while everybody waits. The client is the one that trusted proxies tell: uvicorn's may be forged.
        """
        name = counted(visitor(scope, self._rules.proxies)).partition("/")[0]
        headers = [(name, value) for name, value in scope["headers"] if name != b"origin"]
        return {**scope, "headers": headers, "client": (name, 0)}

    def _with_headers(self, send: Send) -> Send:
        async def with_headers(message: Message) -> None:
            if message["type"] in ("http.response.start", "websocket.http.response.start"):
                message["headers"] = [*message.get("headers", []), *self._rules.headers]
            await send(message)

        return with_headers


def _late(wait: float, expected: str) -> Refusal | None:
    """The refusal of who must wait."""
    return Refusal(429, expected, "more", wait) if wait else None


async def _refuse(refused: Refusal, scope: Scope, send: Send) -> None:
    """Answer with the reason as plain text, and end the connection."""
    received = refused.received.encode("ascii", "backslashreplace").decode()[:200]
    text = f"Expected: {refused.expected}. Received: {received}.\n".encode()
    fields = [(b"content-type", b"text/plain; charset=utf-8"), (b"content-length", str(len(text)).encode())]
    fields += [(b"connection", b"close"), (b"cache-control", b"no-store")]
    if refused.wait:
        fields.append((b"retry-after", str(math.ceil(refused.wait)).encode()))
    kind = "websocket.http" if scope["type"] == "websocket" else "http"
    if kind == "http" or "websocket.http.response" in scope.get("extensions", {}):
        await send({"type": f"{kind}.response.start", "status": refused.status, "headers": fields})
        await send({"type": f"{kind}.response.body", "body": text})
    else:
        await send({"type": "websocket.close", "code": 1008})
