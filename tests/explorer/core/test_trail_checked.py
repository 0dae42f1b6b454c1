"""Gradients that are no derivatives are told, true ones are not, and live layers stay as they were."""

from __future__ import annotations

import os
import sys
from typing import Any

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import keras
import numpy as np
import pytest
import tensorflow as tf
from keras.src.random.seed_generator import global_seed_generator

import layers
from explorer.core import could_depend, downstream, trace_layer, trail
from explorer.core.catalog.derive import derived_cards
from explorer.core.run import run
from explorer.engine import codec
from explorer.engine.transport import wire
from explorer.experiment import Experiment
from explorer.model.dependence import Checked, Disagreement, Trail
from explorer.model.problem import Problem

X = np.random.default_rng(0).normal(size=(2, 4)).astype("float32")
CELL = (1, 2)


@tf.custom_gradient
def reverse(x: Any) -> Any:
    return tf.identity(x), lambda gradient: -gradient


@tf.custom_gradient
def clipped(x: Any) -> Any:
    return x * x, lambda gradient: tf.clip_by_value(gradient * 2 * x, -0.1, 0.1)


def reversed_call(self: Any, x: Any) -> Any:
    return reverse(x * 2.0) * 3.0


def branches(self: Any, x: Any) -> Any:
    return x * 2.0 + reverse(x)


def straight_through(self: Any, x: Any) -> Any:
    return x + tf.stop_gradient(tf.round(x) - x)


def half_stopped(self: Any, x: Any) -> Any:
    return x * tf.stop_gradient(x)


def stopped(self: Any, x: Any) -> Any:
    return tf.stop_gradient(x) * 2.0


def clipped_call(self: Any, x: Any) -> Any:
    return clipped(x) * 3.0


def kinked(self: Any, x: Any) -> Any:
    return tf.maximum(x, X[1, 2]) + 0.5 * x


def exact(self: Any, x: Any) -> Any:
    return tf.tanh(x) * tf.reduce_sum(x, axis=-1, keepdims=True)


def rounded(self: Any, x: Any) -> Any:
    return tf.round(x) + 0.0 * x


def layer_of(call: Any, **options: Any) -> keras.layers.Layer:
    class Own(keras.layers.Layer):
        pass

    Own.call = call
    return Own(**options)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize(
    ("call", "gradient", "truth", "step"),
    [
        (reversed_call, -6.0, 6.0, "reverse("),
        (branches, 1.0, 3.0, "reverse("),
        (straight_through, 1.0, 0.0, "tf.stop_gradient("),
        (half_stopped, float(X[CELL]), 2 * float(X[CELL]), "tf.stop_gradient("),
        (stopped, 0.0, 2.0, "tf.stop_gradient("),
        (clipped_call, 0.1, 6 * float(X[CELL]), "clipped("),
    ],
)
def test_a_gradient_that_is_no_derivative(call: Any, gradient: float, truth: float, step: str, dtype: str) -> None:
    found = trail(layer_of(call, dtype=dtype), [X.astype(dtype)], "output:0", CELL)
    assert found.checked is not None
    wrong = next(one for one in found.checked.disagreeing if one.index == CELL)
    assert wrong.tensor_id == "input:0" and not wrong.kink
    assert wrong.gradient == pytest.approx(gradient, rel=1e-5)
    assert wrong.moved == pytest.approx(truth, rel=5e-3, abs=1e-9)
    assert wrong.step.startswith(step)
    notes = " ".join(map(str, found.notes))
    assert f"the gradient is {gradient:.3g}" in notes and wrong.step in notes


def test_a_weight_that_the_call_assigns() -> None:
    class Assigns(keras.layers.Layer):
        def build(self, shape: Any) -> None:
            self.k = self.add_weight(shape=(4,), name="k", initializer="ones")

        def call(self, x: Any) -> Any:
            self.k.assign(x[0])
            return x + self.k

    layer = Assigns()
    layer.build(X.shape)
    found = trail(layer, [X], "output:0", CELL).checked
    assert found is not None
    assert {(one.tensor_id, one.index): round(one.moved, 2) for one in found.disagreeing} == {
        ("weight:k", (2,)): 0.0,
        ("input:0", (0, 2)): 1.0,
    }


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("call", [exact, rounded])
def test_a_gradient_that_is_one(call: Any, dtype: str) -> None:
    found = trail(layer_of(call, dtype=dtype), [X.astype(dtype)], "output:0", CELL)
    assert found.checked == Checked(8, 8)


