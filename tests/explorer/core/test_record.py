"""A traced call gives the bits of the plain call, and leaves the layer as the plain call would."""

from __future__ import annotations

import os
from typing import Any

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import keras
import numpy as np
import pytest
import tensorflow as tf

from explorer.core.arrays import named_weights, to_array
from explorer.core.calling import ensure_built
from explorer.core.tracing import record
from explorer.core.tracing.record import trace_layer
from explorer.core.tracing.recorder import Recorder
from explorer.model.trace import Trace

X = np.linspace(-1, 1, 6, dtype="float32").reshape(2, 3)


def bits(arrays: Any) -> list[tuple[str, bytes]]:
    return [(str(a.dtype), repr(a.tolist()).encode() if a.dtype == object else a.tobytes()) for a in arrays]


class Steps(keras.layers.Layer):
    """All that the tests below ask of a layer."""

    def __init__(self, fail: bool = False) -> None:
        super().__init__()
        self.fail = fail
        self.__scale = 2.0

    def build(self, input_shape: Any) -> None:
        self.kernel = self.add_weight(name="kernel", shape=(3, 2), initializer="ones")
        self.seen = self.add_weight(name="seen", shape=(), initializer="zeros", trainable=False)

    def call(self, x: Any, training: bool = False) -> Any:
        before = self.seen
        self.seen.assign_add(1.0)
        hidden = keras.ops.matmul(x, self.kernel) * self.__scale
        both: Any = [hidden, hidden + self.seen]
        if self.fail:
            raise ValueError("failed on purpose")
        return both[0] - before


def test_weights_and_variables_show_the_value_they_had() -> None:
    layer = Steps()
    trace = trace_layer(layer, [X])
    assert {w.id: w.value.tolist() for w in trace.weights} == {"weight:kernel": [[1, 1]] * 3, "weight:seen": 0}
    assert float(layer.seen) == 1
    named = {tensor.name: tensor.value for tensor in trace.intermediates}
    assert named["before"] == 0
    np.testing.assert_array_equal(named["hidden"], tf.matmul(X, tf.ones((3, 2))) * 2)
    second = trace_layer(layer, [X])
    assert [w.value.tolist() for w in second.weights][1] == 1


def test_a_list_of_tensors_is_one_step_of_several_values() -> None:
    trace = trace_layer(Steps(), [X])
    steps = {step.text: step for step in trace.frames[0].steps}
    assert "[hidden, hidden + self.seen]" not in {step.target for step in trace.frames[0].steps}
    (pair,) = (step for step in trace.frames[0].steps if step.target == "both")
    assert [value.id.split(".")[1] for value in pair.values] == ["0", "1"]
    assert steps["keras.ops.matmul(x, self.kernel)"].values[0].dtype == "float32"
    assert trace.frames[0].function == "Steps.call" and "def call" in trace.frames[0].source


@pytest.mark.parametrize("own", [False, True])
def test_a_call_that_raises_leaves_the_instance_alone(own: bool) -> None:
    layer = Steps(fail=True)
    if own:
        layer.__dict__["call"] = layer.call
    ensure_built(layer, [tf.constant(X)], {})
    before, members = dict(vars(layer)), dict(vars(Steps))
    with pytest.raises(ValueError, match="on purpose"):
        trace_layer(layer, [X])
    after = dict(vars(layer))
    assert after.keys() == before.keys() and all(after[name] is before[name] for name in ("call",) if own)
    assert dict(vars(Steps)) == members
    layer.fail = False
    assert layer(X).shape == (2, 2)


def test_an_instance_with_a_call_of_its_own_keeps_it() -> None:
    layer = keras.layers.Dense(2)

    def call(x: Any, training: Any = None) -> Any:
        return x * 2.0

    layer.__dict__["call"] = call
    trace = trace_layer(layer, [X])
    np.testing.assert_array_equal(trace.outputs[0].value, X * 2)
    assert vars(layer)["call"] is call and "could not be recorded" in note(trace)


def note(trace: Trace) -> str:
    """The one note of a trace whose one frame is a list of operations."""
    (message,) = trace.notes
    (frame,) = trace.frames
    assert frame.first_line == 0 and frame.source.splitlines() == [step.text for step in frame.steps]
    np.testing.assert_array_equal(frame.steps[-1].values[-1].value, trace.outputs[0].value)
    return str(message)


class Compiled(keras.layers.Layer):
    @tf.function
    def call(self, x: Any) -> Any:
        return x * 2


class Generator(keras.layers.Layer):
    def call(self, x: Any) -> Any:
        yield x


class Assigned(keras.layers.Layer):
    call = lambda self, x: x + 1  # noqa: E731


