"""The interface of the engine: submit a job, follow it, take its reply. No Keras, no Streamlit.

future = engine().submit(Job("run", {"experiment": ...}), lane="visitor 7")
reply = future.result()
trace = codec.unpack(Trace, reply.meta, reply.arrays)
"""

from __future__ import annotations

import sys
import threading
import types
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

from explorer.engine import codec, configuration
from explorer.engine.job import Job, Progress, Reply
from explorer.engine.memory import shares
from explorer.engine.pool.scheduler import START_LIMIT, Scheduler
from explorer.engine.pool.task import End, Outcome, Task
from explorer.engine.transport import wire
from explorer.model.problem import Problem
from explorer.model.trace import Message

DEADLINE = 20.0
"""Seconds that a job may run, unless told otherwise."""


class Cancelled(Problem):
    """Nobody waits for this job any more."""


class Superseded(Cancelled):
    """A newer job of the same lane and name took its place."""


class Threads(NamedTuple):
    """How many threads the process that forks workers has."""

    now: int
    after_import: int


class Future:
    """A submitted job."""

    def __init__(self, scheduler: Scheduler, task: Task) -> None:
        self._scheduler = scheduler
        self._task = task
        self._reply: Reply | None = None

    def done(self) -> bool:
        """Whether `result` returns, or raises the job's problem, at once."""
        return self._task.outcome is not None

    @property
    def progress(self) -> Progress:
        """The last progress that the job reported."""
        return Progress(*self._task.progress)

    def cancel(self) -> None:
        """Give the job up. If it runs and does not end soon, its worker is killed."""
        self._scheduler.cancel(self._task)

    def result(self, timeout: float | None = None) -> Reply:
        """Wait for the job's reply.

        Args:
            timeout: seconds to wait; `None` waits until the job ends, which its deadline ensures.

        Raises:
            Problem: the job's own; or that its worker died, its deadline passed, or the engine cannot run.
            Superseded, Cancelled: kinds of `Problem`.
            TimeoutError: if the job has not ended within `timeout`. It goes on.
        """
        if self._reply is None:
            outcome = self._task.wait(timeout)
            if outcome is None:
                raise TimeoutError(f"{self._task.name}: no reply within {timeout} s")
            self._reply = _reply(outcome, self._task.deadline)
        return self._reply


class Engine:
    """Runs jobs in worker processes.

    Args:
        workers: how many jobs run at once.
        most_workers: how many may when some of them are slow; as many as memory allows if None. One spare worker
            beyond these waits.
        jobs: the module that has `perform(name, args, arrays, report)` and `warm_up()`.
        preload: modules that workers find imported; "package.*" means all of a package.
        growth: how many bytes a worker may take beyond what it starts with; what the machine allows if None.
        scheduler: an engine's inside that exists already; the other arguments are then not used.
    """

    def __init__(
        self,
        workers: int = 2,
        most_workers: int | None = None,
        jobs: str = configuration.JOBS,
        *,
        preload: Sequence[str] = configuration.PRELOAD,
        growth: int | None = None,
        scheduler: Scheduler | None = None,
    ) -> None:
        most = shares().workers if most_workers is None else most_workers
        self.scheduler = scheduler or Scheduler(min(workers, most), most, jobs, preload, growth)

    def start(self) -> None:
        """Begin to start the engine and return at once. `submit` does it too."""
        self.scheduler.start()

    @property
    def state(self) -> str:
        """ "starting", "ready", or "failed: " and why."""
        return self.scheduler.state

    @property
    def ready(self) -> bool:
        """Whether a job submitted now can run now."""
        return self.state == "ready"

    def wait_until_ready(self, timeout: float | None = None) -> bool:
        """Wait for the first warm worker; whether there is one."""
        return self.scheduler.wait_until_ready(timeout)

    def submit(self, job: Job, *, lane: str, deadline: float = DEADLINE) -> Future:
        """Have a job done.

        Args:
            job: what to do.
            lane: whose it is, say a session's id. A newer job of the same lane and name supersedes an older one.
            deadline: seconds that it may run, counted from when a worker begins with it.

        Raises:
            Problem: if the job is too large to be sent.
        """
        try:
            message = job.to_bytes()
        except wire.BadMessage as error:
            raise Problem("This is too large to be computed.", where="engine", detail=str(error)) from error
        task = Task(job.name, message, lane, deadline)
        return Future(self.scheduler, self.scheduler.submit(task))

    def kept_by(self, let_go: Callable[[], bool]) -> None:
        """Name one who keeps replies. Where memory is short, `let_go` gives up the oldest; False if it has none."""
        self.scheduler.held.kept_by(let_go)

    def pids(self) -> tuple[int | None, tuple[int, ...]]:
        """The process id of the process that forks workers (None while there is none), and those of the workers."""
        return self.scheduler.pids()

    def threads(self, timeout: float = 5.0) -> Threads:
        """The forking process's threads now, and when it had imported TensorFlow and Keras and nothing else yet.

        The two numbers must be equal: more now means that an operation ran there, and later forks hang.

        Raises:
            TimeoutError: if it does not answer (it does not while it imports).
        """
        return Threads(*self.scheduler.threads(timeout))

    def close(self) -> None:
        """End the processes. Jobs that have not ended raise a `Problem`."""
        self.scheduler.close()


