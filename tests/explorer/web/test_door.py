"""The door as ASGI: what is refused never reaches the app behind it, what is let in reaches it unchanged."""

from __future__ import annotations

import asyncio
import dataclasses
from collections.abc import Mapping
from typing import Any

import pytest
from starlette.types import Message, Receive, Scope, Send

from explorer.settings import Limits, Settings, read
from explorer.web.door import Door

HOST = {"host": "localhost:8501"}
STREAM = "/_stcore/stream"


class App:
    """What stands behind the door: it notes what it gets, and answers."""

    def __init__(self, pause: asyncio.Event | None = None) -> None:
        self.seen: list[Scope] = []
        self.messages: list[Message] = []
        self.pause = pause

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        self.seen.append(scope)
        if scope["type"] == "websocket":
            await send({"type": "websocket.accept"})
            while (message := await receive())["type"] == "websocket.receive":
                self.messages.append(message)
            if self.pause:
                await self.pause.wait()
        else:
            if self.pause:
                await self.pause.wait()
            await send({"type": "http.response.start", "status": 200, "headers": []})
            await send({"type": "http.response.body", "body": b"in"})


class Answer:
    """What a client gets."""

    def __init__(self, sent: list[Message]) -> None:
        first = sent[0]
        self.kind = first["type"]
        self.status = first.get("status")
        self.headers = dict(first.get("headers", []))
        self.text = sent[1]["body"].decode() if len(sent) > 1 and "body" in sent[1] else ""


def door(app: App, settings: Settings | None = None, **limits: int) -> Door:
    settings = settings or Settings()
    changed = dataclasses.replace(settings, limits=dataclasses.replace(settings.limits, **limits))
    return Door(app, Door.rules(changed))


def a_request(
    path: str = "/", method: str = "GET", headers: Mapping[str, str] | None = None, kind: str = "http", **more: Any
) -> Scope:
    pairs = [(name.encode(), value.encode("latin-1")) for name, value in (HOST if headers is None else headers).items()]
    scope = {
        "type": kind,
        "path": path,
        "raw_path": path.encode(),
        "query_string": b"",
        "headers": pairs,
        "client": ("127.0.0.1", 5),
        "server": ("127.0.0.1", 8501),
        "extensions": {"websocket.http.response": {}},
    }
    return {**scope, **({"method": method} if kind == "http" else {}), **more}


async def call(front: Door, scope: Scope, messages: list[Message] | None = None) -> Answer:
    sent: list[Message] = []
    left = [*(messages or []), {"type": "websocket.disconnect"}]

    async def receive() -> Message:
        return left.pop(0)

    async def send(message: Message) -> None:
        sent.append(message)

    await front(scope, receive, send)
    return Answer(sent)


def ask(front: Door, scope: Scope) -> Answer:
    return asyncio.run(call(front, scope))


OWN = {**HOST, "origin": "http://localhost:8501"}
LET_IN = {
    "the page": a_request("/explore"),
    "health": a_request("/_stcore/health"),
    "what the page asks first": a_request("/_stcore/host-config"),
    "under a base path": a_request("/base/_stcore/health"),
    "an own origin": a_request(headers=OWN),
    "a stream": a_request(STREAM, kind="websocket", headers=OWN),
    "a program's stream": a_request(STREAM, kind="websocket"),
    "an upload": a_request("/_stcore/upload_file/s/f", "PUT", {**OWN, "content-length": "5"}),
    "taking a file away": a_request("/_stcore/upload_file/s/f", "DELETE", OWN),
    "an empty body": a_request("/", "GET", {**HOST, "content-length": "0"}),
    "a module of the stage": a_request("/stage/0123/stage.js"),
    "an unusual letter": a_request("/layers/뷰"),
}


@pytest.mark.parametrize("name", LET_IN)
def test_let_in(name: str) -> None:
    app = App()
    answer = ask(door(app), LET_IN[name])
    assert len(app.seen) == 1
    assert answer.kind in ("http.response.start", "websocket.accept")
    assert app.seen[0]["path"] == LET_IN[name]["path"]
    assert b"origin" not in dict(app.seen[0]["headers"]), "it is judged; Streamlit need not look anything up"


