"""One training step: gradients by hand and by differences, weights before, after, and after their constraint."""

from __future__ import annotations

import os
from typing import Any

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import keras
import numpy as np
import pytest
import tensorflow as tf

from explorer.core.run import run
from explorer.core.training import _step, training_step
from explorer.experiment import STEP_FIELDS, Edit, Experiment
from explorer.model.problem import Problem
from explorer.model.training_step import TrainingStep, WeightStep


def weights(step: TrainingStep) -> dict[str, WeightStep]:
    return {weight.name: weight for weight in step.weights}


def test_linear_by_hand() -> None:
    experiment = Experiment("linear", dtype="float64", step={"target": 2.0, "learning_rate": 0.25})
    trace, step = run(experiment), training_step(experiment)
    x, output = trace.inputs[0].value, trace.outputs[0].value
    error = 2 * (output - 2) / output.size
    kernel, bias = step.weights
    np.testing.assert_allclose(step.data_loss, ((output - 2) ** 2).mean(), rtol=1e-12)
    np.testing.assert_allclose(kernel.gradient, x.T @ error, rtol=1e-10)
    np.testing.assert_allclose(bias.gradient, error.sum(axis=0), rtol=1e-10)
    for weight in step.weights:
        assert weight.gradient is not None and weight.trainable and not weight.constraint
        np.testing.assert_allclose(weight.after, weight.before - 0.25 * weight.gradient, rtol=1e-12)
        np.testing.assert_array_equal(weight.constrained, weight.after)
    np.testing.assert_array_equal(kernel.before, trace.weights[0].value)


@pytest.mark.parametrize(
    ("layer", "params"),
    [
        ("keras.layers.Dense", {"activation": "tanh"}),
        ("attention", {}),
        ("keras.layers.LSTM", {"units": 2}),
        ("keras.layers.LayerNormalization", {}),
        ("keras.layers.Conv1D", {"activation": "gelu"}),
        ("keras.layers.Dense", {"activation": "sigmoid", "kernel_regularizer": "l2", "activity_regularizer": "l2"}),
    ],
)
def test_gradients_are_slopes(layer: str, params: dict[str, Any]) -> None:
    experiment = Experiment(layer, params=params, dtype="float64", step={"target": 0.5})
    step = training_step(experiment)
    for weight in step.weights:
        assert weight.gradient is not None
        cell = tuple(np.unravel_index(np.abs(weight.gradient).argmax(), weight.before.shape))
        losses = []
        for shift in (1e-5, -1e-5):
            edit = Edit(f"weight:{weight.name}", tuple(map(int, cell)), float(weight.before[cell]) + shift)
            losses.append(training_step(experiment.change(edits=(edit,))).loss)
        assert (losses[0] - losses[1]) / 2e-5 == pytest.approx(weight.gradient[cell], rel=1e-5, abs=1e-8)


def test_the_losses_add_up_and_the_regularizer_is_in_the_gradient() -> None:
    plain = training_step(Experiment("keras.layers.Dense"))
    step = training_step(Experiment("keras.layers.Dense", params={"kernel_regularizer": "l2"}))
    kernel = step.weights[0]
    assert step.layer_losses == (pytest.approx(0.01 * (kernel.before**2).sum(), rel=1e-5),)
    assert step.loss == pytest.approx(step.data_loss + sum(step.layer_losses), rel=1e-6)
    assert plain.data_loss == step.data_loss and plain.layer_losses == ()
    np.testing.assert_allclose(
        kernel.gradient, np.asarray(plain.weights[0].gradient) + 0.02 * kernel.before, rtol=1e-4, atol=1e-7
    )


def test_a_constraint_comes_after_the_step() -> None:
    step = training_step(Experiment("keras.layers.Dense", params={"kernel_constraint": "non_neg"}))
    kernel, bias = step.weights
    assert kernel.constraint == "NonNeg" and bias.constraint == ""
    assert (kernel.after < 0).any() and kernel.gradient is not None
    np.testing.assert_allclose(kernel.after, kernel.before - 0.1 * kernel.gradient, rtol=1e-6)
    np.testing.assert_array_equal(kernel.constrained, np.maximum(kernel.after, 0))


