"""A call that raises leaves what was recorded until then: the last good steps, and what failed."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from typing import Any

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import keras
import numpy as np
import pytest
import tensorflow as tf

from explorer.core.catalog.cards import find_card
from explorer.core.error_messages import explained
from explorer.core.run import run
from explorer.core.tracing.record import trace_layer
from explorer.engine import codec
from explorer.engine.job import Job
from explorer.engine.processes import worker
from explorer.engine.transport import wire
from explorer.experiment import Experiment
from explorer.experiment.recipes import Recipe
from explorer.model.problem import Problem
from explorer.model.trace import Frame, Step, Trace

X = np.ones((2, 3), "float32")

TRUTH = "y > 0.0" if sys.version_info >= (3, 12) else "y if y > 0.0 else x"
"""What Python says was asked for its truth: the later ones point at the condition itself."""


def failed(layer: keras.layers.Layer, kind: type[Exception], x: Any = X) -> Trace:
    """What was recorded until the call raised."""
    found: list[Trace] = []
    with pytest.raises(kind):
        trace_layer(layer, [x], on_failure=found.append)
    assert "call" not in vars(layer)
    (trace,) = found
    return trace


def frames(trace: Trace) -> Iterator[Frame]:
    waiting = list(trace.frames)
    while waiting:
        frame = waiting.pop(0)
        yield frame
        waiting += frame.children


def the_error(trace: Trace) -> tuple[Frame, Step]:
    """The only step with an error, and its frame: it stands last there."""
    found = [(frame, step) for frame in frames(trace) for step in frame.steps if step.error]
    ((frame, step),) = found
    assert frame.steps[-1] is step and step.values == ()
    return frame, step


def stands_there(frame: Frame, step: Step) -> None:
    lines = frame.source.split("\n")
    assert step.line == step.end_line and lines[step.line - 1][step.column : step.end_column] == step.text


class Meets(keras.layers.Layer):
    def __init__(self) -> None:
        super().__init__()
        self.dense = keras.layers.Dense(3)
        self.kernel = tf.ones((4, 2))

    def build(self, shape: Any) -> None:
        self.dense.build(shape)

    def helper(self, x: Any) -> Any:
        한글 = x + 1.0
        return keras.ops.tanh(tf.matmul(한글, self.kernel))

    def call(self, x: Any) -> Any:
        hidden = self.dense(x)
        return keras.ops.relu(self.helper(hidden)) * 2.0


def test_the_innermost_expression_fails_and_its_shapes_are_there() -> None:
    trace = failed(Meets(), tf.errors.InvalidArgumentError)
    frame, step = the_error(trace)
    assert frame.function == "Meets.helper" and step.text == "tf.matmul(한글, self.kernel)"
    stands_there(frame, step)
    assert step.error == "InvalidArgumentError: Matrix size-incompatible: In[0]: [2,3], In[1]: [4,2]"
    tensors = {t.id: t for f in frames(trace) for s in f.steps for t in s.values} | {t.id: t for t in trace.others}
    met = [tensors[operand.tensors[0]] for operand in step.operands]
    assert [(t.name, t.value.shape) for t in met] == [("한글", (2, 3)), ("self.kernel", (4, 2))]
    assert trace.outputs == () and trace.inputs[0].value is not None


def test_what_encloses_it_adds_nothing_but_the_call_that_opened_its_frame() -> None:
    top = failed(Meets(), tf.errors.InvalidArgumentError).frames[0]
    assert [(s.text, len(s.values), s.error) for s in top.steps] == [
        ("self.dense(x)", 1, ""),
        ("self.helper(hidden)", 0, ""),
    ]
    assert [(f.function, f.called_from) for f in top.children] == [("Dense.call", 0), ("Meets.helper", 1)]


class Statement(keras.layers.Layer):
    def __init__(self, case: str) -> None:
        super().__init__()
        self.case = case

    def call(self, x: Any) -> Any:
        y = x + 1.0
        match self.case:
            case "attribute":
                return self.missing.thing(y)
            case "raise":
                raise ValueError("first \x1b[1mline\x1b[0m\nsecond line")
            case "unpack":
                a, b = tf.split(y, 3, axis=1)
                return a + b
            case "truth":
                return y if y > 0.0 else x
            case "caught":
                try:
                    y = tf.matmul(y, y)
                except tf.errors.InvalidArgumentError:
                    y = y * 2.0
                return tf.reshape(y, (7,))
        return y


@pytest.mark.parametrize(
    ("case", "kind", "text", "error"),
    [
        ("attribute", AttributeError, "self.missing", "AttributeError: 'Statement' object has no attribute 'missing'"),
        ("raise", ValueError, None, "ValueError: first line"),
        ("unpack", ValueError, "a, b", "ValueError: too many values to unpack (expected 2)"),
        ("truth", ValueError, TRUTH, "ValueError: The truth value of an array"),
        ("caught", tf.errors.InvalidArgumentError, "tf.reshape(y, (7,))", "InvalidArgumentError: Input to reshape"),
    ],
)
def test_errors_of_the_layers_own_code(case: str, kind: type[Exception], text: str | None, error: str) -> None:
    frame, step = the_error(failed(Statement(case), kind))
    stands_there(frame, step)
    assert step.error.startswith(error) and "\x1b" not in step.error
    assert text is None or step.text == text
    assert frame.steps[0].text == "x + 1.0" and len(frame.steps[0].values) == 1


def test_a_call_that_catches_its_error_has_none() -> None:
    class Catches(keras.layers.Layer):
        def call(self, x: Any) -> Any:
            try:
                return tf.matmul(x, x)
            except tf.errors.InvalidArgumentError:
                return x

    trace = trace_layer(Catches(), [X])
    assert not any(step.error for frame in frames(trace) for step in frame.steps)


def test_a_refusal_before_the_call_has_no_step() -> None:
    layer = keras.layers.Dense(2)
    layer(X)
    trace = failed(layer, ValueError, np.ones((2, 5), "float32"))
    assert trace.frames == () and trace.inputs[0].value.shape == (2, 5) and len(trace.weights) == 2


def test_the_problem_of_a_run_brings_it_and_a_failed_build_brings_none() -> None:
    words = Recipe.from_json({"kind": "typed", "shape": [1, 2], "values": [3, 99]})
    with pytest.raises(Problem) as raised:
        run(Experiment("keras.layers.Embedding", {"input_dim": 5}, (words,)))
    trace = raised.value.trace
    assert trace is not None
    frame, step = the_error(trace)
    assert frame.function == "Embedding.call" and "99 is not in [0, 5)" in step.error
    assert trace.inputs[0].axes == ("batch", "time")
    with pytest.raises(Problem) as unbuilt:
        run(Experiment("keras.layers.GroupNormalization", {"groups": 3}))
    assert unbuilt.value.trace is None


def test_it_travels_from_the_worker() -> None:
    def perform(*_: Any) -> Any:
        found = failed(Meets(), tf.errors.InvalidArgumentError)
        raise explained(ValueError("x"), find_card("linear"), Experiment("linear"), [], found)

    kind, message = worker.answer(perform, memoryview(Job("run", {}, {}).to_bytes()), lambda *_: None)
    problem = codec.unpack(Problem, *wire.decode(message))
    assert kind is worker.Kind.PROBLEM and problem.trace is not None
    frame, step = the_error(problem.trace)
    assert frame.function == "Meets.helper" and step.operands[1].tensors == ("other:0",)
    assert problem.trace.others[0].value.shape == (4, 2) and len(message) < 20_000
