"""A worker's life: walls, warming up, then one job after the other until its channel closes or a job has changed the
process; for a visitor's code one job, and no other."""

from __future__ import annotations

import contextlib
import copy
import importlib
import re
import socket
import time
import traceback
from collections.abc import Callable, Sequence
from typing import Any, Protocol

from explorer.engine import codec, process
from explorer.engine.job import Job, Reporter, needs_walls
from explorer.engine.transport import wire
from explorer.engine.transport.channel import Assembler, Kind, frame, json_frame, read, write
from explorer.model.machine import machine_fault
from explorer.model.problem import Problem
from explorer.model.trace import Message

Perform = Callable[[str, dict[str, Any], dict[str, Any], Reporter], tuple[dict[str, Any], Any]]

_REPORT_EVERY = 0.02
"""Seconds between two progress messages; more are dropped, so a busy loop may report each round."""
_RESTING = 4
"""A worker that keeps more than this part of its memory between two jobs makes way for a fresh one."""
_COLOURS = re.compile(r"\x1b\[[0-9;]*m")
_OUT_OF_MEMORY = ("MemoryError", "_ArrayMemoryError", "ResourceExhaustedError")


class Around(Protocol):
    """The walls around a worker. Each method may raise what keeps the worker from becoming ready."""

    def before_threads(self) -> Sequence[str]:
        """Build those that must stand before there is a second thread. What could not be had."""

    def before_jobs(self) -> None:
        """Build the others, when it is warm."""


def main(channel: socket.socket, jobs: str, growth: int, walls: Around, single_use: bool) -> None:
    """Serve the channel until the other side closes it.

    Args:
        channel: a blocking stream socket.
        jobs: the module that has `perform` and `warm_up`, and `remember` if its jobs could change what they share.
        growth: how many bytes it may take beyond what it has now.
        walls: what is to be built around this process.
        single_use: whether it ends after one job, which may hold a visitor's code.
    """
    try:
        missing = walls.before_threads()
        module = importlib.import_module(jobs)
        module.warm_up()
        changes = module.remember() if hasattr(module, "remember") and not single_use else tuple
        walls.before_jobs()
    except BaseException as error:
        write(channel, frame(Kind.UNREADY, _plain(f"{type(error).__name__}: {error}").encode()))
        return
    room = process.Room(growth // _RESTING)
    write(channel, json_frame(Kind.READY, list(missing)))
    assembler = Assembler()
    with contextlib.suppress(ConnectionError):
        while (received := read(channel, assembler)) is not None:
            write(channel, frame(Kind.BEGUN))
            kind, payload = answer(module.perform, received[1], _Reporter(channel), code_allowed=single_use)
            changed = _changed(changes)
            if changed:
                write(channel, json_frame(Kind.CHANGED, changed))
            write(channel, frame(kind, payload))
            del received, payload
            if single_use or changed or kind is Kind.LAST_PROBLEM or not room.made():
                return


def _changed(changes: Callable[[], Sequence[str]]) -> list[str]:
    """What a job has changed for the next one. A job that breaks the question itself has changed something, too."""
    try:
        return list(changes())[:20]
    except BaseException as error:
        return [f"{type(error).__name__}: {error}"[:200]]


def answer(
    perform: Perform, message: memoryview, report: Reporter, *, code_allowed: bool = False
) -> tuple[Kind, bytes]:
    """Do one job: its result or its problem, encoded. Whatever the job raises becomes a problem."""
    try:
        job = Job.from_bytes(message)
        if needs_walls(job.args) and not code_allowed:
            raise Problem("Code of a visitor is not run here.", where="engine")
        meta, arrays = perform(job.name, dict(job.args), dict(job.arrays), report)
        return Kind.REPLY, wire.encode(meta, arrays)
    except Problem as problem:  # a file library that could not write is not whole: the process ends with it
        return Kind.LAST_PROBLEM if machine_fault(problem) else Kind.PROBLEM, _encoded(problem)
    except BaseException as error:  # also SystemExit: a job may end itself, never the worker
        if type(error).__name__ in _OUT_OF_MEMORY:
            traceback.clear_frames(error.__traceback__)  # what the job held is given back: words need memory too
            what = Message("The calculation needs more memory than it may use.")
            return Kind.LAST_PROBLEM, _encoded(Problem(what, where="engine", detail=_plain(str(error))[:2000]))
        lines = traceback.format_exception(error, limit=-8)
        what = machine_fault(error) or Message("The calculation failed: {error}", {"error": type(error).__name__})
        return Kind.PROBLEM, _encoded(Problem(what, where="engine", detail=_plain("".join(lines))[-8000:]))


def _encoded(problem: Problem) -> bytes:
    """The problem, without its trace or its repairs if they cannot travel: the sentence matters more."""
    for less in ({}, {"trace": None}, {"trace": None, "repairs": ()}):
        told = copy.copy(problem)
        vars(told).update(less)
        with contextlib.suppress(TypeError, ValueError, RecursionError):
            return wire.encode(*codec.pack(told))
    return wire.encode(*codec.pack(Problem(Message("The calculation failed: {error}", {"error": str(problem)[:1000]}))))


def _plain(text: str) -> str:
    return _COLOURS.sub("", text)


class _Reporter:
    """Tells the client how far a job is. See `explorer.engine.job.Reporter`."""

    def __init__(self, channel: socket.socket) -> None:
        self._channel = channel
        self._last = 0.0

    def __call__(self, fraction: float, text: str = "") -> None:
        now = time.monotonic()
        if now - self._last >= _REPORT_EVERY:
            self._last = now
            write(self._channel, json_frame(Kind.PROGRESS, [float(fraction), str(text)]))

    def so_far(self, meta: dict[str, Any], arrays: dict[str, Any]) -> None:
        write(self._channel, frame(Kind.PARTIAL, wire.encode(meta, arrays)))
