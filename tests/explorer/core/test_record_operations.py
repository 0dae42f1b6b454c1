"""What TensorFlow ran for each step, and the list of it where no source can be followed."""

from __future__ import annotations

import os
from typing import Any

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import keras
import numpy as np
import pytest
import tensorflow as tf
from tensorflow.python.eager import context, execute

from explorer.arithmetic import explain
from explorer.core.run import run
from explorer.core.tracing import record, recorder
from explorer.core.tracing.record import trace_layer
from explorer.engine import codec
from explorer.engine.codec import sizes
from explorer.experiment import Experiment
from explorer.model.trace import Step, Trace

X = np.linspace(-1, 1, 6, dtype="float32").reshape(2, 3)


def ran(trace: Trace) -> dict[str, tuple[str, ...]]:
    return {step.text: step.ops for step in trace.frames[0].steps}


class Nested(keras.layers.Layer):
    def build(self, shape: Any) -> None:
        self.kernel = self.add_weight(name="kernel", shape=(3, 2))
        self.total = 0.0

    def shift(self, x: Any) -> Any:
        size = float(keras.ops.size(x))
        return x - keras.ops.sum(x) / size

    def call(self, x: Any) -> Any:
        y = keras.ops.tanh(keras.ops.matmul(x * 2.0, self.kernel))
        self.total += tf.reduce_max(y)
        return self.shift(y)


def test_operations_belong_to_the_innermost_step() -> None:
    trace = trace_layer(Nested(), [X])
    assert ran(trace) == {
        "x * 2.0": ("Mul",),
        "keras.ops.matmul(x * 2.0, self.kernel)": ("ReadVariableOp", "MatMul"),
        "keras.ops.tanh(keras.ops.matmul(x * 2.0, self.kernel))": ("Tanh",),
        "tf.reduce_max(y)": ("Max",),
        "self.total += tf.reduce_max(y)": ("AddV2",),
        "self.shift(y)": (),
    }
    assert [step.ops for step in trace.frames[0].children[0].steps] == [(), ("Sum",), ("RealDiv",), ("Sub",)]


def test_the_dense_layers_lines() -> None:
    (frame,) = run(Experiment("keras.layers.Dense")).frames
    assert [step.ops for step in frame.steps][:2] == [("ReadVariableOp", "MatMul"), ("ReadVariableOp", "BiasAdd")]


class Refuses(keras.layers.Layer):
    def call(self, x: Any) -> Any:
        return tf.reshape(x, (7,))


def test_nobody_listens_afterwards() -> None:
    trace_layer(Nested(), [X])
    with pytest.raises(tf.errors.InvalidArgumentError):
        trace_layer(Refuses(), [X])
    assert context.context().op_callbacks == [] and execute.execute is execute.quick_execute


def test_many_operations_of_one_step_are_cut_and_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(recorder, "MAX_OPERATIONS", 3)
    monkeypatch.setattr(record, "MAX_OPERATIONS", 3)
    trace = run(Experiment("keras.layers.SimpleRNN"))
    assert max(len(step.ops) for frame in _all(trace.frames) for step in frame.steps) == 3
    (note,) = [str(note) for note in trace.notes if "operations are named" in str(note)]
    assert note.startswith("At most 3 TensorFlow operations are named for one step; ")


def _all(frames: Any) -> Any:
    for frame in frames:
        yield frame
        yield from _all(frame.children)


SOURCE = """
class WithoutSource(keras.layers.Layer):
    def build(self, shape):
        self.inner = keras.layers.Dense(3)
        self.inner.build((None, 4))
        self.kernel = self.add_weight(name="kernel", shape=(shape[-1], 4), initializer="glorot_uniform")

    def call(self, x):
        y = self.inner(keras.ops.matmul(x, self.kernel) + 1.0)
        return keras.ops.softmax(keras.ops.sum(y, axis=0, keepdims=True)) * y
"""


