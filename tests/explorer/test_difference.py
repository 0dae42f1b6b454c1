"""Two traces compared: what is the same bit for bit, and by how much the rest differs."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from explorer import Experiment, run
from explorer.analysis.difference import Difference, difference, equal
from explorer.experiment.recipes import Recipe
from explorer.model.trace import Frame, Step, Tensor, Trace


def tensor(value: Any, name: str = "y", role: str = "output", dtype: str = "", number: int = 0) -> Tensor:
    array = np.asarray(value)
    return Tensor(f"{role}:{number}", name, role, array, dtype or str(array.dtype), scale="probability")


def compared(this: Any, other: Any) -> Difference:
    return difference(Trace("L", outputs=(tensor(this),)), Trace("L", outputs=(tensor(other),)))


def test_equal_means_every_bit_and_any_nan_is_nan() -> None:
    assert equal(tensor([1.0, np.nan]), tensor([1.0, -np.nan]))
    assert not equal(tensor([0.0]), tensor([-0.0]))
    assert not equal(tensor([1.0]), tensor(np.array([1.0], "float32")))
    assert not equal(tensor([1.0], dtype="bfloat16"), tensor([1.0]))
    assert equal(tensor(np.array(["a"], object)), tensor(np.array(["a"], object)))
    found = compared([0.0], [-0.0])
    assert found.changed[0].difference is not None and found.changed[0].difference.value.tolist() == [0.0]


def test_the_difference_is_signed_and_has_a_scale_of_its_own() -> None:
    this = np.array([0.1, np.inf, np.nan, np.nan, 5], "float32")
    other = np.array([0.3, np.inf, np.nan, 1, -np.inf], "float32")
    (pair,) = compared(this, other).changed
    assert pair.difference is not None and pair.difference.scale == "signed" and pair.difference.dtype == "float32"
    expected = np.array([np.float32(0.1) - np.float32(0.3), 0, 0, np.nan, np.inf], "float32")
    np.testing.assert_array_equal(pair.difference.value, expected)


@pytest.mark.parametrize(
    ("this", "other", "expected"),
    [([True, False], [False, False], [1, 0]), (np.array([3], "uint8"), np.array([5], "uint8"), [-2])],
)
def test_whole_numbers_and_booleans_are_subtracted_without_wrapping(this: Any, other: Any, expected: list[int]) -> None:
    (pair,) = compared(this, other).changed
    assert pair.difference is not None and pair.difference.value.tolist() == expected


def test_other_shapes_and_texts_differ_without_a_difference() -> None:
    assert compared(np.zeros((2, 3)), np.zeros((3, 2))).changed[0].difference is None
    assert compared(np.array(["a"], object), np.array(["b"], object)).changed[0].difference is None


def test_named_values_are_matched_by_name_and_what_one_trace_alone_has_is_told() -> None:
    def trace(number: int, names: list[str], mask: bool) -> Trace:
        made = [tensor(np.ones(2) * number, name, "intermediate", number=number + at) for at, name in enumerate(names)]
        steps = tuple(Step(1, 0, 1, 1, "", one.name, (one,)) for one in made)
        return Trace("L", mask=(tensor([True], "mask", "mask"),) if mask else (), frames=(Frame("f", "", 1, steps),))

    found = difference(trace(3, ["a", "b"], True), trace(5, ["b", "c"], False))
    assert [pair.this.name for pair in found.changed] == ["b"]
    assert [one.name for one in found.only_this] == ["mask", "a"] and [one.name for one in found.only_other] == ["c"]


def test_dropout_in_training_keeps_the_input_and_changes_the_output() -> None:
    base = Experiment("keras.layers.Dropout", {"rate": 0.5})
    found = difference(run(base.change(training=True)), run(base))
    assert [one.id for one in found.same if one.role == "input"] == ["input:0"]
    (pair,) = [pair for pair in found.changed if pair.this.role == "output"]
    assert pair.difference is not None
    x = pair.other.value
    dropped = pair.this.value == 0
    assert dropped.any() and not dropped.all()
    np.testing.assert_allclose(pair.difference.value, np.where(dropped, -x, x), rtol=1e-6)  # the others are doubled


def test_batch_normalization_in_training_takes_its_mean_from_the_batch() -> None:
    base = Experiment("keras.layers.BatchNormalization")
    found = difference(run(base.change(training=True)), run(base))
    pairs = {pair.this.name: pair for pair in found.changed}
    x = run(base).inputs[0].value
    axes = tuple(range(x.ndim - 1))
    np.testing.assert_allclose(pairs["mean"].this.value, x.mean(axes), rtol=1e-5, atol=1e-6)
    np.testing.assert_allclose(pairs["mean"].other.value, 0)
    assert "output" in pairs and {one.id for one in found.same} >= {"input:0", "weight:gamma", "weight:moving_mean"}


def test_a_mask_changes_alpha_and_leaves_what_comes_before() -> None:
    base = Experiment("attention", inputs=(Recipe.from_json({"kind": "normal", "shape": [2, 5, 3]}),))
    found = difference(run(base.change(mask={"kind": "last", "count": 2})), run(base))
    pairs = {pair.this.name: pair for pair in found.changed}
    alpha = pairs["alpha"]
    assert alpha.difference is not None and (alpha.this.value[:, 3:] == 0).all()
    np.testing.assert_allclose(alpha.difference.value.sum(-1), 0, atol=1e-6)
    assert "projected" in {one.name for one in found.same} and "mask" in {one.name for one in found.only_this}


@pytest.mark.parametrize("layer", ["keras.layers.LSTM", "masked_mean"])
def test_masked_steps_change_the_output(layer: str) -> None:
    base = Experiment(layer)
    found = difference(run(base.change(mask={"kind": "last", "count": 2})), run(base))
    (pair,) = [pair for pair in found.changed if pair.this.role == "output"]
    assert pair.difference is not None and (pair.difference.value != 0).any()


def test_a_trace_does_not_differ_from_itself() -> None:
    trace = run(Experiment("attention"))
    found = difference(trace, run(Experiment("attention")))
    assert found.changed == found.only_this == found.only_other == ()
    assert {one.id for one in found.same} >= {one.id for one in (*trace.inputs, *trace.weights, *trace.outputs)}
