"""A traced call against a plain call, over the catalogue, in one process that is configured as a worker is."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from typing import Any

from benchmarks.figure import Figure, Goal, measure
from benchmarks.statistic import median
from benchmarks.worker import in_worker

REPEATS = 40
WARM_UP = 5

TAPPED = Goal("tapped call against plain call, median over the catalogue", 1.5, "x")
WHOLE = Goal(
    "`trace_layer` (tapped call, all tensors as arrays) against plain call, median over the catalogue", 1.5, "x"
)


def run() -> Iterator[Figure]:
    """measure in a worker."""
    rows = in_worker(__name__, "catalogue_times", repeats=REPEATS)
    plain = f"plain call {median([row['plain'] for row in rows.values()]):.2f} ms, {len(rows)} layers"
    for goal, part in ((TAPPED, "tapped"), (WHOLE, "whole")):
        ratios = {name: row[part] / row["plain"] for name, row in rows.items()}
        worst = max(ratios, key=lambda name: ratios[name])
        milliseconds = median([row[part] for row in rows.values()])
        yield Figure(
            goal, median(ratios.values()), f"{milliseconds:.2f} ms; most: {worst} {ratios[worst]:.2f} x", plain
        )


def catalogue_times(repeats: int) -> dict[str, dict[str, float]]:
    """Milliseconds of the plain call, the tapped call and the whole trace of every layer with a call. Needs Keras."""
    import layers

    return {name: _times(name, repeats) for name, card in layers.catalogue().items() if not card.symbolic}


def _times(name: str, repeats: int) -> dict[str, float]:
    import keras

    from explorer.core.tracing.record import trace_layer
    from explorer.core.under_test import LayerUnderTest
    from explorer.experiment import Experiment

    test = LayerUnderTest(Experiment(name))
    layer = test.make()
    arguments, keywords = test.arranged()
    arguments = [keras.tree.map_structure(keras.ops.convert_to_tensor, value) for value in arguments]
    keywords = {key: keras.ops.convert_to_tensor(value) for key, value in keywords.items()}
    trace_layer(layer, arguments, **keywords)  # builds it
    ways: dict[str, Callable[[], object]] = {
        "plain": lambda: layer(*arguments, **keywords),
        "tapped": lambda: _tapped_call(layer, arguments, keywords),
        "whole": lambda: trace_layer(layer, arguments, **keywords),
    }
    times: dict[str, list[float]] = {way: [] for way in ways}
    for turn in range(WARM_UP + repeats):
        for way, call in ways.items():
            began = time.perf_counter()
            call()
            if turn >= WARM_UP:
                times[way].append(1000 * (time.perf_counter() - began))
    return {way: median(values) for way, values in times.items()}


def _tapped_call(layer: Any, arguments: list[Any], keywords: dict[str, Any]) -> Any:
    """The layer called once while a recorder listens; live tensors are kept, not yet turned into arrays."""
    from explorer.core.tracing.recorder import Recorder

    with Recorder().listening(layer):
        return layer(*arguments, **keywords)


measure("trace", 40, (TAPPED, WHOLE), run)
