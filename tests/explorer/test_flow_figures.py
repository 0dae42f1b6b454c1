"""What the flow's figures compute: normalisations, reductions, lookups and dropout, against NumPy."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest
from node_tests import assert_passes

from explorer import Experiment, run
from explorer.core.tracing.record import trace_layer
from explorer.experiment.recipes import Recipe
from explorer.model.trace import Trace
from explorer.stage.frames import pack_frames

MODULES = Path(__file__).parent / "stage" / "js" / "flow" / "figures"
KERAS = "keras.layers."


def keras_run(name: str, **more: Any) -> Trace:
    return run(Experiment(KERAS + name, **more))


def called(call: Any, *arrays: np.ndarray) -> Trace:
    """A call of a layer whose `call` is that function."""
    layer = type("Layer", (keras.layers.Layer,), {"call": call})()
    return trace_layer(layer, list(arrays))


def ends(trace: Trace) -> tuple[np.ndarray, np.ndarray]:
    """The input and the output, as exact numbers."""
    return trace.inputs[0].value.astype("float64"), trace.outputs[0].value.astype("float64")


def moments(array: np.ndarray, axes: tuple[int, ...]) -> list[list[float]]:
    """Mean and deviation along axes, for each place along the others."""
    pairs = zip(array.mean(axes).ravel(), array.std(axes).ravel(), strict=True)
    return [[float(mean), float(deviation)] for mean, deviation in pairs]


def lengths(array: np.ndarray, norm: Any) -> list[list[float]]:
    return [[0.0, float(norm(row))] for row in array]


def normalisations() -> dict[str, tuple[Trace, dict[str, Any]]]:
    found = {}
    box = np.random.default_rng(1).normal(3, 2, (2, 3, 4)).astype("float32")
    for name, trace, axes in (
        ("batch", keras_run("BatchNormalization", training=True), (0, 1)),
        ("batch of the first axis", keras_run("BatchNormalization", training=True, params={"axis": 1}), (0, 2)),
        ("layer", keras_run("LayerNormalization"), (1,)),
        ("layer in half", keras_run("LayerNormalization", dtype="float16"), (1,)),
        ("layer without weights", keras_run("LayerNormalization", params={"center": False, "scale": False}), (1,)),
        ("layer over two axes", trace_layer(keras.layers.LayerNormalization(axis=[1, 2]), [box]), (1, 2)),
        ("layer of the batch", keras_run("LayerNormalization", params={"axis": 0}), (0,)),
    ):
        x, y = ends(trace)
        found[name] = trace, {"before": moments(x, axes), "after": moments(y, axes)}
    trace = keras_run("GroupNormalization")
    groups = [array.reshape(2, 3, 3, 2, 2) for array in ends(trace)]
    found["group"] = trace, {"before": moments(groups[0], (1, 2, 4)), "after": moments(groups[1], (1, 2, 4))}
    trace = keras_run("GroupNormalization", params={"center": False, "scale": False})
    groups = [array.reshape(2, 3, 3, 2, 2) for array in ends(trace)]
    found["group without weights"] = (
        trace,
        {"before": moments(groups[0], (1, 2, 4)), "after": moments(groups[1], (1, 2, 4))},
    )
    trace = keras_run("BatchNormalization")
    weights = {tensor.name: tensor.value for tensor in trace.weights}
    running = np.stack([weights["moving_mean"], np.sqrt(weights["moving_variance"])], axis=1).tolist()
    found["batch by running averages"] = trace, {"before": running, "after": moments(ends(trace)[1], (0, 1))}
    for name, layer, norm in (
        ("root mean square", "RMSNormalization", lambda row: np.sqrt((row**2).mean())),
        ("unit", "UnitNormalization", np.linalg.norm),
    ):
        trace = keras_run(layer)
        x, y = ends(trace)
        found[name] = trace, {"before": lengths(x, norm), "after": lengths(y, norm)}
    return found


def reductions() -> dict[str, tuple[Trace, dict[str, Any]]]:
    x = np.random.default_rng(3).normal(size=(2, 3, 5)).astype("float32")
    broken = x.copy()
    broken[1, 2, 3] = np.nan
    ops = keras.ops
    cases: tuple[tuple[str, Any, Any, np.ndarray], ...] = (
        ("sum", lambda x: ops.sum(x, axis=1), lambda x: x.sum(1), x),
        ("sum of all", lambda x: ops.sum(x), lambda x: x.sum(), x),
        ("mean of two axes", lambda x: ops.mean(x, axis=(0, -1)), lambda x: x.mean((0, 2)), x),
        ("max with its axis", lambda x: ops.max(x, axis=-1, keepdims=True), lambda x: x.max(-1), x),
        ("max of a NaN", lambda x: ops.max(x, axis=-1), lambda x: x.max(-1), broken),
        ("min", lambda x: ops.min(x, axis=0), lambda x: x.min(0), x),
        ("product", lambda x: ops.prod(x, axis=2), lambda x: x.prod(2), x),
        ("sum in half", lambda x: ops.sum(x, axis=2), lambda x: x.sum(2), x.astype("float16")),
    )
    found = {}
    for name, reduce, exact, array in cases:
        values = np.asarray(exact(array.astype("float64"))).ravel()
        told = [None if np.isnan(one) else float(one) for one in values]
        found[name] = called(lambda self, x, reduce=reduce: reduce(x), array), {"reduced": told}
    trace = keras_run("GlobalAveragePooling1D")
    found["average pooling"] = trace, {"reduced": ends(trace)[0].mean(1).ravel().tolist()}
    trace = run(Experiment("masked_mean", mask={"kind": "last", "count": 2}))
    found["masked mean"] = trace, {"reduced": ends(trace)[0][:, :2].sum(1).ravel().tolist()}
    return found


def lookups() -> dict[str, tuple[Trace, dict[str, Any]]]:
    found = {}
    for name, layer in (("lookup", "Embedding"), ("lookup both ways", "ReversibleEmbedding")):
        trace = keras_run(layer)
        found[name] = trace, {"rows": trace.inputs[0].value.ravel().tolist(), "of": trace.weights[0].value.shape[0]}
    table = Experiment(KERAS + "Embedding", inputs=(Recipe("typed", (2, 3), {"values": [4, 2, 4, 0, 19, 2]}),))
    found["lookup of a few"] = run(table), {"rows": [4, 2, 4, 0, 19, 2], "of": 21}
    last = Experiment(KERAS + "Embedding", inputs=(Recipe("typed", (1, 2), {"values": [-1, 3]}),))
    found["lookup from the end"] = run(last), {"rows": [20, 3], "of": 21}
    return found


def dropouts() -> dict[str, tuple[Trace, dict[str, Any]]]:
    found = {}
    for name, layer, params in (
        ("dropout", "Dropout", {}),
        ("a little dropout", "Dropout", {"rate": 0.2}),
        ("dropout of features", "SpatialDropout1D", {}),
    ):
        trace = keras_run(layer, params=params, training=True)
        x, y = ends(trace)
        assert (x != 0).all() and (y == 0).any() and (y != 0).any()
        found[name] = trace, {"dropped": (y == 0).ravel().tolist(), "scale": 1 / (1 - params.get("rate", 0.5))}
    for name, layer, sign in (("noise", "GaussianNoise", "+"), ("noise as a factor", "GaussianDropout", "×")):
        trace = keras_run(layer, training=True)
        x, y = ends(trace)
        found[name] = trace, {"noise": (y - x if sign == "+" else y / x).ravel().tolist(), "sign": sign}
    zeros = np.array([[0.0, 1.0, 2.0], [0.0, 0.0, 3.0]], "float32")
    trace = called(lambda self, x: keras.random.dropout(x, 0.5, seed=1), zeros)
    found["dropout of zeros"] = trace, {"unknown": (zeros == 0).ravel().tolist()}
    return found


def unclaimed() -> dict[str, Trace]:
    """Flows of which no figure may say anything."""
    ops = keras.ops
    one, none = np.ones((2, 1, 3), "float32"), np.zeros((2, 0, 3), "float32")
    wide = np.ones((2, 3), "float32")
    return {
        "nothing collapses": called(lambda self, x: ops.sum(x, axis=1), one),
        "of no cells": called(lambda self, x: ops.sum(x, axis=1), none),
        "no layer's cells": called(lambda self, x: ops.layer_normalization(x, axis=1), none),
        "a length of another order": called(lambda self, x: ops.normalize(x, order=1), wide),
        "a table that was made": called(lambda self, x: ops.take(x * 2.0, np.array([[1, 0]]), axis=0), wide),
        "columns, not rows": called(lambda self, x: ops.take(x, np.array([1, 0]), axis=1), wide),
        "dropout that is off": keras_run("Dropout"),
    }


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What the browser is sent for each call, NAME.bin, and what NumPy says of it, expected.json."""
    home = tmp_path_factory.mktemp("figures")
    told = {**normalisations(), **reductions(), **lookups(), **dropouts()}
    for name, trace in {**{name: trace for name, (trace, _) in told.items()}, **unclaimed()}.items():
        (home / f"{name}.bin").write_bytes(pack_frames(trace, {}, {}))
    (home / "expected.json").write_text(json.dumps({name: expected for name, (_, expected) in told.items()}))
    return home


@pytest.mark.parametrize("path", sorted(MODULES.glob("*.test.mjs")), ids=lambda path: path.name)
def test_figures_draw_what_numpy_computes(path: Path, folder: Path) -> None:
    assert_passes(path, FIGURE_MESSAGES=folder)
