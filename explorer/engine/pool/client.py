"""The interface of the engine: submit a job, follow it, take its reply. No Keras, no Streamlit.

future = engine().submit(Job("run", {"experiment": ...}), lane="visitor 7")
reply = future.result()
trace = codec.unpack(Trace, reply.meta, reply.arrays)
"""

from __future__ import annotations

import contextlib
import os
import sys
import threading
import types
from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

from explorer.engine import codec, configuration
from explorer.engine.job import Job, Progress, Reply, codes_in, names_model, needs_walls
from explorer.engine.memory import own_code_shares, shares
from explorer.engine.pool import own_code
from explorer.engine.pool.scheduler import START_LIMIT, Scheduler
from explorer.engine.pool.task import End, Outcome, Task
from explorer.engine.regime import ORDINARY, Regime
from explorer.engine.transport import wire
from explorer.model.problem import Problem
from explorer.model.trace import Message

DEADLINE = 20.0
"""Seconds that a job may run, unless told otherwise."""


class Cancelled(Problem):
    """Nobody waits for this job any more."""


class Superseded(Cancelled):
    """A newer job of the same lane and name took its place."""


class Busy(Problem):
    """More jobs wait than may. It was not taken on."""


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

    @property
    def so_far(self) -> Reply | None:
        """What the reply would be if the job were cut short now; None if the job has not told any that can be read."""
        partial = self._task.partial
        with contextlib.suppress(wire.BadMessage):
            return None if partial is None else Reply(*wire.decode(partial, self._scheduler.regime.header))
        return None

    def leave(self) -> None:
        """Wait no longer. The job goes on, for whoever asks for it again."""
        self._scheduler.leave(self._task)

    def cancel(self) -> None:
        """Wait no longer. If nobody else does, the job is given up; if it does not end soon, its worker is killed."""
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
            regime = self._scheduler.regime
            self._reply = _reply(outcome, min(self._task.deadline, regime.seconds or self._task.deadline), regime)
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
        regime: how workers are held.
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
        regime: Regime = ORDINARY,
        scheduler: Scheduler | None = None,
    ) -> None:
        most = shares().workers if most_workers is None else most_workers
        self.scheduler = scheduler or Scheduler(min(workers, most), most, jobs, preload, growth, regime)

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
    return _kept("scheduler", Engine)


def own_code_engine() -> Engine:
    """The one engine of this process for jobs that hold a visitor's code or file; started by the first call.

    Its workers do one job each. Whether it may be used, `own_code_refusal` says; its jobs fail where it may not.
    """
    return _kept("own_code_scheduler", _for_own_code)


def watched_engine() -> Engine:
    """The one engine of this process for the file that its owner watches; started by the first call.

    Its workers do one job each, without walls. What it may be asked to do, `engine_for` decides.
    """
    return _kept("watched_scheduler", _for_watched)


def engine_for(args: Mapping[str, Any]) -> Engine:
    """The engine for a job with these arguments.

    Raises:
        Problem: if only a process behind walls may do it, and there is none here.
    """
    if not needs_walls(args):
        return engine()
    if not names_model(args) and all(map(is_watched, codes_in(args))):
        return watched_engine()
    if refusal := own_code_refusal():
        raise Problem(refusal, where="engine")
    return own_code_engine()


def own_code_refusal() -> Message | None:
    """Why no visitor's code is run here, in a reader's words; None if it is. It starts nothing."""
    scheduler = getattr(_holder(), "own_code_scheduler", None)
    failed = scheduler is not None and not scheduler.closed and scheduler.state.startswith("failed")
    return own_code.refusal(own_code_trusted(), failed)


def own_code_trusted() -> bool:
    """Whether a visitor's code runs without walls. Then a page that offers it says `own_code.TRUSTED`."""
    return own_code.is_trusted(_on_loopback())


def is_watched(code: str) -> bool:
    """Whether it is, word for word, the text of a file that this server's owner watches. Then it needs no walls."""
    knows = getattr(_holder(), "knows", None)
    return knows is not None and _on_loopback() and bool(knows(code))


def trust_watched(knows: Callable[[str], bool]) -> None:
    """Let the texts of which `knows` is true run without walls, as long as the server is on loopback.

    No other text does: what a link brings, or a visitor types, has walls around it here, too.
    """
    _holder().knows = knows


def tell_loopback(on_loopback: bool) -> None:
    """Say whether this server can only be reached from its own machine. Until then it counts as public."""
    _holder().on_loopback = on_loopback


def close_engines() -> None:
    """End the engines of this process that there are."""
    for name in ("scheduler", "own_code_scheduler", "watched_scheduler"):
        if (scheduler := getattr(_holder(), name, None)) is not None:
            scheduler.close()


def _for_own_code() -> Engine:
    return _single_use(own_code.regime(own_code_trusted()))


def _for_watched() -> Engine:
    return _single_use(own_code.regime(trusted=True))


def _single_use(regime: Regime) -> Engine:
    growth, runs = own_code_shares()
    made = Engine(max(1, (os.cpu_count() or 1) // 2), runs, growth=growth, regime=regime)
    ordinary = getattr(_holder(), "scheduler", None)
    for let_go in () if ordinary is None else ordinary.held.keepers:
        made.kept_by(let_go)  # the pages keep these replies as they keep the others
    return made


def _on_loopback() -> bool:
    return bool(getattr(_holder(), "on_loopback", False))


def _kept(name: str, make: Callable[[], Engine]) -> Engine:
    """The engine around the scheduler that is held under a name, which is made if there is none."""
    holder = _holder()
    with holder.__dict__.setdefault("lock", threading.Lock()):
        scheduler = getattr(holder, name, None)
        if scheduler is None or scheduler.closed:
            scheduler = make().scheduler
            setattr(holder, name, scheduler)
        if name not in _engines or _engines[name].scheduler is not scheduler:
            _engines[name] = Engine(scheduler=scheduler)
    scheduler.start()
    return _engines[name]


def _holder() -> Any:
    return sys.modules.setdefault(_HOLDER, types.ModuleType(_HOLDER))


_HOLDER = "_layer_explorer_engine"
_engines: dict[str, Engine] = {}


def _reply(outcome: Outcome, deadline: float, regime: Regime) -> Reply:
    """The reply, decoded, or the problem, raised."""
    kind = outcome.end.name  # by name: the scheduler may come from an earlier import of these modules
    if kind in (End.REPLY.name, End.PROBLEM.name):
        try:
            meta, arrays = wire.decode(outcome.payload, regime.header)
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
    End.BUSY.name: _say("Many people are running code at the moment. Try again in a few seconds.", Busy),
    End.CANCELLED.name: _say("The calculation was cancelled.", Cancelled),
    End.UNSTARTED.name: lambda detail, _: _say("The engine did not start within {seconds} s.")(detail, START_LIMIT),
    End.FAILED.name: _say("The engine cannot start."),
    End.CLOSED.name: _say("The engine is closed."),
}
