"""One server for the browser tests, one Chromium for each of their modules, a fresh page for each test."""

from __future__ import annotations

import contextlib
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, sync_playwright
from screen import Screen, Server

ROOT = Path(__file__).parents[2]
CHROMIUM = "/usr/bin/chromium"
ARGUMENTS = (
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync",
)  # fmt: skip
START_LIMIT = 60.0
"""Seconds that the server may take until it answers."""


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """The app as a user starts it, in a process group of its own, which ends with the tests."""
    log = tmp_path_factory.mktemp("server") / "server.log"
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [sys.executable, "-m", "streamlit", "run", str(ROOT / "app.py"), "--server.port", str(port)]
    with log.open("wb") as output:
        process = subprocess.Popen(
            command, cwd=ROOT, stdout=output, stderr=subprocess.STDOUT, stdin=subprocess.DEVNULL, start_new_session=True
        )
    running = Server(f"http://127.0.0.1:{port}", process.pid, log)
    try:
        _wait_until_healthy(running, process)
        yield running
    finally:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGTERM)
        try:
            process.wait(10)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait(10)


def _wait_until_healthy(running: Server, process: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + START_LIMIT
    while time.monotonic() < deadline:
        if process.poll() is not None:
            raise RuntimeError(f"The server ended with {process.returncode}:\n{running.log.read_text()[-2000:]}")
        try:
            with urllib.request.urlopen(f"{running.address}/_stcore/health", timeout=2) as answer:
                if answer.status == 200:
                    return
        except OSError:
            time.sleep(0.1)
    raise RuntimeError(f"The server did not answer in {START_LIMIT:g} s:\n{running.log.read_text()[-2000:]}")


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """Chromium. For a module only: Playwright's loop must not be running when another module starts its own."""
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=CHROMIUM, args=list(ARGUMENTS))
        yield chromium
        chromium.close()


@pytest.fixture(scope="module")
def contexts(browser: Browser) -> dict[str, BrowserContext]:
    """The browser contexts of a module: what a visitor's browser has fetched is not fetched again by the next test."""
    return {}


@pytest.fixture
def visitor(server: Server, browser: Browser, contexts: dict[str, BrowserContext]) -> Iterator[Callable[..., Screen]]:
    """Makes visitors: each call opens a page, so a session, of its own.

    Visitors with another `who`, or other options of the browser context, share nothing at all.
    """
    screens = []

    def make(who: str = "first", **options: Any) -> Screen:
        key = f"{who} {options}"
        if key not in contexts:
            chosen = {"viewport": {"width": 1280, "height": 900}, "locale": "en-US", **options}
            contexts[key] = browser.new_context(**chosen)
        screens.append(Screen(contexts[key].new_page(), server))
        return screens[-1]

    yield make
    errors = [error for screen in screens for error in screen.errors]
    for screen in screens:
        screen.page.close()
    assert not errors, "JavaScript errors on the page"


@pytest.fixture
def screen(visitor: Callable[..., Screen]) -> Screen:
    """The screen of one visitor."""
    return visitor()
