"""One worker, seen from the client; and what can happen to it and to the template."""

from __future__ import annotations

import contextlib
import socket
import time
from collections import deque
from dataclasses import dataclass
from enum import Enum

from explorer.engine.pool.message_memory import Held
from explorer.engine.pool.task import NOTHING, Task
from explorer.engine.process import own_memory, processor_seconds
from explorer.engine.transport.channel import Assembler, Kind, frame


class WorkerHandle:
    """One worker, seen from here."""

    def __init__(self, token: int, channel: socket.socket, held: Held, longest: int) -> None:
        self.token = token
        self.channel = channel
        self.pid: int | None = None
        self.ready = False
        self.doomed = False
        """It has been told to end; only its exit is awaited."""
        self.task: Task | None = None
        self.since = time.monotonic()
        """When it was forked, or became idle."""
        self.moved = self.since
        """When it last took something of what was sent to it."""
        self.asked = self.since
        """When the template was last asked something about it: to fork it, to end it."""
        self.killed = False
        """Whether that was to kill it."""
        self.slow = True
        """Whether it gives way to others: while it warms up, and while its job is slow."""
        self.jobs = 0
        self.newborn = 0
        """How many bytes of its own it had when it was ready."""
        self._before = 0.0
        self.received = 0
        """How many frames it has sent since it was given its task."""
        self.sent = 0
        """How many bytes they had."""
        self.assembler = Assembler(held.buffer, longest)
        self.outbox: deque[memoryview] = deque()

    @property
    def living(self) -> bool:
        """Whether it can still be counted on."""
        return not self.doomed and self.channel.fileno() >= 0

    def computed(self) -> float:
        """Seconds of the processor that its job has taken."""
        return 0.0 if self.pid is None else processor_seconds(self.pid) - self._before

    def own_memory(self) -> int:
        """How many bytes in memory are its own; see `explorer.engine.process.own_memory`."""
        return 0 if self.pid is None else own_memory(self.pid)

    def send(self, message: bytes) -> None:
        """Begin to send a job; what does not fit into the socket now follows as the worker reads."""
        self.moved = time.monotonic()
        self.received = self.sent = 0
        self._before = 0.0 if self.pid is None else processor_seconds(self.pid)
        self.outbox.extend(frame(Kind.JOB, message))
        self.flush()

    def flush(self) -> None:
        """Send as much as the socket takes."""
        with contextlib.suppress(BlockingIOError, ConnectionError):  # a dead worker is reported by its exit
            while self.outbox:
                sent = self.channel.send(self.outbox[0])
                self.moved = time.monotonic()
                if sent == len(self.outbox[0]):
                    self.outbox.popleft()
                else:
                    self.outbox[0] = self.outbox[0][sent:]


class What(Enum):
    """What can happen."""

    UP = "the template has imported everything"
    TEMPLATE_FAILED = "it cannot import"
    TEMPLATE_GONE = "it has ended"
    FRAME = "a worker sent a frame"
    WORKER_GONE = "a worker has ended, or was never born"
    THREADS = "the template counted its threads"


@dataclass(frozen=True, eq=False)
class Event:
    """Something that happened. Which attributes are set follows from `what`."""

    what: What
    worker: WorkerHandle | None = None
    kind: Kind | None = None
    payload: memoryview = NOTHING
    text: str = ""
    number: int = 0