REFUSED = {
    "a foreign origin": (a_request(headers={**HOST, "origin": "https://evil.example"}), 403),
    "a stream of a foreign origin": (
        a_request(STREAM, kind="websocket", headers={**HOST, "origin": "https://evil.example"}),
        403,
    ),
    "a stream of no origin's page": (a_request(STREAM, kind="websocket", headers={**HOST, "origin": "null"}), 403),
    "a foreign host": (a_request(headers={"host": "evil.example"}), 403),
    "a foreign host and origin alike": (
        a_request(STREAM, kind="websocket", headers={"host": "evil.example", "origin": "http://evil.example"}),
        403,
    ),
    "no host": (a_request(headers={}), 400),
    "two hosts": (a_request(headers=None, headers_=0) | {"headers": [(b"host", b"localhost")] * 2}, 400),
    "two origins": (a_request() | {"headers": [(b"host", b"localhost"), *[(b"origin", b"http://localhost")] * 2]}, 403),
    "a long address": (a_request("/", query_string=b"x" * 16_385), 414),
    "long headers": (a_request(headers={**HOST, "x": "y" * 32_768}), 431),
    "steps upwards": (a_request("/static/../../etc/passwd"), 400),
    "doubled slashes": (a_request("//evil.example/"), 400),
    "a backslash": (a_request("/static\\..\\secrets"), 400),
    "a zero": (a_request("/static/a\0.js"), 400),
    "a line's end": (a_request("/a\r\nx: y"), 400),
    "an address without its slash": (a_request("*"), 400),
    "metrics": (a_request("/_stcore/metrics"), 404),
    "metrics under a base path": (a_request("/base/_stcore/metrics"), 404),
    "the agents' door": (a_request("/_stcore/agent/openapi.json"), 404),
    "the script's health": (a_request("/_stcore/script-health-check"), 404),
    "what Streamlit may add one day": (a_request("/_stcore/new"), 404),
    "a stream elsewhere": (a_request("/elsewhere", kind="websocket"), 404),
    "posting": (a_request("/", "POST"), 405),
    "an upload elsewhere": (a_request("/", "PUT"), 405),
    "reading an upload": (a_request("/_stcore/upload_file/s/f", "GET"), 405),
    "asking for others' permission": (a_request("/_stcore/upload_file/s/f", "OPTIONS"), 405),
    "tracing": (a_request("/", "TRACE"), 405),
    "a body where none belongs": (a_request("/", "GET", {**HOST, "content-length": "5"}), 400),
    "a body of unknown length": (a_request("/", "GET", {**HOST, "transfer-encoding": "chunked"}), 400),
    "a body of two lengths": (
        a_request("/_stcore/upload_file/s/f", "PUT", {**HOST, "content-length": "5", "transfer-encoding": "chunked"}),
        400,
    ),
}


@pytest.mark.parametrize("name", REFUSED)
def test_refused_before_the_app_hears_of_it(name: str) -> None:
    scope, status = REFUSED[name]
    app = App()
    answer = ask(door(app), scope)
    assert app.seen == []
    assert answer.status == status
    assert answer.text.startswith("Expected: ") and "Received: " in answer.text
    assert b"content-security-policy" in answer.headers
    assert answer.text.isascii() and answer.text.count("\n") == 1


def test_the_metrics_are_for_watchers() -> None:
    settings = read({"server": {"watchers": ["10.0.0.0/8"], "addresses": ["http://host.example"]}})
    for client, status in (("10.3.4.5", 200), ("11.3.4.5", 404)):
        scope = a_request("/_stcore/metrics", headers={"host": "host.example"})
        answer = ask(door(App(), settings), scope | {"client": (client, 5), "server": ("10.0.0.9", 8501)})
        assert answer.status == status


def test_a_flood_of_requests_is_told_when_to_come_back_and_others_are_served() -> None:
    settings = read({"server": {"addresses": ["http://host.example"]}})
    front = door(app := App(), settings, requests_per_second=1, requests_at_once=10)

    def come(client: str) -> Answer:
        scope = a_request(headers={"host": "host.example"})
        return ask(front, scope | {"client": (client, 5), "server": ("10.0.0.9", 8501)})

    answers = [come("5.5.5.5") for _ in range(30)]
    assert 10 <= sum(answer.status == 200 for answer in answers) <= 20
    late = answers[-1]
    assert late.status == 429 and int(late.headers[b"retry-after"]) >= 1
    assert come("6.6.6.6").status == 200
    assert len(app.seen) < 30


