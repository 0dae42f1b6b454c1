"""A watched file is saved -> the new picture is painted, in Chromium."""

from __future__ import annotations

import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from benchmarks.chromium import chromium, visit
from benchmarks.figure import Figure, Goal, measure
from benchmarks.server import EXPLORER, running
from benchmarks.statistic import median, milliseconds
from explorer.settings import WATCH_VARIABLE

REPEATS = 20
WARM_UP = 2
PAUSE = 500
"""Milliseconds between two saves."""
CODE = """import keras


class Wide(keras.layers.Layer):
    def call(self, x):
        wide = keras.ops.repeat(x, {times}, axis=-1)
        return keras.ops.relu(wide)
"""
_PAINTED = "[data-testid=flow][data-painted]"

SAVE = Goal("a watched file is saved → painted", 1000, "ms")


def run() -> Iterator[Figure]:
    """Save a file again and again, with an output of another shape each time."""
    times = []
    with tempfile.TemporaryDirectory() as folder, chromium() as browser:
        file = Path(folder) / "wide.py"
        file.write_text(CODE.format(times=1))
        with running(EXPLORER, variables={WATCH_VARIABLE: str(file)}) as server:
            page = visit(browser, f"{server.address}/watch", _PAINTED)
            *batch, width = str(page.locator(_PAINTED).get_attribute("data-shape")).split(",")
            for turn in range(WARM_UP + REPEATS):
                page.wait_for_timeout(PAUSE)
                shape = ",".join([*batch, str(int(width) * (turn + 2))])
                began = time.perf_counter()
                file.write_text(CODE.format(times=turn + 2))
                page.locator(f'{_PAINTED}[data-shape="{shape}"]').wait_for()
                times.append((time.perf_counter() - began) * 1000)
    yield Figure(SAVE, median(times[WARM_UP:]), milliseconds(times[WARM_UP:]))


measure("save", 12, (SAVE,), run)
