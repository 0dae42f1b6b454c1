"""The comparison with NumPy: true in every dtype, and no slower to grow than the layer."""

from __future__ import annotations

import sys
from typing import Any

import numpy as np
import pytest

from explorer import Experiment, run
from explorer.core.numpy_check import check
from explorer.core.tracing.record import traced
from explorer.core.under_test import LayerUnderTest
from explorer.model.trace import Tensor, Trace
from layers import catalogue
from layers.card import Card
from layers.choices import ACTIVATION_NAMES

CELLS = [{"kind": "normal", "shape": [20, 7], "stddev": 3.0}]


@pytest.mark.parametrize("dtype", ["float64", "float32", "float16", "bfloat16"])
def test_every_activation_agrees(dtype: str) -> None:
    checks = {
        name: run(Experiment("keras.layers.Dense", {"activation": name}, inputs=CELLS, dtype=dtype)).check
        for name in ACTIVATION_NAMES
    }
    assert [name for name, found in checks.items() if found is None or not found.agrees] == []


def lines_of_check(layer: str, params: dict[str, Any], kind: str, shape: list[int]) -> int:
    """Lines of Python that the comparison runs: the same on a busy machine, unlike its seconds."""
    experiment = Experiment(layer, params, inputs=[{"kind": kind, "shape": shape}])
    test = LayerUnderTest(experiment)
    card, trace = test.card, traced(test.live(test.make()))
    full = {spec.name: spec.default for spec in card.fields} | params
    lines = 0

    def count(_frame: Any, event: str, _value: Any) -> Any:
        nonlocal lines
        lines += event == "line"
        return count

    before = sys.gettrace()
    sys.settrace(count)
    try:
        found = check(card, trace, full, False)
    finally:
        sys.settrace(before)
    assert found is not None and found.agrees
    return lines


@pytest.mark.parametrize(
    ("layer", "params", "kind", "small", "large"),
    [
        ("keras.layers.Conv2D", {"filters": 8}, "normal", [1, 8, 8, 3], [1, 64, 64, 3]),
        ("max_pooling", {"pool_mode": "average"}, "normal", [1, 8, 8, 3], [1, 64, 64, 3]),
        ("keras.layers.Embedding", {"input_dim": 5000, "output_dim": 64}, "tokens", [2, 8], [64, 200]),
        ("keras.layers.LSTM", {}, "normal", [2, 10, 8], [64, 10, 8]),
        ("matmul", {"output_dim": 128}, "normal", [10, 32], [1000, 256]),
    ],
)
def test_large_tensors_are_compared_without_walking_through_them(
    layer: str, params: dict[str, Any], kind: str, small: list[int], large: list[int]
) -> None:
    few = lines_of_check(layer, params, kind, small)
    assert 0 < lines_of_check(layer, params, kind, large) <= 1.2 * few


def compared(output: np.ndarray, dtype: str, monkeypatch: pytest.MonkeyPatch, expected: np.ndarray) -> Any:
    monkeypatch.setattr("explorer.core.numpy_check.resolve", lambda path: lambda *_, **__: [expected])
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