def engine() -> Engine:
    """The one engine of this process, started by the first call.

    Streamlit imports modules anew when their source changes. The scheduler lives in a module that has no source, so
    workers survive that; the `Engine` around it is the current one, and so are the problems that it raises.
    """
    holder: Any = sys.modules.setdefault(_HOLDER, types.ModuleType(_HOLDER))
    with holder.__dict__.setdefault("lock", threading.Lock()):
        scheduler = getattr(holder, "scheduler", None)
        if scheduler is None or scheduler.closed:
            scheduler = holder.scheduler = Engine().scheduler
        if _engines.get("current") is None or _engines["current"].scheduler is not scheduler:
            _engines["current"] = Engine(scheduler=scheduler)
    scheduler.start()
    return _engines["current"]


_HOLDER = "_layer_explorer_engine"
_engines: dict[str, Engine] = {}


def _reply(outcome: Outcome, deadline: float) -> Reply:
    """The reply, decoded, or the problem, raised."""
    kind = outcome.end.name  # by name: the scheduler may come from an earlier import of these modules
    if kind in (End.REPLY.name, End.PROBLEM.name):
        try:
            meta, arrays = wire.decode(outcome.payload)
            if kind == End.REPLY.name:
                return Reply(meta, arrays)
            problem = codec.unpack(Problem, meta, arrays)
        except wire.BadMessage as error:
            what = Message("The calculation's answer cannot be read.")
            raise Problem(what, where="engine", detail=str(error)) from error
        raise problem
    raise _PROBLEMS[kind](outcome.detail, deadline)


def _say(msgid: str, kind: type[Problem] = Problem) -> Any:
    def problem(detail: str, seconds: float) -> Problem:
        params = {"seconds": f"{seconds:g}"} if "{seconds}" in msgid else {}
        return kind(Message(msgid, params), where="engine", detail=detail)

    return problem


_PROBLEMS = {
    End.DIED.name: _say("The calculation stopped in the middle: its process died."),
    End.LATE.name: _say("The calculation took longer than {seconds} s and was stopped."),
    End.CROWDED.name: _say(
        "The result is large, and the results of others fill the memory for results. Try again in a moment."
    ),
    End.SUPERSEDED.name: _say("A newer request took the place of this one.", Superseded),
    End.CANCELLED.name: _say("The calculation was cancelled.", Cancelled),
    End.UNSTARTED.name: lambda detail, _: _say("The engine did not start within {seconds} s.")(detail, START_LIMIT),
    End.FAILED.name: _say("The engine cannot start."),
    End.CLOSED.name: _say("The engine is closed."),
}


def own_code_engine():
    return engine()


def own_code_refusal():
    return None
