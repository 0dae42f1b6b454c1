"""The door behind the real HTTP server, asked byte by byte: what a browser never sends, and an attacker does."""

from __future__ import annotations

import asyncio
import contextlib
import socket
import threading
import time
from collections.abc import Iterator

import pytest
import uvicorn
from starlette.types import Receive, Scope, Send
from streamlit.web.server.starlette import starlette_server

from explorer.settings import Limits, Settings
from explorer.web.door import Door
from explorer.web.visitor import Networks, visitor

OWN = "Host: localhost\r\n"
UPGRADE = (
    "Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
    "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
)
STREAM = "GET /_stcore/stream HTTP/1.1\r\n"
INNER = f"GET /inner HTTP/1.1\r\n{OWN}\r\n"
UPLOAD = "PUT /_stcore/upload_file/s/f HTTP/1.1\r\n"


class Probe:
    """The app behind the door: it tells whose request it took one for, and notes every path."""

    def __init__(self) -> None:
        self.paths: list[str] = []
        self.received: list[str] = []

    async def show(self, receive: Receive, send: Send) -> None:
        """For each message a picture, as Streamlit does it: what is received and what is sent know nothing of each
        other.
        """
        sending: set[asyncio.Task[None]] = set()
        while (message := await receive())["type"] != "websocket.disconnect":
            self.received.append(message["type"])
            picture = {"type": "websocket.send", "bytes": bytes(PICTURE)}
            sending.add(asyncio.create_task(send(picture)))  # type: ignore[arg-type]
        self.received.append("left")
        await asyncio.gather(*sending, return_exceptions=True)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            return
        self.paths.append(scope["path"])
        if scope["type"] == "websocket":
            await send({"type": "websocket.accept"})
            if scope["query_string"] == b"pictures":
                await self.show(receive, send)
            return
        while (await receive()).get("more_body"):
            pass
        told = f"visitor {visitor(scope, Networks(()))}, client {scope['client'][0]}".encode()
        await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"%d" % len(told))]})
        await send({"type": "http.response.body", "body": told})


PICTURE = 12 << 20
PROBE = Probe()


@pytest.fixture(scope="module")
def port() -> Iterator[int]:
    """uvicorn as Streamlit configures it, in a thread."""
    listening = socket.create_server(("127.0.0.1", 0))
    front = Door(PROBE, Door.rules(Settings(limits=Limits(upload_seconds=1, sending_seconds=2))))
    server = uvicorn.Server(uvicorn.Config(front, lifespan="off", **starlette_server._get_uvicorn_config_kwargs()))
    thread = threading.Thread(target=lambda: asyncio.run(server.serve([listening])))
    thread.start()
    while not server.started:
        time.sleep(0.01)
    yield listening.getsockname()[1]
    server.should_exit = server.force_exit = True
    thread.join()


def send(port: int, *parts: str | bytes, wait: float = 10) -> str:
    """Everything that the server answers until it closes the connection, or says nothing more for a moment."""
    with socket.create_connection(("127.0.0.1", port), timeout=wait) as connection:
        with contextlib.suppress(BrokenPipeError, ConnectionResetError):
            for part in parts:
                connection.sendall(part.encode("latin-1") if isinstance(part, str) else part)
        heard = b""
        with contextlib.suppress(TimeoutError, ConnectionResetError):
            while more := connection.recv(65536):
                heard += more
                connection.settimeout(0.3)
        return heard.decode("latin-1")


def statuses(heard: str) -> list[int]:
    return [int(line.split()[1]) for line in heard.splitlines() if line.startswith("HTTP/1.1 ")]