def test_refused_requests_count_too() -> None:
    front = door(App(), requests_per_second=1, requests_at_once=10)
    answers = [ask(front, a_request(headers={"host": "evil.example"})) for _ in range(30)]
    assert answers[-1].status == 429


def test_open_pages_of_one_address_and_of_all() -> None:
    async def story() -> list[int | None]:
        end = asyncio.Event()
        front = door(App(end), sessions_per_address=3, sessions=5)
        scope = a_request(STREAM, kind="websocket") | {"server": ("10.0.0.9", 8501)}
        statuses = []

        async def come(client: str) -> None:
            statuses.append((await call(front, scope | {"client": (client, 5)})).status)

        async with asyncio.TaskGroup() as group:
            for client in ["5.5.5.5"] * 4 + ["6.6.6.6"] * 3:
                group.create_task(come(client))
            await asyncio.sleep(0)
            while len(statuses) < 2:
                await asyncio.sleep(0)
            end.set()
        await come("5.5.5.5")
        return statuses

    assert asyncio.run(story()) == [503, 503, None, None, None, None, None, None]


def test_pages_that_are_opened_and_closed_all_the_time() -> None:
    front = door(App(), openings_per_minute=5)
    statuses = [ask(front, a_request(STREAM, kind="websocket")).status for _ in range(8)]
    assert statuses[:5] == [None] * 5 and statuses[-1] == 429


def test_a_slow_upload_ends_and_so_do_too_many() -> None:
    async def story() -> list[int | None]:
        front = door(App(asyncio.Event()), upload_seconds=1, uploads_per_minute=2)
        scope = a_request("/_stcore/upload_file/s/f", "PUT", OWN)
        return [(await call(front, scope)).status for _ in range(3)]

    assert asyncio.run(story()) == [408, 408, 429]


def test_a_flood_of_messages_arrives_at_the_limits_pace(monkeypatch: pytest.MonkeyPatch) -> None:
    slept: list[float] = []

    async def sleep(seconds: float) -> None:
        slept.append(seconds)

    monkeypatch.setattr(asyncio, "sleep", sleep)
    front = door(app := App(), messages_per_second=1, messages_at_once=10)
    flood: list[Message] = [{"type": "websocket.receive", "bytes": b"x"}] * 40
    asyncio.run(call(front, a_request(STREAM, kind="websocket"), flood))
    assert len(app.messages) == 40
    assert 20 <= len(slept) <= 30


def test_the_defaults_are_of_use() -> None:
    limits = Limits()
    assert limits.sessions_per_address < limits.sessions
    assert limits.url_bytes < limits.header_bytes


@pytest.mark.parametrize(
    ("client", "told", "seen"),
    [
        (("127.0.0.1", 5), None, "127.0.0.1"),
        (("192.0.2.7", 5), None, "192.0.2.7"),
        (("192.0.2.7", 5), "203.0.113.9", "192.0.2.7"),  # it is no trusted proxy
        (("192.0.2.1", 5), "203.0.113.9", "203.0.113.9"),
        (("192.0.2.1", 5), "203.0.113.9, 198.51.100.4", "198.51.100.4"),
        (("2001:db8::1:2", 5), None, "2001:db8::"),  # one visitor has the whole network
    ],
)
@pytest.mark.parametrize("kind", ["http", "websocket"])
def test_the_app_is_told_the_visitor_that_is_counted(
    kind: str, client: tuple[str, int], told: str | None, seen: str
) -> None:
    app, own = App(), client[0] if client[0] == "127.0.0.1" else "192.0.2.99"
    settings = dataclasses.replace(Settings(), server=dataclasses.replace(Settings().server, proxies=("192.0.2.1/32",)))
    headers = {**HOST, **({"x-forwarded-for": told} if told else {})}
    scope = a_request(
        STREAM if kind == "websocket" else "/", kind=kind, headers=headers, client=client, server=(own, 1)
    )
    ask(door(app, settings), scope)
    assert [one["client"][0] for one in app.seen] == [seen]
