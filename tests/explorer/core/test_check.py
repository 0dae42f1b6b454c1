"""The comparison with NumPy: true in every dtype, and no slower to grow than the layer."""

from __future__ import annotations

import time
from typing import Any

import numpy as np
import pytest

from explorer import Experiment, run
from explorer.core.check import check
from explorer.core.run import call, prepare
from explorer.trace import Tensor, Trace
from layers import catalogue
from layers.card import Card
from layers.choices import ACTIVATION_NAMES

CELLS = [{"kind": "normal", "shape": [20, 7], "stddev": 3.0}]
PICTURE = [{"kind": "normal", "shape": [1, 256, 256, 3]}]
SEQUENCE = [{"kind": "normal", "shape": [64, 100, 8]}]
LIMIT = 0.1
"""Seconds of the processor, ten times what the slowest takes."""


@pytest.mark.parametrize("dtype", ["float64", "float32", "float16", "bfloat16"])
def test_every_activation_agrees(dtype: str) -> None:
    checks = {
        name: run(Experiment("keras.layers.Dense", {"activation": name}, inputs=CELLS, dtype=dtype)).check
        for name in ACTIVATION_NAMES
    }
    assert [name for name, found in checks.items() if found is None or not found.agrees] == []


@pytest.mark.parametrize(
    ("layer", "params", "inputs"),
    [
        ("keras.layers.Conv2D", {"filters": 8}, PICTURE),
        ("max_pooling", {"pool_mode": "average"}, PICTURE),
        ("keras.layers.Embedding", {"input_dim": 5000, "output_dim": 64}, [{"kind": "tokens", "shape": [64, 200]}]),
        ("keras.layers.LSTM", {}, SEQUENCE),
        ("matmul", {"output_dim": 128}, [{"kind": "normal", "shape": [1000, 256]}]),
    ],
)
def test_large_tensors_are_compared_without_walking_through_them(
    layer: str, params: dict[str, Any], inputs: Any
) -> None:
    """Each walked through single cells or samples in Python once, and took from 0.17 to 12 seconds."""
    experiment = Experiment(layer, params, inputs=inputs)
    card, made, arrays = prepare(experiment)
    trace = call(experiment, card, made, arrays)
    full = {spec.name: spec.default for spec in card.fields} | params
    took = []
    for _ in range(3):
        began = time.process_time()
        found = check(card, trace, full, False)
        took.append(time.process_time() - began)
        assert found is not None and found.agrees
    assert min(took) < LIMIT, took


def compared(output: np.ndarray, dtype: str, monkeypatch: pytest.MonkeyPatch, expected: np.ndarray) -> Any:
    monkeypatch.setattr("explorer.core.check.resolve", lambda path: lambda *_, **__: [expected])
    card = Card(id="x", title="x", layer="x:x", group="other", summary="", reference="x:x")
    return check(card, Trace("x", outputs=(Tensor("output:0", "output", "output", output, dtype),)), {}, False)


def test_infinity_is_what_a_narrow_dtype_makes_of_a_large_number(monkeypatch: pytest.MonkeyPatch) -> None:
    large = np.array([1e39, -1e39, 1.0])
    assert compared(large.astype("float32"), "float32", monkeypatch, large).agrees
    found = compared(np.array([1.0, 1.0, 1.0], "float32"), "float32", monkeypatch, large)
    assert not found.agrees and found.difference == np.inf
    lost = compared(np.array([np.nan, 1.0]), "float64", monkeypatch, np.array([1.0, 1.0]))
    assert not lost.agrees and lost.difference == np.inf


def test_every_derivation_of_the_catalogue_is_compared() -> None:
    derived = [name for name, card in catalogue().items() if card.reference]
    assert len(derived) > 10 and all(run(Experiment(name)).check is not None for name in derived)
