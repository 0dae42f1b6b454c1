"""What the attacks aim at: files, listeners and a process of the tests' own; and the engine that they are tried in."""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import socket
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from explorer.engine import configuration
from explorer.engine.job import Job
from explorer.engine.pool import own_code
from explorer.engine.pool.client import Engine, Future
from explorer.engine.regime import Regime

JOBS = "tests.hostile.own_code.jobs"
WORD = "a word that nobody may learn"
ENOUGH = 60
GROWTH = 640 << 20
"""Bytes that a process of these tests may take."""
SIZE = 768 << 20
"""Bytes that an attack asks for."""


@contextlib.contextmanager
def targets() -> Iterator[dict[str, Any]]:
    """What an attack knows. WORD is also in the environment of this process and of the victim."""
    folder = Path(tempfile.mkdtemp(prefix="targets-"))
    folder.chmod(0o777)
    for name in ("secret", "target", "removable"):
        (folder / name).write_text(WORD)
        (folder / name).chmod(0o666)
    (folder / "link").symlink_to(folder / "secret")
    (folder / "empty").mkdir()
    unix, abstract = str(folder / "listener"), f"\0{folder}"
    with contextlib.ExitStack() as stack:
        tcp = stack.enter_context(socket.create_server(("127.0.0.1", 0), backlog=100))
        udp = stack.enter_context(socket.socket(socket.AF_INET, socket.SOCK_DGRAM))
        udp.bind(("127.0.0.1", 0))
        for address in (unix, abstract):
            listener = stack.enter_context(socket.socket(socket.AF_UNIX))
            listener.bind(address)
            listener.listen(100)
        Path(unix).chmod(0o777)
        victim = subprocess.Popen(["sleep", "600"], env={**os.environ, "PLANTED": WORD})
        stack.callback(victim.wait)
        stack.callback(victim.kill)
        kept = os.environ.get("PLANTED")
        os.environ["PLANTED"] = WORD
        try:
            yield {
                "SECRET": str(folder / "secret"),
                "FOLDER": str(folder),
                "TARGET": str(folder / "target"),
                "LINK": str(folder / "link"),
                "PORT": tcp.getsockname()[1],
                "DATAGRAM": udp.getsockname()[1],
                "UNIX": unix,
                "ABSTRACT": abstract,
                "VICTIM": victim.pid,
                "PROJECT": str(configuration.ROOT),
                "CHANNEL": 0,
                "SIZE": SIZE,
                "WORD": WORD,
            }
        finally:
            if kept is None:
                del os.environ["PLANTED"]
            shutil.rmtree(folder, ignore_errors=True)


def free(
    codes: dict[str, str], known: dict[str, Any], way: str = "here", *, tensorflow: bool = False
) -> dict[str, Sequence[str]]:
    """What the attacks come to in a process without walls, which has a secret's descriptor and a channel.

    The `way` is one of `tests.hostile.own_code.plain`: what it means that an attack works.
    """
    folder = tempfile.mkdtemp(prefix="free-")
    read, write = os.pipe()
    ours, theirs = socket.socketpair()
    secret = os.open(known.get("SECRET", os.devnull), os.O_RDONLY)
    command = [sys.executable, "-m", "tests.hostile.own_code.plain", folder, str(write)]
    try:
        with os.fdopen(read, "rb") as answer, ours, theirs:
            process = subprocess.Popen(
                command,
                cwd=configuration.ROOT,
                env={**os.environ, **configuration.environment()},
                stdin=subprocess.PIPE,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.PIPE,
                pass_fds=(write, theirs.fileno(), secret),
            )
            os.close(write)
            seen = {**known, "CHANNEL": theirs.fileno()}
            asked = {"codes": codes, "known": seen, "way": way, "tensorflow": tensorflow}
            _, told = process.communicate(json.dumps(asked).encode(), ENOUGH)
            found = answer.read()
        assert process.returncode == 0, told.decode(errors="replace")[-2000:]
        done: dict[str, Sequence[str]] = json.loads(found)
        return done
    finally:
        os.close(secret)
        shutil.rmtree(folder, ignore_errors=True)


@contextlib.contextmanager
def confining(
    *, preload: Sequence[str] = ("numpy",), most: int = 2, jobs: str = JOBS, **different: Any
) -> Iterator[Engine]:
    """An engine for visitors' code that is ready; its regime is the product's but for what is `different`."""
    regime = Regime(**{**vars(own_code.regime(False)), **different})
    engine = Engine(min(2, most), most, jobs, preload=preload, growth=GROWTH, regime=regime)
    try:
        engine.start()
        assert engine.wait_until_ready(ENOUGH), engine.state
        yield engine
    finally:
        engine.close()


def tried(engine: Engine, code: str, lane: str = "a visitor", **more: Any) -> Future:
    """A text on its way into the engine."""
    return engine.submit(Job("code", {"code": code, **more}), lane=lane)
