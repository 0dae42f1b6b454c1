"""`explorer.show` until all that a notebook displays is made, and how large a page is; in a fresh process each."""

from __future__ import annotations

import time
from collections.abc import Iterator

from benchmarks.figure import Figure, Goal, measure
from benchmarks.worker import in_worker

SHAPES = {"Dense": [[2, 3]], "MultiHeadAttention": [[2, 5, 8], [2, 7, 8]], "LSTM": [[2, 6, 3]]}
"""A layer -> the shapes of its inputs."""

SHOWN = Goal("the first `explorer.show` after the imports of Keras and `explorer`, widget and copy made, most", 1, "s")
SIZE = Goal("one HTML file, most", 0.5, "MiB")


def run() -> Iterator[Figure]:
    """Show each layer in a process of its own."""
    rows = {name: in_worker(__name__, "shown", layer=name) for name in SHAPES}
    told = ", ".join(f"{name} {row['seconds']:.2f} s" for name, row in rows.items())
    yield Figure(SHOWN, max(row["seconds"] for row in rows.values()), told)
    told = ", ".join(f"{name} {row['bytes'] / 1000:.0f} KB" for name, row in rows.items())
    yield Figure(SIZE, max(row["bytes"] for row in rows.values()) / 2**20, told)


def shown(layer: str) -> dict[str, float]:
    """Seconds until a layer is shown, and the bytes of its page. Needs Keras."""
    import keras
    import numpy as np

    import explorer

    classes = {"Dense": lambda: keras.layers.Dense(4), "LSTM": lambda: keras.layers.LSTM(4)}
    classes["MultiHeadAttention"] = lambda: keras.layers.MultiHeadAttention(2, 4)
    made, generator = classes[layer](), np.random.default_rng(0)
    inputs = [generator.normal(size=shape).astype("float32") for shape in SHAPES[layer]]
    began = time.perf_counter()
    one = explorer.show(made, *inputs)
    assert one.widget and one._repr_html_()
    seconds = time.perf_counter() - began
    return {"seconds": seconds, "bytes": len(one.page().encode())}


measure("show", 35, (SHOWN, SIZE), run)
