"""Have an examination made by a process of its own, and end that process whatever it does.

No code of the layer runs here. There is a report only if a whole one arrived, with a finding of every check.
"""

from __future__ import annotations

import contextlib
import dataclasses
import json
import os
import select
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from typing import Any

from explorer.command.request import NotExamined, Request
from explorer.engine import process
from explorer.engine.codec import unpack
from explorer.engine.transport.channel import Assembler, Kind
from explorer.engine.transport.wire import BadMessage
from explorer.model.cure import Treatment
from explorer.model.report import Report
from explorer.model.trace import Message

START_LIMIT = 120.0
"""Seconds in which TensorFlow must be imported."""
MOST_PRINTED = 1 << 20
"""So many bytes of what the layer prints are passed on; the rest is dropped."""
_LOOK_EVERY = 0.05
_START = """
import json, sys
sys.path[:] = json.loads(sys.argv[1])["path"]
from explorer.command.examining import main
main()
"""


def examination(request: Request) -> Treatment:
    """The report on a layer, and what cures it. It may be a partial one, whose `stopped` says where it ends.

    Raises:
        NotExamined: if there is none.
    """
    ours, theirs = socket.socketpair()
    with ours, process.orphans_adopted():
        with theirs:
            child = _started(request, theirs.fileno())
        try:
            return _Listener(child, ours, request.seconds).treatment()
        finally:
            process.end_group(child.pid)
            child.wait()


def _started(request: Request, channel: int) -> subprocess.Popen[bytes]:
    settings = {"parent": os.getpid(), "channel": channel, "path": sys.path, "request": dataclasses.asdict(request)}
    return subprocess.Popen(
        [sys.executable, "-u", "-c", _START, json.dumps(settings)],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        pass_fds=[channel],
        start_new_session=True,
    )


class _Listener:
    """Hears what the process says until it has said all, ends, or takes too long."""

    def __init__(self, child: subprocess.Popen[bytes], channel: socket.socket, seconds: float) -> None:
        assert child.stdout is not None
        self.child = child
        self.channel = channel
        self.output = child.stdout
        self.seconds = seconds
        self.ends_at = time.monotonic() + START_LIMIT
        self.assembler = Assembler()
        self.checks: list[Any] = []
        self.partial: Report | None = None
        self.printed = 0

    def treatment(self) -> Treatment:
        """The report, whole or partial, and what cures the layer.

        Raises:
            NotExamined: if there is none.
        """
        try:
            for kind, payload in self._frames():
                if kind is Kind.BEGUN and not self.checks:
                    self.checks, self.ends_at = list(json.loads(bytes(payload))), time.monotonic() + self.seconds
                elif kind is Kind.PARTIAL:
                    self.partial = unpack(Report, json.loads(bytes(payload)))
                elif kind is Kind.PROBLEM:
                    raise NotExamined(bytes(payload).decode("utf-8", "replace"))
                elif kind is Kind.REPLY:
                    treatment = unpack(Treatment, json.loads(bytes(payload)))
                    return dataclasses.replace(treatment, report=self._whole(treatment.report))
        except (BadMessage, ValueError, TypeError, RecursionError) as error:
            raise NotExamined(f"The report cannot be read: {type(error).__name__}: {error}") from error
        finally:
            self._pass_on()
        if self.partial is None:
            raise NotExamined(self._why())
        print(self._why(), file=sys.stderr)
        return Treatment(self.partial)

    def _whole(self, report: Report) -> Report:
        """The report; if the layer has changed what examines it, so that checks have no finding, a stopped one."""
        left = len(set(self.checks) - {finding.check for finding in report.findings})
        if report.stopped is None and (left or not self.checks):
            return dataclasses.replace(report, stopped=Message("Checks without a finding: {left}.", {"left": left}))
        return report

    def _frames(self) -> Iterator[tuple[Kind, memoryview]]:
        """What arrives, until the channel closes, the process has ended, or the time is over."""
        for end in (self.channel.fileno(), self.output.fileno()):
            os.set_blocking(end, False)
        while time.monotonic() < self.ends_at:
            ended = self.child.poll() is not None
            select.select([self.channel], [], [], 0 if ended else _LOOK_EVERY)
            self._pass_on()
            try:
                while complete := self._next():
                    yield complete
            except (EOFError, ConnectionError):
                return
            if ended:  # before we read: nothing more can come
                return

    def _next(self) -> tuple[Kind, memoryview] | None:
        """The next frame, None if it is not there yet."""
        try:
            while time.monotonic() < self.ends_at:
                if complete := self.assembler.receive(self.channel):
                    return complete
        except BlockingIOError:
            pass
        return None

    def _pass_on(self) -> None:
        """Pass on what the layer has printed, up to a limit."""
        with contextlib.suppress(BlockingIOError):
            while words := os.read(self.output.fileno(), MOST_PRINTED):
                left = MOST_PRINTED - self.printed
                sys.stderr.write(words[: max(0, left)].decode("utf-8", "replace"))
                if 0 <= left < len(words):
                    sys.stderr.write(f"\n… what is printed after {MOST_PRINTED:,} bytes is left out.\n")
                self.printed += len(words)
                if time.monotonic() >= self.ends_at:
                    return

    def _why(self) -> str:
        """Why there is no whole report."""
        if time.monotonic() >= self.ends_at:
            late = f"The examination did not end within {self.seconds:g} s and was stopped."
            return late if self.checks else f"TensorFlow was not imported within {START_LIMIT:g} s."
        try:
            code = self.child.wait(1)
        except subprocess.TimeoutExpired:
            return "The process of the examination closed its channel before its report."
        end = f"signal {signal.Signals(-code).name}" if code < 0 else f"exit code {code}"
        return f"The process of the examination ended before its report: {end}."
