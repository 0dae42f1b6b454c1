"""How cost grows with size: whole runs against plain calls; one tensor drawn, against the plain app's `px.imshow`."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

from benchmarks.chromium import chromium, step, visit
from benchmarks.figure import Figure, Goal, measure
from benchmarks.plot import Series, draw
from benchmarks.server import APPS, EXPLORER, running
from benchmarks.statistic import median
from benchmarks.worker import in_worker

SERIES: dict[str, tuple[str, dict[str, Any], str, tuple[int, ...]]] = {
    "Conv2D, 16 filters of 3x3, (1, n, n, 3)": (
        "keras.layers.Conv2D",
        {"filters": 16, "kernel_size": [3, 3]},
        "1,n,n,3",
        (28, 64, 128, 224, 512),
    ),
    "Dense, n units, (32, n)": ("keras.layers.Dense", {"units": "n"}, "32,n", (16, 64, 256, 1024, 2048)),
    "attention, (1, n, 16)": ("attention", {}, "1,n,16", (5, 20, 100, 500, 2000)),
    "LSTM, 16 units, (1, n, 8)": ("keras.layers.LSTM", {"units": 16}, "1,n,8", (5, 20, 100, 500)),
}
"""Layer, parameters, the shape of its input, and what `n` is."""
BUDGET = 8.0
"""Seconds that the runs of one size may take; there are at least `FEWEST`."""
FEWEST, MOST = 3, 30
WORTH = 5.0
"""Milliseconds of a plain call from which on the goal holds: below, what does not grow is most of a run."""
SIDES = (10, 32, 100, 316, 1000, 2000)
DRAWN_REPEATS = 5
CONVOLUTION = {"layer": "keras.layers.Conv2D", "params": {"filters": 16, "kernel_size": [3, 3]}}
PICTURE = Path(__file__).parents[2] / "build" / "growth.png"

RUN = Goal("a whole run against the plain call, the largest ratio at any size at which the call takes 5 ms", 1.5, "x")
IMAGE = Goal("change the seed → painted: Conv2D, 224x224x3 → 16", 200, "ms")
DRAWN = Goal("change the seed → painted: one tensor of 2000x2000", 150, "ms")


def run() -> Iterator[Figure]:
    """Measure every series, and draw them into `build/growth.png`."""
    rows = in_worker(__name__, "series_times")
    ratios = {f"{name}, n = {n}": whole / plain for name, n, plain, whole in rows if plain >= WORTH}
    worst = max(ratios, key=lambda name: ratios[name])
    yield Figure(RUN, ratios[worst], f"{worst}; {_told(rows)}", "plain call")
    with ExitStack() as stack:
        explorer = stack.enter_context(running(EXPLORER))
        plain = stack.enter_context(running(APPS / "plain.py", default_settings=True))
        browser = stack.enter_context(chromium())

        def painted(experiment: dict[str, Any], shape: Sequence[int]) -> float:
            inputs = json.dumps([{"kind": "normal", "shape": list(shape)}])
            query = {key: one if isinstance(one, str) else json.dumps(one) for key, one in experiment.items()}
            link = urlencode({**query, "inputs": inputs})
            page = visit(browser, f"{explorer.address}/explore?{link}", "[data-testid=flow][data-painted]")
            return _median_of(page, "stage")

        def imshow(side: int) -> float:
            page = visit(browser, f"{plain.address}/?rows={side}&columns={side}", ".heatmaplayer image")
            return _median_of(page, "plots", count=3)

        image = painted(CONVOLUTION, (1, 224, 224, 3))
        ours = [painted({"layer": "keras.layers.Identity"}, (side, side)) for side in SIDES]
        theirs = [imshow(side) for side in SIDES]
    yield Figure(IMAGE, image, f"{image:.0f} ms")
    sizes = ", ".join(
        f"{side}x{side} {one:.0f} ({other:.0f})" for side, one, other in zip(SIDES, ours, theirs, strict=True)
    )
    yield Figure(DRAWN, ours[-1], f"ms: {sizes}", "in brackets: the plain app, three tensors of that size")
    names = list(SERIES)
    series = [Series(name, [row[1:] for row in rows if row[0] == name], ("plain call", "whole run")) for name in names]
    pixels = [(side * side, other, one) for side, one, other in zip(SIDES, ours, theirs, strict=True)]
    draw([*series, Series("one tensor of n cells, drawn", pixels, ("px.imshow", "Layer Explorer"))], PICTURE)


def _median_of(page: Any, kind: str, **wanted: Any) -> float:
    """Milliseconds until another seed is painted; the first time warms up."""
    times = []
    for turn in range(1, DRAWN_REPEATS + 2):
        page.wait_for_timeout(200)
        told = {"text": f"4 {turn}"} if kind == "plots" else {}
        times.append(step(page, kind, "seed", **wanted, **told))
    page.context.close()
    return median(times[1:])


def _told(rows: list[tuple[str, int, float, float]]) -> str:
    """Every size with the plain call's milliseconds and how many times as long the whole run takes."""
    lines = []
    for name in SERIES:
        sizes = ", ".join(f"{n}: {plain:.3g} ms {whole / plain:.2g} x" for one, n, plain, whole in rows if one == name)
        lines.append(f"{name}: {sizes}")
    return "; ".join(lines)


def series_times() -> list[tuple[str, int, float, float]]:
    """Of every size: its series, `n`, milliseconds of the plain call and of the whole run. Needs Keras."""
    return [(name, n, *_times(name, n)) for name, (_, _, _, sizes) in SERIES.items() for n in sizes]


def _times(name: str, n: int) -> tuple[float, float]:
    import keras

    from explorer.core.run import run as run_experiment
    from explorer.core.under_test import LayerUnderTest
    from explorer.experiment import Experiment
    from explorer.experiment.recipes import Recipe

    layer, params, shape, _ = SERIES[name]
    given = {key: n if value == "n" else value for key, value in params.items()}
    sizes = tuple(n if size == "n" else int(size) for size in shape.split(","))
    experiment = Experiment(layer, params=given, inputs=(Recipe("normal", sizes),))
    test = LayerUnderTest(experiment)
    built = test.make()
    arguments, keywords = test.arranged()
    arguments = [keras.tree.map_structure(keras.ops.convert_to_tensor, value) for value in arguments]
    ways = (lambda: built(*arguments, **keywords), lambda: run_experiment(experiment, compare=False))
    times: list[list[float]] = [[], []]
    until = time.perf_counter() + BUDGET
    for turn in range(MOST + 1):
        if turn > FEWEST and time.perf_counter() > until:
            break
        for way, call in enumerate(ways):
            began = time.perf_counter()
            call()
            if turn:
                times[way].append(1000 * (time.perf_counter() - began))
    return median(times[0]), median(times[1])


measure("growth", 42, (RUN, IMAGE, DRAWN), run)
