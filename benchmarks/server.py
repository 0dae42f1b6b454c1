"""Starts an app as a user starts it, in a process group of its own, and ends it."""

from __future__ import annotations

import contextlib
import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
APPS = Path(__file__).resolve().parent / "apps"
EXPLORER = ROOT / "app.py"
START_LIMIT = 120.0
"""Seconds that a server may take until it answers."""


@dataclass(frozen=True)
class Server:
    """A running app.

    Attributes:
        port: where it answers, on the loopback interface.
        pid: the web process.
        began: `time.time()` when it was started.
    """

    port: int
    pid: int
    began: float

    @property
    def address(self) -> str:
        """The address of its landing page, without a slash at the end."""
        return f"http://127.0.0.1:{self.port}"


@contextlib.contextmanager
def running(
    script: Path, *, default_settings: bool = False, wait: bool = True, variables: Mapping[str, str] | None = None
) -> Iterator[Server]:
    """An app for the length of a with-block.

    Args:
        script: what `streamlit run` is given.
        default_settings: run it where no `.streamlit/config.toml` is found, as somebody's first app is run.
        wait: until it answers; otherwise the caller does.
        variables: further ones of its environment.
    """
    with tempfile.TemporaryDirectory() as folder:
        port = _free_port()
        command = [sys.executable, "-m", "streamlit", "run", str(script), "--server.port", str(port)]
        command += ["--server.headless", "true", "--server.address", "127.0.0.1", "--browser.gatherUsageStats", "false"]
        log = Path(folder) / "server.log"
        with log.open("wb") as output:
            began = time.time()
            process = subprocess.Popen(
                command,
                cwd=folder if default_settings else ROOT,
                stdout=output,
                stderr=subprocess.STDOUT,
                stdin=subprocess.DEVNULL,
                start_new_session=True,
                env={**os.environ, "TF_CPP_MIN_LOG_LEVEL": "3", **(variables or {})},
            )
        try:
            if wait:
                _wait_until_healthy(process, port, log)
            yield Server(port, process.pid, began)
        finally:
            _end(process)


def _free_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port: int = free.getsockname()[1]
    return port


def _wait_until_healthy(process: subprocess.Popen[bytes], port: int, log: Path) -> None:
    deadline = time.monotonic() + START_LIMIT
    while time.monotonic() < deadline:
        if process.poll() is not None:
            raise RuntimeError(f"The server ended with {process.returncode}:\n{log.read_text()[-2000:]}")
        with contextlib.suppress(OSError), urllib.request.urlopen(f"http://127.0.0.1:{port}/_stcore/health", timeout=2):
            return
        time.sleep(0.05)
    raise RuntimeError(f"The server did not answer in {START_LIMIT:g} s:\n{log.read_text()[-2000:]}")


def wait_for_port(port: int) -> None:
    """Return as soon as something accepts connections there.

    Raises:
        TimeoutError: if nothing does.
    """
    deadline = time.monotonic() + START_LIMIT
    while time.monotonic() < deadline:
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=1):
            return
        time.sleep(0.005)
    raise TimeoutError(f"Nothing answers on port {port}")


def _end(process: subprocess.Popen[bytes]) -> None:
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGTERM)
    try:
        process.wait(10)
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait(10)
