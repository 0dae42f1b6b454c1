"""The client's end of all the wires: starts the template, has workers forked, moves bytes, and reports what happened.

It decides nothing: `scheduler` does. All methods are called with the scheduler's lock held, except `wait`.
"""

from __future__ import annotations

import contextlib
import json
import os
import selectors
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from explorer.engine import configuration
from explorer.engine.pool.message_memory import Held
from explorer.engine.pool.worker_handle import Event, What, WorkerHandle
from explorer.engine.regime import ORDINARY, Regime, Walls
from explorer.engine.transport.control import Control
from explorer.engine.transport.wire import BadMessage

_READS = 16
"""How often one worker's socket is read before the others have their turn."""
_TAIL = 4000
"""How much of what the template printed is kept, in bytes."""


class Supervisor:
    """The template and its workers.

    Args:
        jobs: the module whose `perform` does the jobs.
        preload: the modules that the template imports.
        growth: how many bytes a worker may take beyond what it starts with.
        held: counts the bytes of what workers send.
        regime: how workers are held.
    """

    def __init__(self, jobs: str, preload: Sequence[str], growth: int, held: Held, regime: Regime = ORDINARY) -> None:
        self._settings: dict[str, Any] = {"jobs": jobs, "preload": list(preload), "growth": growth}
        self._settings |= {"walls": regime.walls.value, "single_use": regime.single_use, "seconds": regime.seconds}
        self._settings["parent"] = os.getpid()
        self._held = held
        self._regime = regime
        self._selector = selectors.DefaultSelector()
        self._alarm, self._bell = socket.socketpair()
        for end in (self._alarm, self._bell):
            end.setblocking(False)
        self._selector.register(self._alarm, selectors.EVENT_READ)
        self._control: Control | None = None
        self._errors: socket.socket | None = None
        self._tail = b""
        self._tokens = 0
        self.template: subprocess.Popen[bytes] | None = None
        self.workers: dict[int, WorkerHandle] = {}
        self.short_of_memory = False
        """Whether a worker has something to send for which there is no memory yet."""

    # -- orders

    def start_template(self) -> None:
        """Start the template. The kernel ends it with the calling thread, so that must be one that lives on.

        Raises:
            OSError: if it cannot be started.
        """
        ours, theirs = socket.socketpair()
        self._errors, errors = socket.socketpair()
        folder = self._settings["folder"] = tempfile.mkdtemp(prefix="layer-explorer-")  # of the workers' own folders
        Path(folder).chmod(0o711)  # a worker with a user of its own goes through it, and cannot list it
        program, settings = "explorer.engine.processes.template", json.dumps(self._settings)
        command = [sys.executable, "-m", program, str(theirs.fileno()), settings]
        self._tail = b""
        with theirs, errors, _removed_on_error(folder):
            self.template = subprocess.Popen(
                command,
                cwd=configuration.ROOT,
                env=configuration.environment(inherit=self._regime.walls is not Walls.ALL),
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=errors.fileno(),
                pass_fds=[theirs.fileno()],
                # Ctrl-C is for the server; it ends when the server does. Not a session of its own: to Linux's automatic
                # groups that would be a program as important as the server, however little priority workers have.
                process_group=0,
            )
        self._control = Control(ours)
        self._errors.setblocking(False)
        self._selector.register(ours, selectors.EVENT_READ)
        self._selector.register(self._errors, selectors.EVENT_READ)

    def fork(self) -> None:
        """Have one more worker forked."""
        self._tokens += 1
        ours, theirs = socket.socketpair()
        ours.setblocking(False)
        worker = self.workers[self._tokens] = WorkerHandle(self._tokens, ours, self._held, self._regime.message)
        self._selector.register(ours, selectors.EVENT_READ, worker)
        with theirs:
            self._order({"fork": worker.token}, theirs.fileno())

    def end(self, worker: WorkerHandle, *, kill: bool = True) -> None:
        """Let a worker go; without `kill` it may finish what it writes, and leaves when it sees its channel closed."""
        worker.doomed = True
        self._let_go(worker)
        self._ask_to_end(worker, kill)

    def drop(self, worker: WorkerHandle) -> None:
        """A worker has closed its channel or spoiled it: it ends, or is made to. Its exit is reported with its code."""
        self._let_go(worker)
        self._ask_to_end(worker, kill=True)

    def end_template(self) -> None:
        """End a template that does not answer, and its workers with it. Its end is reported as any other."""
        if self.template is not None:
            self.template.kill()

    def set_slow(self, worker: WorkerHandle, slow: bool) -> None:
        """Let a worker's job give way to others, or no longer."""
        if worker.slow != slow and worker.pid is not None:
            worker.slow = slow
            self._order({"slow": slow, "pid": worker.pid})

    def count_threads(self) -> None:
        """Ask the template to count its threads."""
        self._order({"threads": 0})

    def ring(self) -> None:
        """Let `wait` return. From any thread."""
        with contextlib.suppress(BlockingIOError, OSError):
            self._bell.send(b"\0")

    def close(self) -> None:
        """End everything."""
        for worker in list(self.workers.values()):
            self._let_go(worker)
        self._lose_template()
        self._selector.close()
        self._alarm.close()
        self._bell.close()

    # -- events

    def wait(self, timeout: float | None) -> list[tuple[selectors.SelectorKey, int]]:
        """Wait until something happens. Holds no lock."""
        return self._selector.select(timeout)

    def watch(self) -> None:
        """Listen for what each worker sends, if there is memory for it, and for room for what is to be sent to it."""
        self.short_of_memory = False
        for worker in self.workers.values():
            if not worker.living:
                continue
            roomy = worker.assembler.has_memory()
            self.short_of_memory |= not roomy
            wanted = (selectors.EVENT_READ if roomy else 0) | (selectors.EVENT_WRITE if worker.outbox else 0)
            key = self._selector.get_map().get(worker.channel)
            if key is None and wanted:
                self._selector.register(worker.channel, wanted, worker)
            elif key is not None and not wanted:
                self._selector.unregister(worker.channel)
            elif key is not None and key.events != wanted:
                self._selector.modify(worker.channel, wanted, worker)

    def events(self, keys: list[tuple[selectors.SelectorKey, int]]) -> Iterator[Event]:
        """Do what the wires ask for and tell what happened."""
        for key, mask in keys:
            if key.fileobj is self._alarm:
                self._alarm.recv(4096)
            elif key.fileobj is self._errors:
                self._listen()
            elif self._control is not None and key.fileobj is self._control.channel:
                yield from self._reports()
            elif isinstance(key.data, WorkerHandle) and key.data.living:
                if mask & selectors.EVENT_WRITE:
                    key.data.flush()
                if mask & selectors.EVENT_READ:
                    yield from self._frames(key.data)

    def _frames(self, worker: WorkerHandle) -> Iterator[Event]:
        complete = None
        try:
            for _ in range(_READS):
                if complete := worker.assembler.receive(worker.channel):
                    break
        except BlockingIOError:
            return
        except (EOFError, ConnectionError, BadMessage):
            self.drop(worker)
            return
        if complete:
            yield Event(What.FRAME, worker, *complete)

    def _reports(self) -> Iterator[Event]:
        assert self._control is not None
        try:
            for report in self._control.receive():
                yield from self._report(report)
        except EOFError:
            why = self._lose_template()
            yield Event(What.TEMPLATE_GONE, text=why)
            for worker in list(self.workers.values()):  # they end with it
                yield from self._gone(worker, f"the process that forks workers ended: {why}")

    def _report(self, report: dict[str, Any]) -> Iterator[Event]:
        if "up" in report:
            yield Event(What.UP, number=report["up"])
        elif "failed" in report:
            yield Event(What.TEMPLATE_FAILED, text=report["failed"])
        elif "now" in report:
            yield Event(What.THREADS, number=report["now"])
        elif "born" in report:
            worker = self.workers[report["born"]]
            worker.pid = report["pid"]
            if not worker.living:
                self._order({"kill": worker.pid})
        elif "unborn" in report:
            yield from self._gone(self.workers[report["unborn"]], report["why"])
        elif "exit" in report:
            for worker in list(self.workers.values()):
                if worker.pid == report["exit"]:
                    yield from self._gone(worker, f"exit code {report['code']}")

    def _gone(self, worker: WorkerHandle, why: str) -> Iterator[Event]:
        """A worker has ended. Its last words may still be in the channel: they come first."""
        with contextlib.suppress(EOFError, BlockingIOError, ConnectionError, BadMessage):
            while worker.living:
                if complete := worker.assembler.receive(worker.channel):
                    yield Event(What.FRAME, worker, *complete)
        self._let_go(worker)
        self.workers.pop(worker.token, None)
        yield Event(What.WORKER_GONE, worker, text=why)

    def _lose_template(self) -> str:
        """Give up the template and whatever is left of it; why it ended, as far as it is known."""
        if self.template is None or self._control is None:
            return ""
        with contextlib.suppress(OSError):
            self._control.channel.shutdown(socket.SHUT_RDWR)
        with contextlib.suppress(subprocess.TimeoutExpired):
            self.template.wait(0.5)
        self.template.kill()
        code = self.template.wait()
        self._listen()
        for channel in (self._control.channel, self._errors):
            if channel is not None:
                self._selector.unregister(channel)
                channel.close()
        self.template = self._control = self._errors = None
        shutil.rmtree(self._settings["folder"], ignore_errors=True)
        words = self._tail.decode("utf-8", "replace").strip()
        return f"exit code {code}" + (f"\n{words}" if words else "")

    def _listen(self) -> None:
        """Read what the template printed, keep its end."""
        with contextlib.suppress(BlockingIOError, ConnectionError):
            while self._errors is not None and (words := self._errors.recv(65536)):
                self._tail = (self._tail + words)[-_TAIL:]
            if self._errors is not None:  # it has closed it
                self._selector.unregister(self._errors)
                self._errors.close()
                self._errors = None

    def _let_go(self, worker: WorkerHandle) -> None:
        if worker.channel.fileno() >= 0:
            if worker.channel in self._selector.get_map():
                self._selector.unregister(worker.channel)
            worker.channel.close()
        worker.outbox.clear()

    def _ask_to_end(self, worker: WorkerHandle, kill: bool) -> None:
        worker.asked, worker.killed = time.monotonic(), kill
        if kill and worker.pid is not None:
            self._order({"kill": worker.pid})

    def _order(self, order: dict[str, Any], descriptor: int | None = None) -> None:
        if self._control is not None:
            with contextlib.suppress(OSError):  # it is gone, which its closed channel tells next
                self._control.send(order, descriptor)


@contextlib.contextmanager
def _removed_on_error(folder: str) -> Iterator[None]:
    try:
        yield
    except BaseException:
        shutil.rmtree(folder, ignore_errors=True)
        raise
