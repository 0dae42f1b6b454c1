"""The engine's own time: a job's way there and back, and what the loss of workers costs the next job."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Iterator
from typing import Any

from benchmarks.figure import Figure, Goal, measure
from benchmarks.statistic import median, milliseconds
from explorer.engine.job import Job
from explorer.engine.pool.client import Engine

TRIPS = 100
WARM_UP = 10
KILLS = 5
PATIENCE = 120.0

TRIP = Goal("engine: a job's round trip without the job itself, against a run of Linear", 0.5, "x")
SERVED = Goal("engine: the worker used last is killed → the next job's reply, against a run of Linear", 5, "x")
BIRTH = Goal("engine: all workers are killed → forked, warm, next job's reply; against the engine's start", 0.2, "x")


def run() -> Iterator[Figure]:
    """Put an engine of its own through this."""
    began = time.perf_counter()
    engine = Engine(jobs="benchmarks.apps.jobs")
    try:
        engine.start()
        if not engine.wait_until_ready(PATIENCE):
            raise RuntimeError(f"Expected an engine that is ready. Received: {engine.state}")
        start = 1000 * (time.perf_counter() - began)
        _wait_for_workers(engine)
        trips, runs = _trips(engine)
        served, births = _losses(engine, 1), _losses(engine, 3)
    finally:
        engine.close()
    job = f"run of Linear {milliseconds(runs)}"
    yield Figure(TRIP, median(trips) / median(runs), milliseconds(trips), job)
    yield Figure(SERVED, median(served) / median(runs), milliseconds(served), job)
    yield Figure(BIRTH, median(births) / start, milliseconds(births), f"start {start:.0f} ms")


_numbers = iter(range(1_000_000))


def _ask(engine: Engine, name: str) -> tuple[float, Any]:
    """Milliseconds of a job that was never done before, and its answer."""
    number = next(_numbers)
    job = Job(name, {"number": number, "experiment": {"layer": "linear", "seed": number}})
    began = time.perf_counter()
    reply = engine.submit(job, lane="benchmark").result(PATIENCE)
    return 1000 * (time.perf_counter() - began), reply.meta


def _trips(engine: Engine) -> tuple[list[float], list[float]]:
    """Milliseconds of jobs that do nothing, and of runs, in turn."""
    trips: list[float] = []
    runs: list[float] = []
    for turn in range(WARM_UP + TRIPS):
        for name, times in (("nothing", trips), ("run", runs)):
            elapsed, _ = _ask(engine, name)
            if turn >= WARM_UP:
                times.append(elapsed)
    return trips, runs


def _losses(engine: Engine, count: int) -> list[float]:
    """Milliseconds until the next job is answered after that many workers were killed, the one used last first."""
    times = []
    for _ in range(KILLS):
        _wait_for_workers(engine)
        _, meta = _ask(engine, "nothing")
        others = [pid for pid in engine.pids()[1] if pid != meta["pid"]]
        for pid in [meta["pid"], *others][:count]:
            os.kill(pid, signal.SIGKILL)
        times.append(_ask(engine, "nothing")[0])
    return times


def _wait_for_workers(engine: Engine) -> None:
    """Until the engine has all its workers, and they have had the time to warm up."""
    deadline = time.monotonic() + PATIENCE
    while len(engine.pids()[1]) < 3:
        if time.monotonic() > deadline:
            raise TimeoutError(f"Expected 3 workers. Received: {len(engine.pids()[1])}")
        time.sleep(0.01)
    time.sleep(1)


measure("engine", 80, (TRIP, SERVED, BIRTH), run)
