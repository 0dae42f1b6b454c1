"""Runs attacks without walls, in a folder of its own: the control which shows that each of them works.

python -m tests.hostile.own_code.plain FOLDER DESCRIPTOR < '{"codes": ..., "known": ..., "way": ...}'
"""

from __future__ import annotations

import json
import os
import select
import signal
import socket
import sys
import time
from typing import Any

from tests.hostile.own_code import jobs

MOMENT = 0.7
"""Seconds after which what still runs is taken to go on for ever, and a sign of life to have failed to come."""


def main(folder: str, descriptor: int) -> None:
    """Do it, and write what came of it to the descriptor."""
    asked = json.load(sys.stdin)
    if asked["tensorflow"]:
        __import__("tensorflow")
    os.chdir(folder)
    came = {"here": here, "sends": sends, "lasts": lasts, "ends": ends}[asked["way"]](asked["codes"], asked["known"])
    os.write(descriptor, json.dumps(came).encode())


def here(codes: dict[str, str], known: dict[str, Any]) -> dict[str, Any]:
    """One after the other, in this process."""
    jobs.warm_up()
    done, _ = jobs.perform("plain", {"codes": codes, "known": known}, {}, None)
    return dict(done["came"])


def sends(codes: dict[str, str], known: dict[str, Any]) -> dict[str, Any]:
    """Whether what each sends into its channel arrives."""
    came = {}
    for name, code in codes.items():
        ours, theirs = socket.socketpair()
        pid = _forked(code, {**known, "CHANNEL": theirs.fileno()})
        heard = bool(select.select([ours], [], [], 10 * MOMENT)[0]) and ours.recv(1) != b""
        os.kill(pid, signal.SIGKILL)
        os.waitpid(pid, 0)
        came[name] = ["done" if heard else "refused", ""]
        ours.close()
        theirs.close()
    return came


def lasts(codes: dict[str, str], known: dict[str, Any]) -> dict[str, Any]:
    """Whether each still runs after a moment."""
    pids = {name: _forked(code, known) for name, code in codes.items()}
    time.sleep(MOMENT)
    came = {}
    for name, pid in pids.items():
        running = os.waitpid(pid, os.WNOHANG) == (0, 0)
        if running:
            os.kill(pid, signal.SIGKILL)
            os.waitpid(pid, 0)
        came[name] = ["done" if running else "refused", ""]
    return came


def ends(codes: dict[str, str], known: dict[str, Any]) -> dict[str, Any]:
    """Whether each comes to its end."""
    codes_of = {name: os.waitpid(_forked(code, known), 0)[1] for name, code in codes.items()}
    return {name: ["refused" if code else "done", str(code)] for name, code in codes_of.items()}


def _forked(code: str, known: dict[str, Any]) -> int:
    pid = os.fork()
    if pid == 0:
        ended = 1
        try:
            jobs.run(code, {"known": known}, None)
            ended = 0
        finally:
            os._exit(ended)
    return pid


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]))