def without_source() -> Any:
    scope: dict[str, Any] = {"keras": keras, "__name__": "nowhere"}
    exec(SOURCE, scope)
    return scope["WithoutSource"]()


def test_without_source_the_operations_are_the_steps() -> None:
    keras.utils.set_random_seed(1)
    layer = without_source()
    trace = trace_layer(layer, [X])
    np.testing.assert_array_equal(trace.outputs[0].value, layer(X))
    (frame,) = trace.frames
    assert frame.function == "WithoutSource.call" and frame.first_line == 0
    assert frame.source.splitlines() == [step.text for step in frame.steps]
    assert [step.operation for step in frame.steps] == [
        "tf.raw_ops.ReadVariableOp",
        "tf.raw_ops.MatMul",
        "tf.raw_ops.AddV2",
        "Dense",
        "tf.raw_ops.Sum",
        "tf.raw_ops.Softmax",
        "tf.raw_ops.Mul",
    ]
    product = frame.steps[1]
    assert [" ".join(operand.tensors) for operand in product.operands] == ["input:0", frame.steps[0].values[0].id]
    np.testing.assert_array_equal(product.values[0].value, tf.matmul(X, layer.kernel))
    assert frame.steps[0].operands[0].tensors == ("weight:kernel",)
    assert [(child.function, child.called_from) for child in frame.children] == [("Dense.call", 3)]
    assert "no readable source" in str(trace.notes[0]) and "listed in their place" in str(trace.notes[0])
    for step in frame.steps:
        assert explain(trace, step.values[0].id, (0, 0)).explained, step.text


class Compiled(keras.layers.Layer):
    @tf.function
    def call(self, x: Any) -> Any:
        return x * 2.0


def test_a_compiled_call_is_one_operation() -> None:
    (step,) = trace_layer(Compiled(), [X]).frames[0].steps
    assert step.operation == "tf.function.call" and step.ops == ("tf.function.call",)


def helper_without_tensor(layer: Any, x: Any) -> int:
    return int(tf.shape(x * 2.0)[0])


class Asks(keras.layers.Layer):
    def call(self, x: Any) -> Any:
        y = x + 1.0
        count = helper_without_tensor(self, y)
        return y * float(count)


def test_a_helper_that_gives_no_tensor_stands_at_its_own_call() -> None:
    (frame,) = trace_layer(Asks(), [X]).frames
    (child,) = frame.children
    caller: Step = frame.steps[child.called_from]
    assert caller.text == "helper_without_tensor(self, y)" and caller.target == "count" and caller.values == ()
    assert [step.text for step in child.steps] == ["x * 2.0", "tf.shape(x * 2.0)", "tf.shape(x * 2.0)[0]"]


class Loops(keras.layers.Layer):
    def more(self, x: Any) -> Any:
        return x + 1.0

    def call(self, x: Any) -> Any:
        for _ in range(50):
            x = self.more(x)
        return x


def test_a_huge_loop_is_cut_with_its_frames_and_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(record, "MAX_STEPS", 20)
    trace = trace_layer(Loops(), [X])
    steps = sum(len(frame.steps) for frame in _all(trace.frames))
    assert steps == 20 and len(trace.frames[0].children) == 10
    assert [str(note) for note in trace.notes] == ["80 further steps were not recorded."]


def test_a_huge_tensor_stays_behind_and_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sizes, "MAX_ARRAY_BYTES", 200)
    monkeypatch.setattr(sizes, "_NAMED", 50)
    layer = keras.layers.LSTM(2, name="lstm")
    trace = trace_layer(layer, [np.ones((5, 3, 20), "float32")])
    meta, arrays = codec.pack(trace)
    back = codec.unpack(Trace, meta, arrays)
    (note,) = [str(note) for note in back.notes]
    assert note.startswith("Left out because they are too large to show") and "inputs (5, 20)" in note
    assert back.others == () and len(trace.others) == 4  # Keras calls the cell once more, for the output's shape
