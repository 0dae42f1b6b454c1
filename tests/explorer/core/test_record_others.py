"""Operands that no recorded step gave have an id, their numbers, and a name that the source tells."""

from __future__ import annotations

import os
from typing import Any

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import keras
import numpy as np
import pytest
import tensorflow as tf

from explorer.core.dependence.downstream import downstream
from explorer.core.dependence.trail import trail
from explorer.core.run import run
from explorer.core.tracing.record import trace_layer
from explorer.experiment import Experiment
from explorer.model.problem import Problem
from explorer.model.trace import Frame, Step, Trace

X = np.linspace(-1, 1, 6, dtype="float32").reshape(2, 3)


def steps(frames: tuple[Frame, ...]) -> list[Step]:
    return [step for frame in frames for step in (*frame.steps, *steps(frame.children))]


def told(trace: Trace, text: str) -> list[list[str]]:
    return [
        [" ".join(operand.tensors) for operand in step.operands] for step in steps(trace.frames) if step.text == text
    ]


class Doubled(keras.layers.Layer):
    def build(self, shape: Any) -> None:
        self.raw = self.add_weight(name="raw", shape=(3, 2), initializer="ones")
        self.constant = tf.constant([[1.0, 2.0]])

    @property
    def kernel(self) -> Any:
        return self.raw * 2.0

    def call(self, x: Any, mask: Any = None) -> Any:
        y = tf.matmul(x, self.kernel)
        y = keras.ops.concatenate([y, self.constant, self.constant], axis=0)
        if mask is not None:
            y = y + tf.cast(keras.ops.any(mask), "float32")
        return y + tf.reduce_sum(self.raw.value)


def test_their_names_are_the_source_of_the_operand() -> None:
    trace = trace_layer(Doubled(), [X])
    assert [(t.id, t.name) for t in trace.others] == [("other:0", "self.kernel"), ("other:1", "self.constant")]
    np.testing.assert_array_equal(trace.others[0].value, np.full((3, 2), 2.0))
    assert trace.tensor("other:1").value.tolist() == [[1, 2]]
    assert told(trace, "tf.matmul(x, self.kernel)") == [["input:0", "other:0"]]
    (joined,) = told(trace, "keras.ops.concatenate([y, self.constant, self.constant], axis=0)")
    assert joined[0].split()[1:] == ["other:1", "other:1"]


def test_what_has_an_id_keeps_it() -> None:
    mask = np.array([[True, False, True]] * 2)
    trace = trace_layer(Doubled(), [X], mask=mask)
    assert told(trace, "keras.ops.any(mask)") == [["mask:in:0"]]
    assert told(trace, "tf.reduce_sum(self.raw.value)") == [["weight:raw"]]


def test_time_steps_of_a_library_loop() -> None:
    trace = run(Experiment("keras.layers.SimpleRNN"))
    (x,) = [tensor.value for tensor in trace.inputs]
    assert {tensor.name for tensor in trace.others} == {"sequence"}
    assert trace.others[0].axes == ("axis 0", "axis 1")
    given = [trace.tensor(first).value for first, _ in told(trace, "ops.matmul(sequence, self.kernel)")]
    for time, value in enumerate(given[-x.shape[1] :]):
        np.testing.assert_array_equal(value, x[:, time])


def test_no_operand_is_left_without_an_id() -> None:
    for name in ("keras.layers.LSTM", "keras.layers.BatchNormalization", "simple_cell", "stateless_lambda"):
        texts = [operand.text for step in steps(run(Experiment(name)).frames) for operand in step.operands]
        assert not [text for text in texts if text.startswith("tensor (")], name


def test_equal_runs_tell_equal_words() -> None:
    first, second = (run(Experiment("keras.layers.LSTM")) for _ in range(2))
    words = [[(s.text, s.operation, s.operands, s.ops) for s in steps(trace.frames)] for trace in (first, second)]
    assert words[0] == words[1] and "0x" not in str(words[0])


def test_a_trail_reaches_them_and_downstream_says_why_it_cannot_start_there() -> None:
    experiment = Experiment("keras.layers.SimpleRNN")
    found = trail(experiment, "output:0", (0, 0))
    assert any(name.startswith("other:") and cells.any() for name, cells in found.cells.items())
    with pytest.raises(Problem, match="No recorded step gave this tensor"):
        downstream(experiment, "other:0", (0, 0))
