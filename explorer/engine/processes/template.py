"""The process that workers are forked from. It imports TensorFlow, runs no operation, and forks when asked.

    python -m explorer.engine.processes.template DESCRIPTOR '{"jobs": ..., "preload": [...], "folder": ..., ...}'

It is executed afresh (a copy of the web process would hold its memory and its threads) and has the engine's environment
only. One TensorFlow operation here, and every later fork would hang: forked threads do not exist in the child, and what
they held stays locked. So it only imports, and tells on request how many threads it has.

It ends when the control channel closes, and takes every worker with it.
"""

from __future__ import annotations

import contextlib
import importlib
import json
import os
import selectors
import shutil
import signal
import socket
import sys
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from explorer.engine import configuration, process
from explorer.engine.processes import confinement, walls, worker
from explorer.engine.regime import Walls
from explorer.engine.transport.control import Control


def main(descriptor: int, settings: dict[str, Any]) -> None:
    """Import, say so, and serve until the client is gone."""
    process.die_with(settings["parent"])
    control = Control(socket.socket(fileno=descriptor))
    try:
        with process.importing():  # a collection in a worker then leaves the shared pages alone
            threads = preload((*settings["preload"], settings["jobs"], "pyseccomp"))
            prepare(settings["jobs"])
    except Exception as error:
        control.send({"failed": f"{type(error).__name__}: {error}"})
        return
    control.send({"up": threads})
    with contextlib.suppress(EOFError, ConnectionError):
        _Nursery(control, settings).serve()


def preload(names: tuple[str, ...]) -> int:
    """Import the frameworks among `names`, then the rest.

    A module of the rest that cannot be imported is the affair of the jobs that need it.

    Returns:
        How many threads there were after the frameworks. More at any later time means that something ran an operation.

    Raises:
        ImportError: if a framework is missing.
    """
    warnings.simplefilter("ignore")
    for name in configuration.FRAMEWORKS:
        if name in names:
            importlib.import_module(name)
    threads = process.thread_count()
    for name in configuration.modules(names):
        with contextlib.suppress(Exception):
            importlib.import_module(name)
    return threads


def prepare(jobs: str) -> None:
    """Let the module of the jobs do what is the same for all workers, if it has such a thing."""
    if found := getattr(sys.modules.get(jobs), "prepare", None):
        found()


class _Nursery:
    """Forks workers, kills them when asked, reports their ends."""

    def __init__(self, control: Control, settings: dict[str, Any]) -> None:
        self.control = control
        self.settings = settings
        self.folder = Path(settings["folder"])
        self.children: dict[int, Path] = {}  # and their folders

    def serve(self) -> None:
        """Serve orders until the channel closes."""
        ours, theirs = socket.socketpair()
        for end in (ours, theirs):
            end.setblocking(False)
        signal.signal(signal.SIGCHLD, lambda *_: None)
        signal.set_wakeup_fd(theirs.fileno(), warn_on_full_buffer=False)
        with selectors.DefaultSelector() as selector:
            selector.register(self.control.channel, selectors.EVENT_READ)
            selector.register(ours, selectors.EVENT_READ)
            try:
                while True:
                    for key, _ in selector.select():
                        if key.fileobj is ours:
                            ours.recv(4096)
                            self.reap()
                        else:
                            for order in self.control.receive():
                                self.obey(order)
            finally:
                for pid in self.children:
                    os.kill(pid, signal.SIGKILL)

    def obey(self, order: dict[str, Any]) -> None:
        if "fork" in order:
            self.fork(order["fork"], self.control.descriptors.popleft())
        elif "kill" in order and order["kill"] in self.children:  # not reaped yet, so the number is still its own
            os.kill(order["kill"], signal.SIGKILL)
        elif "slow" in order and order["pid"] in self.children:
            process.give_way(order["pid"], order["slow"])
        elif "threads" in order:
            self.control.send({"threads": order["threads"], "now": process.thread_count()})

    def fork(self, token: int, descriptor: int) -> None:
        template = os.getpid()
        folder = self.folder / str(token)
        try:
            folder.mkdir(mode=0o700)  # not by the worker: one that outlives this process for an instant would leave it
            pid = os.fork()
        except OSError as error:
            os.close(descriptor)
            shutil.rmtree(folder, ignore_errors=True)
            self.control.send({"unborn": token, "why": str(error)})
            return
        if pid == 0:
            _live(descriptor, template, folder, self.settings)
        os.close(descriptor)
        self.children[pid] = folder
        process.go_later(pid)  # until it is warm
        self.control.send({"born": token, "pid": pid})

    def reap(self) -> None:
        for pid, status in _ended():
            if folder := self.children.pop(pid, None):
                shutil.rmtree(folder, ignore_errors=True)
            self.control.send({"exit": pid, "code": os.waitstatus_to_exitcode(status)})


def _live(descriptor: int, template: int, folder: Path, settings: dict[str, Any]) -> None:
    """A child's whole life; never returns into the template's code."""
    code = 1
    try:
        signal.set_wakeup_fd(-1)
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)
        process.close_all_but(descriptor)
        process.silence()
        around = _walls(Walls(settings["walls"]), template, folder, settings)
        channel, jobs, growth = socket.socket(fileno=descriptor), settings["jobs"], settings["growth"]
        worker.main(channel, jobs, growth, around, settings["single_use"])
        code = 0
    finally:
        os._exit(code)


def _walls(kind: Walls, template: int, folder: Path, settings: dict[str, Any]) -> worker.Around:
    if kind is Walls.ALL:
        return walls.Complete(folder, settings["growth"], settings["seconds"], template)
    if kind is Walls.NONE:
        return walls.Without(folder, template)
    return confinement.AsFarAsPossible(folder, settings["growth"], template)


def _ended() -> Iterator[tuple[int, int]]:
    with contextlib.suppress(ChildProcessError):
        while True:
            pid, status = os.waitpid(-1, os.WNOHANG)
            if pid == 0:
                return
            yield pid, status


if __name__ == "__main__":
    main(int(sys.argv[1]), json.loads(sys.argv[2]))
