"""The running server from outside: refusals that cost nobody anything, a base path, and a reverse proxy before it."""

from __future__ import annotations

import contextlib
import json
import os
import re
import shutil
import socket
import statistics
import subprocess
import time
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple
from urllib.parse import urlsplit

import pytest
import serving
from playwright.sync_api import Browser
from screen import Screen, Server
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import connect

from benchmarks.chromium import launch
from explorer.experiment.recipes import KINDS
from explorer.settings import Settings

SITE = "layers.test"
UPGRADE = (
    "Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
    "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
)
OPENINGS = 8


def ask(port: int, path: str, *headers: str, source: str = "127.0.0.1") -> str:
    """The head of the answer to one request."""
    with socket.create_connection(("127.0.0.1", port), timeout=30, source_address=(source, 0)) as connection:
        lines = "".join(f"{header}\r\n" for header in headers)
        connection.sendall(f"GET {path} HTTP/1.1\r\n{lines}\r\n".encode())
        heard = b""
        while b"\r\n\r\n" not in heard and (more := connection.recv(65536)):
            heard += more
        return heard.decode("latin-1")


def status(answer: str) -> int:
    return int(answer.split()[1])


def stream(base: str = "") -> str:
    return f"{base}/_stcore/stream"


def upgrade(host: str, origin: str) -> list[str]:
    return [f"Host: {host}", f"Origin: {origin}", *UPGRADE.splitlines()]


# ------------------------------------------------------------------------------------------- as it is started
def test_a_foreign_page_costs_nobody_anything(server: Server) -> None:
    """Streamlit would look up its public address over the network for it, while everybody waits."""
    port = urlsplit(server.address).port or 0
    took: dict[str, list[float]] = {"health": [], "foreign": []}
    for _ in range(7):
        for name in took:
            before = time.perf_counter()
            if name == "health":
                assert status(ask(port, "/_stcore/health", "Host: localhost")) == 200
            else:
                assert status(ask(port, stream(), *upgrade(f"localhost:{port}", "https://evil.example"))) == 403
            took[name].append(time.perf_counter() - before)
    assert statistics.median(took["foreign"]) <= 20 * statistics.median(took["health"])
    assert "disallowed Origin" not in server.log.read_text(), "it came as far as Streamlit"


def test_what_the_running_app_shows_to_strangers(server: Server) -> None:
    port = urlsplit(server.address).port or 0
    assert status(ask(port, "/", "Host: rebound.example")) == 403
    assert status(ask(port, "/", "Host: localhost")) == 200
    assert status(ask(port, stream(), *upgrade(f"localhost:{port}", f"http://localhost:{port}"))) == 101
    for closed in ("metrics", "script-health-check", "agent/openapi.json", "agent/interact", "agent/mcp"):
        assert status(ask(port, f"/_stcore/{closed}", "Host: localhost")) == 404, closed
    for path in ("/app/static/x", "/media/..%2f..%2fetc%2fpasswd", "/component/x/../../y", "/server.toml", "/app.py"):
        answer = ask(port, path, "Host: localhost")
        assert status(answer) in (400, 404) or "text/html" in answer, path  # unknown pages are the app's own
    head = ask(port, "/", "Host: localhost").lower()
    for name in ("content-security-policy", "x-content-type-options", "cross-origin-opener-policy", "referrer-policy"):
        assert head.count(f"\r\n{name}:") == 1, name
    assert "access-control-allow-origin" not in head


def test_a_page_may_not_send_a_large_picture(tmp_path: Path) -> None:
    with serving.app(tmp_path) as server:  # its own: Streamlit's log of the other one has no error
        port = urlsplit(server.address).port or 0
        for size, read in ((9_000_000, False), (7_900_000, True)):
            with connect(f"ws://127.0.0.1:{port}/_stcore/stream", origin=f"http://127.0.0.1:{port}") as connection:
                with contextlib.suppress(ConnectionClosed):
                    connection.send(b"\xff" * size)
                with pytest.raises(ConnectionClosed) as closed:
                    while True:
                        connection.recv(30)
                code = closed.value.rcvd.code if closed.value.rcvd else 1009  # closed while we were still sending
                assert code == (1002 if read else 1009), "1002: it was read, and is no message of Streamlit's"


def test_a_page_may_get_a_large_picture(screen: Screen) -> None:
    screen.open({"layer": "center_zero", "inputs": [{"kind": "normal", "shape": [1000, 1000]}]}).painted()
    assert screen.largest > 8_000_000, "larger than what a page may send"
    assert screen.alive


# ------------------------------------------------------------------------------------------- behind nginx
class Site(NamedTuple):
    address: str
    port: int
    server: Server


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """The app under a base path behind nginx, set up as the documentation says."""
    nginx = shutil.which("nginx") or next((path for path in ("/usr/sbin/nginx",) if Path(path).exists()), None)
    if nginx is None:
        warnings.warn("nginx is not installed: NOT tested behind a reverse proxy", stacklevel=1)
        pytest.skip("nginx is not installed")
    folder = tmp_path_factory.mktemp("site")
    port = serving.free_port()
    public = f"http://{SITE}:{port}"
    settings = (
        f'[server]\naddresses = ["{public}"]\nproxies = ["127.0.0.1"]\nwatchers = ["127.0.0.77"]\n'
        f"[limits]\nopenings_per_minute = {OPENINGS}\n"
    )
    with serving.app(folder, settings=settings, base="base") as server:
        (folder / "nginx.conf").write_text(_configuration(folder, port, urlsplit(server.address).port or 0))
        command = [nginx, "-p", str(folder), "-c", str(folder / "nginx.conf"), "-e", "stderr"]
        with serving.started(command, folder / "nginx.log") as process:
            _wait_for(port, process, folder / "nginx.log")
            yield Site(f"{public}/base", port, server)