def test_a_kink_is_told_from_a_false_gradient() -> None:
    found = trail(layer_of(kinked), [X], "output:0", CELL)
    assert found.checked is not None
    (kink,) = found.checked.disagreeing
    assert kink.kink and (kink.up, kink.down) == pytest.approx((1.5, 0.5), rel=1e-3) and kink.step == ""
    assert "is at a kink" in str(found.notes[0])


@pytest.mark.parametrize("dtype", ["float16", "bfloat16"])
@pytest.mark.parametrize("call", [exact, reversed_call])
def test_a_type_that_is_too_coarse_tells_nothing(call: Any, dtype: str) -> None:
    found = trail(layer_of(call, dtype=dtype), [tf.cast(X, dtype)], "output:0", CELL)
    assert found.checked is not None and found.checked.agreeing == 0 and not found.checked.disagreeing
    assert "could not be checked" in str(found.notes[0])


APPROXIMATE = ("RandomZoom", "RandomRotation", "RandomShear", "RandomPerspective", "RandomElasticTransform")
"""TensorFlow's gradient of an image transform is an approximation; two of them are clipped at a kink besides."""
DETACHED = ("SpectralNormalization", "RandomSaturation", "RandomHue")
"""A weight that the call writes; colours whose way back TensorFlow has no gradient of."""


def largest(array: np.ndarray) -> tuple[int, ...]:
    place = int(np.nan_to_num(np.abs(array.astype("float64"))).argmax())
    return tuple(int(i) for i in np.unravel_index(place, array.shape))


@pytest.mark.parametrize("training", [False, True])
def test_no_false_alarm_in_any_layer(training: bool) -> None:
    cards = {**layers.catalogue(), **derived_cards()}
    wrong, told, agreeing = {}, 0, 0
    for name in (name for name, card in cards.items() if not card.symbolic):
        experiment = Experiment(name, training=training, seed=2)
        try:
            output = run(experiment).outputs[0]
            found = trail(experiment, output.id, largest(output.value)) if output.value.dtype.kind == "f" else None
        except Problem:
            continue
        if found is None or found.checked is None or not found.checked.moved:
            continue  # an integer, or the input itself
        told += 1
        agreeing += found.checked.agreeing > 0
        smooth = [one for one in found.checked.disagreeing if not one.kink]
        if smooth:
            wrong[name.removeprefix("keras.layers.")] = smooth[0]
    for name, one in wrong.items():
        print(f"{name}: {one.tensor_id}{list(one.index)} gradient {one.gradient:.4g}, moved {one.moved:.4g} {one.step}")
    print(f"{told} trails, {agreeing} with agreeing cells, {len(wrong)} with a gradient that is no derivative")
    assert set(wrong) <= {*APPROXIMATE, *DETACHED} and agreeing > 0.9 * told
    assert not training or {"RandomZoom", "RandomRotation", "RandomShear"} <= set(wrong)


def test_what_tensorflow_cannot_do_is_a_problem() -> None:
    experiment = Experiment("keras.layers.RandomShear", dtype="bfloat16", training=True, seed=2)
    with pytest.raises(Problem) as caught:
        trail(experiment, "output:0", largest(run(experiment).outputs[0].value))
    assert "no backward pass for numbers of bfloat16" in str(caught.value.what)


# -- layers that somebody holds
class Eventful(keras.layers.Layer):
    """Counts, averages, draws in three ways and keeps a list."""

    def __init__(self) -> None:
        super().__init__()
        self.seed = keras.random.SeedGenerator(4)
        self.calls = 0
        self.seen: list[int] = []

    def build(self, shape: Any) -> None:
        self.k = self.add_weight(shape=(4,), name="k", initializer="ones")
        self.mean = self.add_weight(shape=(4,), name="mean", initializer="zeros", trainable=False)

    def call(self, x: Any, scale: Any = None, training: bool = False) -> Any:
        self.calls += 1
        self.seen.append(self.calls)
        self.mean.assign(0.5 * self.mean + 0.5 * tf.reduce_mean(x, 0))
        noise = keras.random.normal(x.shape, seed=self.seed) + tf.random.normal(x.shape) + keras.random.normal(x.shape)
        y = x * self.k + noise * float(training)
        return y if scale is None else y * scale


