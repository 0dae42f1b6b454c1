"""Servers that tests start: the app as a user starts it, each in a process group of its own that ends with the test."""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator, Sequence
from pathlib import Path

from screen import Server

ROOT = Path(__file__).parents[2]
START_LIMIT = 60.0
"""Seconds that a server may take until it answers."""


def free_port() -> int:
    """A port of loopback that nobody listens on."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return int(free.getsockname()[1])


@contextlib.contextmanager
def app(folder: Path, *options: str, settings: str = "", base: str = "", port: int = 0) -> Iterator[Server]:
    """The app, with more options of Streamlit's, a settings file, a base path and a port; a free one if 0."""
    port = port or free_port()
    chosen = folder / "server.toml"
    chosen.write_text(settings)
    command = [sys.executable, "-m", "streamlit", "run", str(ROOT / "app.py"), "--server.port", str(port), *options]
    if base:
        command += ["--server.baseUrlPath", base]
    address = f"http://127.0.0.1:{port}{'/' if base else ''}{base}"
    with _temporary_folder() as temporary:
        environment = {**os.environ, "LAYER_EXPLORER_SETTINGS": str(chosen), "TMPDIR": temporary}
        with started(command, folder / "server.log", environment) as process:
            wait_until_healthy(address, process, folder / "server.log")
            yield Server(address, process.pid, folder / "server.log")


@contextlib.contextmanager
def _temporary_folder() -> Iterator[str]:
    """A folder for what a server writes while it lives: it is no test's, whichever of them makes the server write."""
    folder = Path(tempfile.mkdtemp(prefix="server-"))
    folder.chmod(0o1777)  # as the system's, so that workers with users of their own get through
    try:
        yield str(folder)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@contextlib.contextmanager
def started(
    command: Sequence[str], log: Path, environment: dict[str, str] | None = None, folder: Path = ROOT
) -> Iterator[subprocess.Popen[bytes]]:
    """A process that runs until the end of the block."""
    with log.open("wb") as output:
        process = subprocess.Popen(
            command,
            cwd=folder,
            env=environment,
            stdout=output,
            stderr=subprocess.STDOUT,
            stdin=subprocess.DEVNULL,
            start_new_session=True,
        )
    try:
        yield process
    finally:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGTERM)
        try:
            process.wait(10)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait(10)


def wait_until_healthy(address: str, process: subprocess.Popen[bytes], log: Path) -> None:
    """Wait for the server's first answer."""
    deadline = time.monotonic() + START_LIMIT
    while time.monotonic() < deadline:
        if process.poll() is not None:
            raise RuntimeError(f"The server ended with {process.returncode}:\n{log.read_text()[-2000:]}")
        try:
            with urllib.request.urlopen(f"{address}/_stcore/health", timeout=2) as answer:
                if answer.status == 200:
                    return
        except OSError:
            time.sleep(0.1)
    raise RuntimeError(f"The server did not answer in {START_LIMIT:g} s:\n{log.read_text()[-2000:]}")
