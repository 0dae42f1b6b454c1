"""A 1000x1000 input: change a parameter -> painted, against the plain app."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import ExitStack
from urllib.parse import urlencode

from benchmarks.chromium import chromium, visit
from benchmarks.figure import Figure, Goal, measure
from benchmarks.measures.change import Contestant, race
from benchmarks.server import APPS, EXPLORER, running
from benchmarks.statistic import median, milliseconds

SIZE = 1000
REPEATS = 7

LARGE = Goal(f"{SIZE}x{SIZE} input, change a parameter → painted, against the plain app", 5, "x", at_least=True)


def run() -> Iterator[Figure]:
    """Let Linear and the plain app's Dense take turns on an input of that size."""
    link = urlencode({"layer": "linear", "inputs": json.dumps([{"kind": "normal", "shape": [SIZE, SIZE]}])})
    with ExitStack() as stack:
        explorer = stack.enter_context(running(EXPLORER))
        plain = stack.enter_context(running(APPS / "plain.py", default_settings=True))
        browser = stack.enter_context(chromium())
        stage = visit(browser, f"{explorer.address}/explore?{link}", "[data-testid=flow][data-painted]")
        plots = visit(browser, f"{plain.address}/?rows={SIZE}&columns={SIZE}", ".heatmaplayer image")
        stage.wait_for_timeout(1000)
        times = race(
            {
                "linear": Contestant(stage, "stage", "p_linear_units", 4, f"{SIZE},{{}}"),
                "plain": Contestant(plots, "plots", "units", 4),
            },
            REPEATS,
            warm_up=1,
        )
    ours, theirs = times["linear"], times["plain"]
    yield Figure(LARGE, median(theirs) / median(ours), milliseconds(ours), f"plain app {milliseconds(theirs)}")


measure("large", 15, (LARGE,), run)