def test_calls_that_cannot_be_followed_still_run_and_say_why() -> None:
    compiled = trace_layer(Compiled(), [X])
    np.testing.assert_array_equal(compiled.outputs[0].value, X * 2)
    assert "could not be recorded" in note(compiled)
    assigned = trace_layer(Assigned(), [X])
    np.testing.assert_array_equal(assigned.outputs[0].value, X + 1)
    assert assigned.frames[0].steps and not assigned.notes  # a lambda is opened like any other function
    recorder = Recorder()
    with recorder.listening(Generator()):
        pass
    assert recorder.frames == [] and "generator" in recorder.unopened["Generator.call"]


class Many(keras.layers.Layer):
    def call(self, x: Any) -> Any:
        for _ in range(30):
            x = x + 1.0
        return x


def test_a_call_of_too_many_steps_is_cut_and_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(record, "MAX_STEPS", 20)
    trace = trace_layer(Many(), [X])
    assert len(trace.frames[0].steps) == 20
    assert str(trace.notes[0]) == "10 further steps were not recorded."
    np.testing.assert_allclose(trace.outputs[0].value, X + 30)


class WithoutBuild(keras.layers.Layer):
    def __init__(self) -> None:
        super().__init__()
        self.first, self.second = keras.layers.Dense(4), keras.layers.Dense(2)

    def call(self, x: Any) -> Any:
        return self.second(self.first(x))


class BuildsInside(keras.layers.Layer):
    def build(self, input_shape: Any) -> None:
        self.inner = [keras.layers.Dense(3) for _ in range(2)]
        for inner in self.inner:
            inner.build(input_shape)

    def call(self, x: Any) -> Any:
        for inner in self.inner:
            x = inner(x)
        return x


class AsksTheValues(WithoutBuild):
    def call(self, x: Any) -> Any:
        return super().call(x) if float(keras.ops.max(x)) > 0 else x


@pytest.mark.parametrize("kind", [WithoutBuild, BuildsInside, AsksTheValues])
def test_inner_layers_are_built_as_the_plain_call_builds_them(kind: Any) -> None:
    keras.utils.set_random_seed(3)
    layer = kind()
    trace = trace_layer(layer, [X])
    keras.utils.set_random_seed(3)
    plain = kind()
    assert bits(t.value for t in trace.outputs) == bits([to_array(plain(X))])
    assert len(layer.weights) == 4 == len(named_weights(layer))
    if kind is not AsksTheValues:
        assert len(trace.weights) == 4 == len({w.id for w in trace.weights})
        assert bits(w.value for w in trace.weights) == bits(map(to_array, plain.weights))


def test_building_leaves_nothing_behind() -> None:
    layer = keras.layers.Dense(2)
    ensure_built(layer, [tf.constant(X)], {})
    assert layer.built and "call" not in vars(layer)
    model = keras.Sequential([keras.Input((3,)), layer])
    assert model(X).shape == (2, 2)
    assert layer(X).shape == (2, 2)


def test_batch_normalization_reports_the_state_from_before_the_step() -> None:
    layer = keras.layers.BatchNormalization()
    trace = trace_layer(layer, [X + 5], training=True)
    (mean,) = (w for w in trace.weights if w.name == "moving_mean")
    assert not mean.value.any() and mean.trainable is False
    assert np.asarray(layer.moving_mean).all()


def test_masks_enter_and_leave() -> None:
    mask = np.array([[True, False]])
    trace = trace_layer(keras.layers.LSTM(2, return_sequences=True), [np.ones((1, 2, 3), "float32")], mask=mask)
    assert [(t.id, t.value.tolist()) for t in trace.mask] == [
        ("mask:in:0", [[True, False]]),
        ("mask:out:0", [[True, False]]),
    ]


def test_arrays_of_every_kind() -> None:
    assert to_array(tf.constant([1.5], tf.bfloat16)).dtype == np.float32
    assert to_array(tf.constant(["가", b"\xff"])).tolist() == ["가", "\ufffd"]
    assert to_array(tf.sparse.from_dense([[0, 3]])).tolist() == [[0, 3]]
    assert to_array(tf.ragged.constant([[1], [2, 3]])).tolist() == [[1, 0], [2, 3]]
    slices = tf.IndexedSlices(tf.constant([[2.0]]), tf.constant([1]), tf.constant([2, 1]))
    assert to_array(slices).tolist() == [[0], [2]]
    variable = keras.Variable([1.0])
    array = to_array(variable)
    variable.assign([2.0])
    assert array.tolist() == [1]


def test_names_of_weights_tell_them_apart() -> None:
    class Twins(keras.layers.Layer):
        def build(self, input_shape: Any) -> None:
            self.a = self.add_weight(name="w", shape=(1,), initializer="zeros")
            self.b = self.add_weight(name="w", shape=(1,), initializer="ones")

        def call(self, x: Any) -> Any:
            return x * self.a + self.b

    trace = trace_layer(Twins(name="e"), [X])
    assert [(w.id, w.value.tolist()) for w in trace.weights] == [("weight:w", [0]), ("weight:w_2", [1])]
