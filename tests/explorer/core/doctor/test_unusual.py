"""Layers and inputs of unusual kinds: no check breaks on them, and none condemns them for what they are."""

from __future__ import annotations

import os
from typing import Any

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import keras
import numpy as np
import pytest
from keras import ops

from explorer.core.doctor import examine
from explorer.model.report import Report

register = keras.saving.register_keras_serializable("doctor_unusual")


def numbers(*shape: int) -> np.ndarray:
    return np.random.default_rng(0).standard_normal(shape).astype("float32")


def outcome(report: Report, check: str) -> str:
    return next(f.outcome for f in report.findings if f.check == check)


def found(report: Report) -> dict[str, str]:
    """What is said beside "passed" and "not applicable", with the words."""
    told = [f for f in report.findings if f.outcome in ("failed", "broken", "advice")]
    return {f.check: f"{f.outcome}: {f.seen} {f.detail}" for f in told}


@register
class Tempered(keras.layers.Layer):
    """A single number beside a tensor."""

    def call(self, x: Any, temperature: Any) -> Any:
        return x * temperature


@register
class TemperatureFirst(keras.layers.Layer):
    def call(self, temperature: Any, x: Any) -> Any:
        return x * temperature


@register
class Chosen(keras.layers.Layer):
    """A single whole number beside a tensor: it could be a position."""

    def call(self, x: Any, place: Any) -> Any:
        return x * ops.cast(place, x.dtype)


@pytest.mark.parametrize(
    ("layer", "inputs", "keywords"),
    [
        (Tempered(), [numbers(2, 4), np.array(0.5, "float32")], {}),
        (Tempered(), [numbers(2, 4)], {"temperature": np.array(0.5, "float32")}),
        (TemperatureFirst(), [np.array(0.5, "float32"), numbers(2, 4)], {}),
    ],
)
def test_a_single_number_beside_a_tensor(layer: Any, inputs: list[Any], keywords: dict[str, Any]) -> None:
    report = examine(layer, inputs, keywords)
    assert found(report) == {}
    assert outcome(report, "batch_axis") == outcome(report, "batch_independence") == "passed"


def test_a_single_whole_number_may_be_a_position() -> None:
    report = examine(Chosen(), [numbers(2, 4), np.array(1)], select=["batch_axis", "batch_independence"])
    assert found(report) == {} and outcome(report, "batch_independence") == "passed"


@register
class Divided(keras.layers.Layer):
    def call(self, x: Any, temperature: Any) -> Any:
        return x / temperature


def test_a_single_number_is_part_of_a_counterexample() -> None:
    report = examine(Divided(), [numbers(2, 4), np.array(0.5, "float32")])
    assert list(found(report)) == ["finite", "finite_gradients"]
    told = next(f.counterexample for f in report.findings if f.check == "finite")
    assert told is not None and told.calls[0][1].shape == ()


@pytest.mark.parametrize("shape", [(2, 0, 4), (2, 4, 0)])
def test_an_axis_of_no_cells(shape: tuple[int, ...]) -> None:
    report = examine(
        keras.layers.LayerNormalization() if shape[-1] else keras.layers.Activation("relu"), [numbers(*shape)]
    )
    assert not [text for text in found(report).values() if text.startswith("broken")]
    assert outcome(report, "batch_axis") == "passed"


def test_a_batch_of_no_rows() -> None:
    report = examine(keras.layers.Dense(3), [numbers(0, 4)])
    assert not [text for text in found(report).values() if text.startswith("broken")]
    assert outcome(report, "batch_axis") == "not applicable"
