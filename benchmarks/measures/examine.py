"""How long the doctor takes for a layer, over the catalogue, in one process that is configured as a worker is."""

from __future__ import annotations

import time
from collections.abc import Iterator

from benchmarks.figure import Figure, Goal, measure
from benchmarks.statistic import median
from benchmarks.worker import in_worker

LSTM = "keras.layers.LSTM"
SMALL = 0.003
"""A layer is small if a plain call takes no more seconds than this: without a loop over time it does."""
CALLS = 9

MEDIAN = Goal("examining a small layer (every check of the doctor), median over the catalogue", 1.0, "s")
WORST = Goal("the same, the slowest small layer of the catalogue", 1.0, "s")
LOOP = Goal("examining LSTM", 2.0, "s")


def run() -> Iterator[Figure]:
    """measure in a worker."""
    rows = in_worker(__name__, "catalogue_times")
    small = {name: row["seconds"] for name, row in rows.items() if row["small"]}
    slowest = max(small, key=lambda name: small[name])
    yield Figure(MEDIAN, median(small.values()), f"{len(small)} layers, {rows[slowest]['checks']:.0f} checks each")
    yield Figure(WORST, small[slowest], slowest)
    yield Figure(LOOP, rows[LSTM]["seconds"], f"{rows[LSTM]['checks']:.0f} checks")


def catalogue_times() -> dict[str, dict[str, float]]:
    """Seconds of an examination of every layer with a call. Needs Keras."""
    import layers

    names = [name for name, card in layers.catalogue().items() if not card.symbolic]
    _examined(names[0])  # TensorFlow's first operations cost once
    return {name: _examined(name) for name in names}


def _examined(name: str) -> dict[str, float]:
    from explorer.core.doctor import examine
    from explorer.core.under_test import LayerUnderTest
    from explorer.experiment import Experiment

    test = LayerUnderTest(Experiment(name))
    layer = test.make()
    arguments, keywords = test.arranged()
    began = time.perf_counter()
    report = examine(layer, arguments, keywords)
    seconds = time.perf_counter() - began
    times = []
    for _ in range(CALLS):
        began = time.perf_counter()
        layer(*arguments, **keywords)
        times.append(time.perf_counter() - began)
    return {"seconds": seconds, "small": float(median(times) <= SMALL), "checks": float(len(report.findings))}


measure("examine", 45, (MEDIAN, WORST, LOOP), run)