@pytest.mark.parametrize("optimizer", ["sgd", "momentum", "adam", "rmsprop"])
def test_a_frozen_layer_does_not_move(optimizer: str) -> None:
    params = {"kernel_constraint": "non_neg", "kernel_regularizer": "l2"}
    step = training_step(
        Experiment("keras.layers.Dense", params=params, trainable=False, step={"optimizer": optimizer})
    )
    for weight in step.weights:
        assert weight.gradient is None and not weight.trainable
        np.testing.assert_array_equal(weight.before, weight.constrained)
    assert step.layer_losses == () and step.loss == step.data_loss


@pytest.mark.parametrize(("optimizer", "moved"), [("momentum", None), ("adam", 0.1), ("rmsprop", 0.1 / np.sqrt(0.1))])
def test_optimizers_first_step(optimizer: str, moved: float | None) -> None:
    step = training_step(Experiment("keras.layers.Dense", step={"optimizer": optimizer, "target": 5.0}))
    for weight in step.weights:
        assert weight.gradient is not None
        expected = 0.1 * weight.gradient if moved is None else moved * np.sign(weight.gradient)
        np.testing.assert_allclose(weight.before - weight.after, expected, rtol=1e-3, atol=1e-5)


def test_moving_averages_show_what_the_call_did() -> None:
    step = weights(training_step(Experiment("keras.layers.BatchNormalization", training=True)))
    mean = step["moving_mean"]
    assert not mean.before.any() and mean.after.all() and mean.gradient is None and not mean.trainable
    still = weights(training_step(Experiment("keras.layers.BatchNormalization", training=True, trainable=False)))
    np.testing.assert_array_equal(still["moving_mean"].before, still["moving_mean"].after)


class HalfUsed(keras.layers.Layer):
    """Its second weight takes no part in the output."""

    def build(self, input_shape: Any) -> None:
        self.used = self.add_weight(name="used", shape=(3,), initializer="ones")
        self.idle = self.add_weight(name="idle", shape=(3,), initializer="ones", constraint="unit_norm")

    def call(self, x: Any) -> Any:
        return x * self.used


def test_a_weight_that_the_loss_does_not_reach_stays() -> None:
    layer = HalfUsed()
    layer.build((2, 3))
    options = {spec.name: spec.default for spec in STEP_FIELDS}
    step = weights(_step(layer, lambda: layer(tf.ones((2, 3))), options))
    assert step["used"].gradient is not None and (step["used"].after < 1).all()
    assert step["idle"].gradient is None and step["idle"].trainable
    np.testing.assert_array_equal(step["idle"].constrained, np.ones(3))


def test_rows_of_a_table_that_no_token_asked_for_stay() -> None:
    (table,) = training_step(Experiment("keras.layers.Embedding")).weights
    assert table.gradient is not None and table.gradient.shape == table.before.shape
    idle = ~table.gradient.any(axis=1)
    assert idle.any() and not idle.all()
    np.testing.assert_array_equal(table.after[idle], table.before[idle])
    assert (table.after[~idle] != table.before[~idle]).any()


def test_an_output_of_whole_numbers_is_refused() -> None:
    with pytest.raises(Problem) as caught:
        training_step(Experiment("keras.layers.IntegerLookup"))
    assert (caught.value.expected, caught.value.received) == ("float", "int64")


def test_a_symbolic_tensor_is_refused() -> None:
    with pytest.raises(Problem):
        training_step(Experiment("keras.Input"))


def test_a_call_that_fails_is_a_problem() -> None:
    with pytest.raises(Problem) as caught:
        training_step(Experiment("keras.layers.LSTM", inputs=({"kind": "ones", "shape": [2, 2]},)))  # type: ignore[arg-type]
    assert caught.value.expected == "3"


def test_masked_steps_have_no_part_in_it() -> None:
    masked = training_step(Experiment("attention", mask={"kind": "last", "count": 4}))
    plain = training_step(Experiment("attention"))
    assert masked.loss != plain.loss


@pytest.mark.parametrize("dtype", ["float16", "bfloat16"])
def test_dtypes(dtype: str) -> None:
    step = training_step(Experiment("linear", dtype=dtype))
    full = training_step(Experiment("linear"))
    assert step.loss == pytest.approx(full.loss, rel=0.05)
    for weight, wide in zip(step.weights, full.weights, strict=True):
        np.testing.assert_allclose(weight.after, wide.after, rtol=0.05, atol=0.05)


def test_the_same_step_twice() -> None:
    one, two = (training_step(Experiment("keras.layers.Dropout", training=True, seed=4)) for _ in range(2))
    assert one.loss == two.loss