@pytest.mark.parametrize("ask", [trail, could_depend, downstream])
def test_a_live_layer_is_left_as_it_was(ask: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys.modules["explorer.core.dependence.perturbation"], "MAX_WORK", 500)
    layer = Eventful()
    layer(X)
    before = [np.array(v) for v in layer.variables]

    def start() -> None:
        keras.utils.set_random_seed(3)
        global_seed_generator().state.assign([7, 7])
        for old, variable in zip(before, layer.variables, strict=True):
            variable.assign(old)
        layer.calls = 1
        layer.seen[:] = [1]

    start()
    expected = np.array(layer(X, training=True))
    start()
    tensor = "input:0" if ask is downstream else "output:0"
    found: Trail = ask(layer, [X], tensor, CELL, training=True)
    assert layer.calls == 1 and list(layer.seen) == [1]
    assert all(np.array_equal(old, new) for old, new in zip(before, layer.variables, strict=True))
    np.testing.assert_array_equal(expected, np.array(layer(X, training=True)))
    assert ask is downstream or found.value == float(expected[CELL])


def test_a_stateful_recurrent_layer_keeps_its_state() -> None:
    layer, x = keras.layers.GRU(2, stateful=True), X[:, :, None]
    layer(x)
    state = np.array(layer.states[0])
    assert state.any()
    found = trail(layer, [x], "output:0", (1, 0))
    np.testing.assert_array_equal(state, np.array(layer.states[0]))
    assert found.value == pytest.approx(float(np.array(layer(x))[1, 0]))
    assert found.checked is not None and not found.checked.disagreeing and found.checked.agreeing


def test_a_live_layer_with_keywords_and_a_mask() -> None:
    layer, scale = Eventful(), np.full((2, 4), 3.0, "float32")
    found = trail(layer, [X], "output:0", CELL, scale=scale)
    assert found.cells["input:0"][CELL] == pytest.approx(3.0) and found.cells["input:1"][CELL] == pytest.approx(X[CELL])
    assert found.checked is not None and not found.checked.disagreeing
    pooled = trail(
        keras.layers.GlobalAveragePooling1D(),
        [X[:, :, None]],
        "output:0",
        (0, 0),
        mask=[[True, True, False, False]] * 2,
    )
    assert pooled.cells["input:0"][0, :, 0].tolist() == [0.5, 0.5, 0.0, 0.0]


def test_one_tensor_given_twice_is_moved_as_one() -> None:
    x = tf.constant(X)
    found = trail(keras.layers.Multiply(), [[x, x]], "output:0", CELL)
    assert found.cells["input:0"][CELL] == pytest.approx(2 * X[CELL]) and found.checked == Checked(8, 8)


def test_a_live_layer_agrees_with_its_trace_and_its_experiment() -> None:
    layer = keras.layers.Dense(3)
    trace = trace_layer(layer, [X])
    found = trail(layer, [X], "output:0", (1, 2))
    assert found.value == trace.outputs[0].value[1, 2]
    np.testing.assert_allclose(found.cells["input:0"][1], np.array(layer.kernel)[:, 2])
    could = could_depend(layer, [X], "output:0", (1, 2)).cells["input:0"]
    assert could[1].all() and not could[0].any()
    moved = downstream(layer, [X], "input:0", (1, 2)).cells["output:0"]
    np.testing.assert_allclose(moved[1], np.array(layer.kernel)[2], rtol=1e-3)


def test_anything_else_is_refused() -> None:
    with pytest.raises(TypeError, match="Expected an Experiment or a layer"):
        trail("linear", "output:0", (0,))  # type: ignore[call-overload]


def test_a_complex_cell() -> None:
    layer = layer_of(lambda self, x: tf.math.abs(tf.signal.fft(tf.cast(x, tf.complex64))))
    trace = trace_layer(layer, [X])
    (name,) = (v.id for f in trace.frames for s in f.steps for v in s.values if s.text.startswith("tf.signal.fft("))
    for ask in (trail, could_depend):
        travelled = codec.unpack(Trail, *wire.decode(wire.encode(*codec.pack(ask(layer, [X], name, CELL)))))
        assert isinstance(travelled.value, str)


def test_a_check_travels() -> None:
    checked = Checked(9, 7, (Disagreement("input:0", (0, 3), 0.5, 1.0, 1.0, "reverse(x)"),))
    sent = Trail("output:0", (0,), 1.0, "depends now", "upstream", {}, (), checked)
    meta, arrays = wire.decode(wire.encode(*codec.pack(sent)))
    assert codec.unpack(Trail, meta, arrays).checked == checked
    with pytest.raises(wire.BadMessage):
        codec.unpack(
            Trail, {**meta, "checked": {"moved": 9, "agreeing": 7, "disagreeing": [{"tensor_id": "input:0"}]}}, arrays
        )
