"""How long the doctor takes: its first verdict, every hunt, and what another visitor feels of it."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from benchmarks.figure import Figure, Goal, measure
from benchmarks.statistic import median, milliseconds
from benchmarks.worker import in_worker
from explorer.engine.job import Job
from explorer.engine.pool.client import Engine

LSTM = "keras.layers.LSTM"
SMALL = 0.003
"""A layer is small if a plain call takes no more seconds than this: without a loop over time it does."""
CALLS = 9
VISITORS = 2
"""So many others have a layer examined while somebody runs one."""
RUNS = 60
PATIENCE = 120.0

FIRST = Goal("the doctor's first verdict on a small layer, the slowest of the catalogue", 1.0, "s")
MEDIAN = Goal("every check and hunt on a small layer, median over the catalogue", 1.0, "s")
WHOLE = Goal("the same, the slowest layer of the catalogue, loops over time too", 5.0, "s")
ILL_FIRST = Goal("the first verdict on a small one of the tests' faulty layers, the slowest", 1.0, "s")
ILL_WHOLE = Goal("every check and hunt on the tests' faulty layers, the slowest, loops over time too", 5.0, "s")
BESIDE = Goal("a run of Linear beside two visitors' examinations, against alone", 2.0, "x")


def run() -> Iterator[Figure]:
    """Measure in a worker, and at last in an engine with other visitors."""
    rows = in_worker(__name__, "catalogue_times")
    small = _small(rows)
    yield _slowest(FIRST, small, "first")
    seconds = median([row["whole"] for row in small.values()])
    yield Figure(MEDIAN, seconds, f"{len(small)} layers, {rows[LSTM]['checks']:.0f} checks each")
    yield _slowest(WHOLE, rows, "whole")
    ill = in_worker(__name__, "faulty_times")
    yield _slowest(ILL_FIRST, _small(ill), "first")
    yield _slowest(ILL_WHOLE, ill, "whole")
    alone, beside = _runs()
    yield Figure(BESIDE, median(beside) / median(alone), milliseconds(beside), milliseconds(alone))


def _small(rows: Mapping[str, dict[str, float]]) -> dict[str, dict[str, float]]:
    return {name: row for name, row in rows.items() if row["small"]}


def _slowest(goal: Goal, rows: Mapping[str, Mapping[str, float]], part: str) -> Figure:
    name = max(rows, key=lambda one: rows[one][part])
    return Figure(goal, rows[name][part], f"{name}, of {len(rows)} layers")


def catalogue_times() -> dict[str, dict[str, float]]:
    """Seconds of an examination of every layer with a call. Needs Keras."""
    import layers

    names = [name for name, card in layers.catalogue().items() if not card.symbolic]
    _of_catalogue(names[0])  # TensorFlow's first operations cost once
    return {name: _of_catalogue(name) for name in names}


def faulty_times() -> dict[str, dict[str, float]]:
    """Seconds of an examination of every faulty layer of the tests. Needs Keras."""
    from tests.explorer.core.doctor.hunted import PAIRS

    _examined(PAIRS[0].ill, PAIRS[0].inputs)
    return {pair.ill.__qualname__: _examined(pair.ill, pair.inputs) for pair in PAIRS}


def _of_catalogue(name: str) -> dict[str, float]:
    from explorer.core.under_test import LayerUnderTest
    from explorer.experiment import Experiment

    test = LayerUnderTest(Experiment(name))
    layer = test.make()
    arguments, keywords = test.arranged()
    return _examined(layer, arguments, keywords)


def _examined(layer: Any, arguments: Sequence[Any], keywords: Mapping[str, Any] | None = None) -> dict[str, float]:
    """Seconds until the first hunt begins, and until all is done; whether the layer is small."""
    from explorer.core.doctor import examine
    from explorer.core.doctor.registry import HUNT, checks

    hunt = next(check.title.msgid for check in checks() if check.stage == HUNT)
    began, first = time.perf_counter(), []

    def note(part: float, title: str) -> None:
        if title == hunt:
            first.append(time.perf_counter() - began)

    report = examine(layer, arguments, keywords, note)
    whole = time.perf_counter() - began
    called = layer() if isinstance(layer, type) else layer
    times = [_seconds(lambda: called(*arguments, **(keywords or {}))) for _ in range(CALLS)]
    small = float(median(times) <= SMALL)
    return {"first": first[0], "whole": whole, "checks": float(len(report.findings)), "small": small}


def _runs() -> tuple[list[float], list[float]]:
    """Milliseconds of runs of Linear: alone, and while others have their layers examined."""
    engine = Engine()
    try:
        engine.start()
        if not engine.wait_until_ready(PATIENCE):
            raise RuntimeError(f"Expected an engine that is ready. Received: {engine.state}")
        alone = [_run(engine, number) for number in range(RUNS)]
        jobs = [Job("examine", {"experiment": {"layer": LSTM, "seed": number}}) for number in range(VISITORS)]
        hunts = [engine.submit(job, lane=f"visitor {number}") for number, job in enumerate(jobs)]
        while not all(hunt.progress.text or hunt.done() for hunt in hunts):
            time.sleep(0.01)
        beside: list[float] = []
        while not any(hunt.done() for hunt in hunts) and len(beside) < RUNS:
            beside.append(_run(engine, RUNS + len(beside)))
    finally:
        engine.close()
    return alone, beside


def _run(engine: Engine, number: int) -> float:
    job = Job("run", {"experiment": {"layer": "linear", "seed": number}})
    return 1000 * _seconds(lambda: engine.submit(job, lane="somebody").result(PATIENCE))


def _seconds(work: Callable[[], object]) -> float:
    began = time.perf_counter()
    work()
    return time.perf_counter() - began


measure("examine", 45, (FIRST, MEDIAN, WHOLE, ILL_FIRST, ILL_WHOLE, BESIDE), run)