def _configuration(folder: Path, port: int, behind: int) -> str:
    """nginx's configuration around the lines of the documentation."""
    [lines] = re.findall(r"```nginx\n(.*?)```", (serving.ROOT / "docs" / "server.md").read_text(), re.DOTALL)
    assert "127.0.0.1:8501" in lines
    temporary = "".join(f"{kind}_temp_path {folder}/{kind};" for kind in ("client_body", "proxy", "fastcgi", "uwsgi"))
    return f"""
        {"user root;" if os.geteuid() == 0 else ""} daemon off; worker_processes 1; pid {folder}/pid;
        events {{}}
        http {{
            access_log off; {temporary} scgi_temp_path {folder}/scgi;
            server {{ listen 127.0.0.1:{port}; {lines.replace("127.0.0.1:8501", f"127.0.0.1:{behind}")} }}
        }}"""


def _wait_for(port: int, process: subprocess.Popen[bytes], log: Path) -> None:
    deadline = time.monotonic() + serving.START_LIMIT
    while process.poll() is None and time.monotonic() < deadline:
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port)):
            return
        time.sleep(0.05)
    raise RuntimeError(f"nginx did not start:\n{log.read_text()}")


def test_the_page_works_behind_a_proxy_under_a_base_path(site: Site, browser: Browser, tmp_path: Path) -> None:
    chromium = launch(browser.browser_type, f"--host-resolver-rules=MAP {SITE} 127.0.0.1")
    try:
        screen = Screen(chromium.new_page(), Server(site.address, site.server.pid, site.server.log))
        screen.open({"layer": "linear"}, panel="script").painted()
        assert screen.numbers("output:0").shape == (2, 4)
        screen.choose("kind_linear_0", KINDS["file"].title)
        with screen.change():
            screen.control("upload_linear_0").locator("input[type=file]").set_input_files(
                {"name": "one.csv", "mimeType": "text/csv", "buffer": b"1,2,3\n4,5,6.5\n"}
            )
        assert screen.numbers("input:0").tolist() == [[1, 2, 3], [4, 5, 6.5]]
        with screen.page.expect_download() as download:
            screen.control("download_script").locator("button").click()
        download.value.save_as(tmp_path / "one.py")
        assert "keras" in (tmp_path / "one.py").read_text()
        assert screen.errors == []
        assert screen.alive
    finally:
        chromium.close()


def test_the_proxy_s_word_counts_and_the_visitor_s_does_not(site: Site) -> None:
    own = upgrade(f"{SITE}:{site.port}", f"http://{SITE}:{site.port}")
    spoofed = [
        status(ask(site.port, stream("/base"), *own, f"X-Forwarded-For: 8.8.8.{n}", source="127.0.0.2"))
        for n in range(2 * OPENINGS)
    ]
    assert spoofed[:OPENINGS] == [101] * OPENINGS
    assert spoofed[-1] == 429
    assert status(ask(site.port, stream("/base"), *own, source="127.0.0.3")) == 101
    metrics = {
        source: status(ask(site.port, "/base/_stcore/metrics", f"Host: {SITE}", source=source))
        for source in ("127.0.0.2", "127.0.0.77")
    }
    assert metrics == {"127.0.0.2": 404, "127.0.0.77": 200}


def test_a_foreign_page_is_refused_behind_the_proxy_too(site: Site) -> None:
    for origin in ("https://evil.example", f"http://evil.example:{site.port}", "null", f"http://localhost:{site.port}"):
        answer = ask(site.port, stream("/base"), *upgrade(f"{SITE}:{site.port}", origin), source="127.0.0.4")
        assert status(answer) == 403, origin
    assert status(ask(site.port, "/base/", "Host: evil.example", source="127.0.0.4")) == 403


# ------------------------------------------------------------------------------------------- the documentation
def test_the_documentation_names_every_setting_with_its_default() -> None:
    text = (serving.ROOT / "docs" / "server.md").read_text()
    for section, values in vars(Settings()).items():
        for key, default in vars(values).items():
            assert f"[{section}]" in text
            shown = json.dumps(list(default) if isinstance(default, tuple) else default)
            assert f"| `{key}` | `{shown}` |" in text, f"{section}.{key}"


def test_a_classroom_behind_one_address_can_open_its_pages_at_once(screen: Screen) -> None:
    asked: list[str] = []
    screen.page.on("request", lambda request: asked.append(request.url))
    screen.open({"layer": "attention"}).painted()
    limits = Settings().limits
    assert len(asked) > 50, "the browser had them already"
    assert len(asked) * limits.sessions_per_address <= limits.requests_at_once
