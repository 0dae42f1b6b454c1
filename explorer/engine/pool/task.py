"""One submitted job on its way through the engine, and what became of it. Bytes only: nothing here is decoded."""

from __future__ import annotations

import hashlib
import threading
import time
from dataclasses import dataclass
from enum import Enum

NOTHING = memoryview(b"")


class End(Enum):
    """How a task can end."""

    REPLY = "reply"
    PROBLEM = "problem"
    DIED = "its worker died"
    LATE = "its deadline passed"
    CROWDED = "there was no memory for its reply"
    SUPERSEDED = "a newer task took its place"
    CANCELLED = "cancelled"
    BUSY = "too many wait"
    UNSTARTED = "the engine did not start in time"
    FAILED = "the engine cannot start"
    CLOSED = "the engine is closed"


@dataclass(frozen=True, eq=False)
class Outcome:
    """What became of a task.

    Attributes:
        end: how it ended.
        payload: the message of a reply or a problem.
        detail: more for a maintainer (an exit code, an import error).
    """

    end: End
    payload: memoryview = NOTHING
    detail: str = ""


class Task:
    """A job as the scheduler sees it. Only the scheduler, holding its lock, changes it.

    Args:
        name: the job's name.
        message: the job, encoded.
        lane: whose it is.
        deadline: seconds that it may run.
    """

    def __init__(self, name: str, message: bytes, lane: str, deadline: float) -> None:
        self.name = name
        self.message = message
        self.lane = lane
        self.deadline = deadline
        self.key = hashlib.sha256(message).digest()
        self.waiting = 1
        """How many wait for it: who asks for the same again, in the same lane, waits for it as well."""
        self.submitted = time.monotonic()
        self.started: float | None = None
        self.begun = False
        """Whether a worker has said that it has taken it up."""
        self.lost: float | None = None
        """When the template was started that took along a worker which did this task; None if none was lost so."""
        self.untouched = 0
        """How many workers were lost before they took it up."""
        self.passed = 0
        """How many workers were given it and did not take it up."""
        self.partial: memoryview | None = None
        """What its reply is if it is cut short."""
        self.lasting = True
        """Whether its reply is right for the next one who asks the same."""
        self.progress: tuple[float, str] = (0.0, "")
        self.outcome: Outcome | None = None
        self._ended = threading.Event()

    def end(self, outcome: Outcome) -> None:
        """Give it an outcome. The first one stays. What is cut short has the reply that it told in time, if any."""
        if self.outcome is None:
            if outcome.end in (End.LATE, End.DIED) and self.partial is not None:
                outcome = Outcome(End.REPLY, self.partial)
            self.outcome = outcome
            self._ended.set()

    def begin_anew(self) -> None:
        """Forget what the worker that is lost had done of it."""
        self.begun, self.partial, self.progress = False, None, (0.0, "")

    def wait(self, timeout: float | None) -> Outcome | None:
        """The outcome, or None if there is none within `timeout` seconds."""
        self._ended.wait(timeout)
        return self.outcome
