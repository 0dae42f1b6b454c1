"""The engine for visitors' code: what a process behind walls costs, many runs at once, a thousand one after the other.

The jobs are the project's own: what is measured is the way there and back, and the processes.
"""

from __future__ import annotations

import os
import time
from collections.abc import Iterator

from benchmarks.figure import Figure, Goal, measure
from benchmarks.process import descendants, private
from benchmarks.statistic import median, milliseconds, percentile
from explorer.engine.job import Job
from explorer.engine.memory import MIB, own_code_shares
from explorer.engine.pool import own_code
from explorer.engine.pool.client import Busy, Engine, Future
from explorer.engine.pool.scheduler import READY
from explorer.engine.process import resident
from explorer.model.problem import Problem

RUNS = 40
SOAK = 1000
VISITORS = 20
HOGS = 3
PATIENCE = 120.0
PAUSE = 0.02
JOBS = "benchmarks.apps.jobs"

TRIP = Goal("code of a visitor: submitted → reply, the job itself empty, a process is ready", 30, "ms")
RUN = Goal("the same, a run of Linear", 100, "ms")
NEXT = Goal("a run begins → another process is ready in its place", 300, "ms")
OWN = Goal("a process that is ready: memory that it shares with no other", 40, "MiB")
AT_ONCE = Goal(f"{VISITORS} visitors run code at once: the last one's reply", 5, "s")
BESIDE = Goal(f"a job of the ordinary engine beside {HOGS} endless runs of code, p95 against without them", 1.5, "x")
GROWTH = Goal(f"{SOAK} runs: growth of the process that forks and of the one that asks, together", 16, "MiB")


def run() -> Iterator[Figure]:
    """Put an engine of its own through this, and beside it an ordinary one."""
    growth, runs = own_code_shares()
    half = max(1, (os.cpu_count() or 1) // 2)
    engine = Engine(half, runs, JOBS, growth=growth, regime=own_code.regime(trusted=False))
    ordinary = Engine(jobs=JOBS)
    try:
        for one in (engine, ordinary):
            one.start()
            if not one.wait_until_ready(PATIENCE):
                raise RuntimeError(f"Expected an engine that is ready. Received: {one.state}")
        yield from _single(engine)
        yield from _crowd(engine)
        yield from _beside(engine, ordinary)
        yield from _soak(engine)
    finally:
        engine.close()
        ordinary.close()


_numbers = iter(range(1_000_000))


def _asked(engine: Engine, name: str, visitor: str = "one", deadline: float = PATIENCE) -> Future:
    """A job that was never done before."""
    number = next(_numbers)
    job = Job(name, {"number": number, "experiment": {"layer": "linear", "seed": number}})
    return engine.submit(job, lane=f"{visitor} {number}", deadline=deadline)


def _timed(engine: Engine, name: str) -> float:
    began = time.perf_counter()
    _asked(engine, name).result(PATIENCE)
    return 1000 * (time.perf_counter() - began)


def _wait(engine: Engine) -> list[int]:
    """Until all processes that wait are ready; their numbers."""
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline:
        ready = [
            one.pid for one in engine.scheduler._living() if one.ready and one.task is None and one.pid is not None
        ]
        if len(ready) >= READY:
            return ready
        time.sleep(0.001)
    raise TimeoutError("Expected processes that are ready.")


def _single(engine: Engine) -> Iterator[Figure]:
    trips: list[float] = []
    runs: list[float] = []
    births: list[float] = []
    for _ in range(RUNS):
        for name, times in (("nothing", trips), ("run", runs)):
            _wait(engine)
            began = time.perf_counter()
            times.append(_timed(engine, name))
            _wait(engine)
            births.append(1000 * (time.perf_counter() - began))
    yield Figure(TRIP, median(trips), milliseconds(trips))
    yield Figure(RUN, median(runs), milliseconds(runs))
    yield Figure(NEXT, median(births), milliseconds(births))
    time.sleep(1)
    own = private(_wait(engine)[0])
    yield Figure(OWN, own, f"{own:.0f} MiB")


def _crowd(engine: Engine) -> Iterator[Figure]:
    """All come at the same moment, each with a run of its own."""
    _wait(engine)
    began = time.perf_counter()
    futures = [_asked(engine, "run", f"visitor-{number}") for number in range(VISITORS)]
    times, busy = [], 0
    for future in futures:
        try:
            future.result(PATIENCE)
            times.append(1000 * (time.perf_counter() - began))
        except Busy:
            busy += 1
    yield Figure(AT_ONCE, max(times) / 1000, f"{milliseconds(times)}; {len(times)} replies, {busy} were told to wait")


def _beside(engine: Engine, ordinary: Engine) -> Iterator[Figure]:
    def quick() -> list[float]:
        times = []
        for _ in range(5 * RUNS):
            times.append(_timed(ordinary, "run"))
            time.sleep(PAUSE)
        return times

    alone = quick()
    hogs = [_asked(engine, "endless", f"hog-{number}") for number in range(HOGS)]
    time.sleep(1)
    beside = quick()
    for hog in hogs:
        hog.cancel()
    ratio = percentile(beside, 95) / percentile(alone, 95)
    yield Figure(BESIDE, ratio, milliseconds(beside), f"alone {milliseconds(alone)}")


def _soak(engine: Engine) -> Iterator[Figure]:
    template = engine.pids()[0]
    assert template is not None
    for _ in range(RUNS):
        _timed(engine, "nothing")
    before = resident(template) + resident()
    began, failed = time.monotonic(), 0
    for _ in range(SOAK):
        try:
            _timed(engine, "nothing")
        except Problem:
            failed += 1
    seconds = time.monotonic() - began
    time.sleep(1)
    left = len(descendants(template))
    words = f"{seconds:.0f} s, {failed} failed, {left} processes afterwards"
    yield Figure(GROWTH, (resident(template) + resident() - before) / MIB, words)


measure("own_code", 85, (TRIP, RUN, NEXT, OWN, AT_ONCE, BESIDE, GROWTH), run)
