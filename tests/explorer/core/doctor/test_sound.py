"""Correct layers of published kinds: none is ill, and what breaks a habit is told as such."""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import Any

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import keras
import numpy as np
import pytest

from explorer.core.doctor import examine
from explorer.core.doctor.replica import replica
from tests.explorer.core.doctor import sound

EDGES = np.array([[0, 1], [1, 2], [2, 3], [3, 4], [4, 0], [0, 2], [2, 4]])


def numbers(*shape: int) -> np.ndarray:
    return np.random.default_rng(0).standard_normal(shape).astype("float32")


LAYERS: tuple[tuple[Callable[[], Any], list[Any], dict[str, str]], ...] = (
    # what makes it, its inputs, and the checks that do not simply pass or not apply
    (sound.TransformerBlock, [numbers(2, 5, 4)], {}),
    (sound.ResidualBlock, [numbers(2, 6, 6, 3)], {}),
    (sound.ManyParts, [numbers(2, 4)], {}),
    (sound.Closure, [numbers(2, 4)], {}),
    (sound.around_a_layer, [numbers(2, 4)], {"dtype_policy": "by design"}),
    (sound.around_a_model, [numbers(2, 4)], {"dtype_policy": "by design"}),
    (sound.Half, [numbers(2, 4)], {}),
    (sound.Rounded, [numbers(2, 4)], {}),
    (sound.WindowPartition, [numbers(2, 4, 4, 3)], {"batch_axis": "advice"}),
    (sound.WindowReverse, [numbers(8, 2, 2, 3)], {"batch_axis": "advice"}),
    (sound.RelativeBias, [numbers(2, 5, 4)], {"batch_axis": "advice"}),
    (sound.SplitHeads, [numbers(2, 5, 4)], {"batch_axis": "advice"}),
    (sound.GraphConvolution, [numbers(5, 4), EDGES], {"batch_axis": "by design"}),
    (sound.GraphConvolution, [numbers(5, 4), EDGES[:5]], {"batch_axis": "by design"}),
    (sound.DenseGraphConvolution, [numbers(5, 4), (numbers(5, 5) > 0).astype("float32")], {}),
    (sound.MinibatchDeviation, [numbers(4, 3)], {"batch_independence": "advice"}),
    (sound.Similarities, [numbers(4, 3)], {"batch_independence": "advice"}),
    (sound.GhostNormalization, [numbers(4, 3)], {}),
    (sound.KeyMaskedAttention, [numbers(2, 6, 3)], {"masked_steps": "advice"}),
    (sound.PooledAttention, [numbers(2, 6, 3)], {}),
    (sound.Spectral, [numbers(2, 5, 3)], {"dtype_policy": "by design"}),
    (sound.Transform, [numbers(2, 8)], {"dtype_policy": "by design"}),
    (sound.Fourier, [numbers(2, 5)], {}),
    (sound.Sampling, [numbers(2, 4)], {"repeatable": "advice"}),
    (sound.Nearest, [numbers(2, 4)], {"source": "advice"}),
    (sound.Bounded, [numbers(2, 4)], {}),
)


@pytest.mark.parametrize(
    ("make", "inputs", "told"), LAYERS, ids=[f"{row[0].__name__}-{i}" for i, row in enumerate(LAYERS)]
)
def test_it_is_healthy(make: Callable[[], Any], inputs: list[Any], told: dict[str, str]) -> None:
    report = examine(make(), inputs)
    aside = ("graph_equals_eager", "revived", "keras_file", "batch_independence", "xla") if "repeatable" in told else ()
    findings = {f.check: f.outcome for f in report.findings if f.outcome not in ("passed", "not applicable")}
    assert {name: outcome for name, outcome in findings.items() if name not in aside} == told
    assert report.healthy and report.complete


@pytest.mark.parametrize("make", [sound.ManyParts, sound.around_a_model, sound.Closure])
def test_a_copy_holds_what_the_layer_holds(make: Callable[[], Any]) -> None:
    layer, x = make(), numbers(3, 4)
    before = np.asarray(layer(x))
    copied = replica(layer)
    assert np.array_equal(copied(x), before)
    assert [v.shape for v in copied.variables] == [v.shape for v in layer.variables]
    assert not {id(v) for v in copied.variables} & {id(v) for v in layer.variables}
    for variable in copied.variables:
        variable.assign(variable * 0.0)
    assert np.array_equal(layer(x), before) and not np.array_equal(copied(x), before)


def test_a_part_that_is_held_twice_is_one_part_in_the_copy() -> None:
    layer = sound.ManyParts()
    layer(numbers(3, 4))
    copied = replica(layer)
    assert copied.by_name["shared"] in copied.graph.layers and copied.stack.layers[1] is copied.branch
    assert copied.graph.get_config() == layer.graph.get_config()


def test_a_layer_of_a_model_is_copied_without_the_model() -> None:
    symbol = keras.Input((4,))
    layer = keras.layers.Dense(2)
    keras.Model(symbol, layer(keras.layers.Dense(3)(symbol)))
    assert replica(layer)._inbound_nodes == [] and len(layer._inbound_nodes) == 1