@pytest.mark.parametrize(
    ("request_", "status"),
    [
        (f"GET / HTTP/1.1\r\n{OWN}\r\n", 200),
        (f"GET /_stcore/health HTTP/1.1\r\n{OWN}Origin: http://localhost\r\n\r\n", 200),
        (f"{STREAM}{OWN}Origin: http://localhost\r\n{UPGRADE}\r\n", 101),
        (f"{UPLOAD}{OWN}Content-Length: 3\r\n\r\nabc", 200),
        (f"{UPLOAD}{OWN}Transfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n", 200),
        (f"{STREAM}{OWN}Origin: https://evil.example\r\n{UPGRADE}\r\n", 403),
        (f"{STREAM}{OWN}Origin: null\r\n{UPGRADE}\r\n", 403),
        (f"{STREAM}Host: evil.example\r\nOrigin: http://evil.example\r\n{UPGRADE}\r\n", 403),
        (f"GET /x HTTP/1.1\r\n{OWN}{UPGRADE}\r\n", 404),
        ("GET / HTTP/1.1\r\nHost: evil.example\r\n\r\n", 403),
        ("GET / HTTP/1.1\r\n\r\n", 400),
        ("GET / HTTP/1.0\r\n\r\n", 400),
        (f"GET / HTTP/1.1\r\n{OWN}{OWN}\r\n", 400),
        (f"GET / HTTP/1.1\r\n{OWN}Host: evil.example\r\n\r\n", 400),
        ("GET / HTTP/1.1\r\nHost: \r\n\r\n", 403),
        (f"GET http://evil.example/ HTTP/1.1\r\n{OWN}\r\n", 400),
        (f"GET * HTTP/1.1\r\n{OWN}\r\n", 400),
        (f"CONNECT evil.example:80 HTTP/1.1\r\n{OWN}\r\n", 400),
        (f"POST / HTTP/1.1\r\n{OWN}Content-Length: 0\r\n\r\n", 405),
        (f"GET /{'x' * 17_000} HTTP/1.1\r\n{OWN}\r\n", 414),
        (f"GET / HTTP/1.1\r\n{OWN}X: {'y' * 40_000}\r\n\r\n", 431),
        (f"GET / HTTP/1.1\r\n{OWN}X: {'y' * 200_000}\r\n\r\n", 400),
        (f"GET / HTTP/1.1\r\n{OWN}{''.join(f'X{n}: y{chr(13)}{chr(10)}' for n in range(5000))}\r\n", 431),
        (f"GET /%2e%2e/%2e%2e/etc/passwd HTTP/1.1\r\n{OWN}\r\n", 400),
        (f"GET /static/..%2f..%2fetc/passwd HTTP/1.1\r\n{OWN}\r\n", 400),
        (f"GET /a%00b HTTP/1.1\r\n{OWN}\r\n", 400),
        (f"GET /a%0d%0ab HTTP/1.1\r\n{OWN}\r\n", 400),
        (f"GET //evil.example/ HTTP/1.1\r\n{OWN}\r\n", 400),
        (f"GET /%2fevil.example/ HTTP/1.1\r\n{OWN}\r\n", 400),
        (f"GET /%5fstcore/metrics HTTP/1.1\r\n{OWN}\r\n", 404),
        (f"GET /_stcore%2fmetrics HTTP/1.1\r\n{OWN}\r\n", 404),
        (f"GET / HTTP/1.1\r\n{OWN}Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 400),
        (f"{UPLOAD}{OWN}Content-Length: 3\r\nContent-Length: 4\r\n\r\nabc", 400),
        (f"{UPLOAD}{OWN}Content-Length: +3\r\n\r\nabc", 400),
        (f"{UPLOAD}{OWN}Content-Length: -1\r\n\r\n", 400),
        (f"{UPLOAD}{OWN}Transfer-Encoding: chunked, identity\r\n\r\n", 400),
        (f"{UPLOAD}{OWN}Transfer-Encoding : chunked\r\n\r\n0\r\n\r\n", 400),
        (f"{UPLOAD}{OWN}Transfer-Encoding: chunked\r\n\r\nzz\r\n", 400),
        (f"GET / HTTP/1.1\r\n{OWN} folded: x\r\nX y: z\r\n\r\n", 400),
        ("\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03", 400),
        ("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", 400),
    ],
)
def test_one_request_one_answer(port: int, request_: str, status: int) -> None:
    assert statuses(send(port, request_))[:1] == [status]


@pytest.mark.parametrize(
    "smuggled",
    [
        f"{UPLOAD}{OWN}Content-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n{INNER}",
        f"GET / HTTP/1.1\r\n{OWN}Content-Length: 40\r\n\r\n{INNER}",
        f"POST / HTTP/1.1\r\n{OWN}Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n{INNER}",
        f"{UPLOAD}{OWN}Content-Length: 0\r\nContent-Length: 40\r\n\r\n{INNER}",
        f"GET / HTTP/1.1\r\n{OWN}X: a\n\r{INNER}",
    ],
)
def test_no_request_hides_in_another(port: int, smuggled: str) -> None:
    PROBE.paths.clear()
    assert statuses(send(port, smuggled))[0] >= 400
    assert "/inner" not in PROBE.paths


def test_nobody_can_take_another_address_by_saying_so(port: int) -> None:
    heard = send(port, f"GET / HTTP/1.1\r\n{OWN}X-Forwarded-For: 1.1.1.1\r\nConnection: close\r\n\r\n")
    assert "visitor 127.0.0.1" in heard and "client 127.0.0.1" in heard  # uvicorn's own log believes the other one


def test_a_file_that_never_comes_ends_the_connection(port: int) -> None:
    heard = send(port, f"{UPLOAD}{OWN}Content-Length: 1000\r\n\r\nabc", wait=30)
    assert statuses(heard) == [408] and "connection: close" in heard


def test_connections_that_say_nothing_hinder_nobody(port: int) -> None:
    with contextlib.ExitStack() as stack:
        for _ in range(200):
            idle = stack.enter_context(socket.create_connection(("127.0.0.1", port)))
            idle.sendall(b"GET / HTTP/1.1\r\nHost: loc")
        assert statuses(send(port, f"GET / HTTP/1.1\r\n{OWN}\r\n")) == [200]


def listener(port: int) -> socket.socket:
    """A page that has opened its connection and asked for five pictures. It takes only what its system takes for it."""
    connection = socket.socket()
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 65536)
    connection.settimeout(30)
    connection.connect(("127.0.0.1", port))
    connection.sendall(f"GET /_stcore/stream?pictures HTTP/1.1\r\n{OWN}{UPGRADE}\r\n".encode())
    while not connection.recv(1, socket.MSG_PEEK):
        time.sleep(0.01)
    PROBE.received.clear()
    for _ in range(5):
        connection.sendall(b"\x81\x81abcd" + bytes([ord("1") ^ ord("a")]))
    return connection


def test_a_page_that_takes_nothing_is_not_listened_to_and_cut_off(port: int) -> None:
    with listener(port):
        time.sleep(1)
        assert 1 <= PROBE.received.count("websocket.receive") <= 2, "what was asked for before the first picture waits"
        assert "left" not in PROBE.received
        until = time.monotonic() + 20
        while "left" not in PROBE.received and time.monotonic() < until:
            time.sleep(0.05)
        assert "left" in PROBE.received


def test_a_slow_page_gets_everything(port: int) -> None:
    with listener(port) as connection:
        missing = 5 * PICTURE
        while missing > 0:
            missing -= len(connection.recv(1 << 20))
            time.sleep(0.001)
        assert PROBE.received.count("websocket.receive") == 5 and "left" not in PROBE.received
