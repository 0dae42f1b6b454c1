"""Jobs that try to leave their process. Runs in workers, and without walls as a control."""

from __future__ import annotations

import contextlib
import errno
import os
import resource
import signal
import socket
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any


def warm_up() -> None:
    """Nothing needs warmth."""


def perform(name: str, args: dict[str, Any], arrays: dict[str, Any], report: Any) -> tuple[dict[str, Any], Any]:
    """Each attempt with what came of it."""
    if name == "attempts":
        return {name: _outcome(attempt) for name, attempt in attempts(args).items()}, {}
    Path("left").write_text("here")
    limit = resource.getrlimit(resource.RLIMIT_FSIZE)[0]
    facts = {"folder": str(Path.cwd()), "temporary": tempfile.gettempdir(), "home": os.environ["HOME"]}
    return {**facts, "pid": os.getpid(), "largest file": limit, "source": Path(__file__).stat().st_size}, {}


def attempts(args: dict[str, Any]) -> dict[str, Callable[[], Any]]:
    """What leads out of a process: to the network, to files, to other processes."""
    return {
        "tcp": lambda: socket.create_connection(("127.0.0.1", args["port"]), 2).close(),
        "udp": lambda: socket.socket(socket.AF_INET, socket.SOCK_DGRAM).close(),
        "tcp6": lambda: socket.socket(socket.AF_INET6).close(),
        "unix": lambda: socket.socket(socket.AF_UNIX).close(),
        "pair": lambda: socket.socketpair()[0].close(),
        "read": lambda: Path(args["secret"]).read_text(),
        "list": lambda: list(Path(args["secret"]).parent.iterdir()),
        "write": lambda: (Path(args["secret"]).parent / "written").write_text("x"),
        "environment of another": lambda: Path(f"/proc/{args['other']}/environ").read_bytes(),
        "signal another": lambda: os.kill(args["other"], 0),
        "program": lambda: subprocess.run([sys.executable, "-c", "pass"], check=True),
        "own folder": lambda: tempfile.TemporaryFile().close(),
        "signal itself": lambda: os.kill(os.getpid(), signal.SIGCONT),
    }


def _outcome(attempt: Callable[[], Any]) -> str:
    try:
        with contextlib.redirect_stderr(None):
            attempt()
    except OSError as error:
        return errno.errorcode.get(error.errno or 0, "OSError")
    return "done"
