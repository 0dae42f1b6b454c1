"""Compiled functions, graphs and Python bodies given to TensorFlow compute traced what they compute plainly."""

from __future__ import annotations

import os
from typing import Any

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import keras
import numpy as np
import pytest
import tensorflow as tf

from tests.explorer.core.alike import all_frames, all_steps, the_step, traced_as_plain


class Doubling(keras.layers.Layer):
    """Asks a tensor, which in a graph only AutoGraph can follow."""

    def call(self, x: Any) -> Any:
        if tf.reduce_sum(x) > 0:
            return x * 2.0
        return x - 1.0


class LocalIf(keras.layers.Layer):
    def call(self, x: Any) -> Any:
        @tf.function
        def bent(v: Any) -> Any:
            if tf.reduce_sum(v) > 0.5:  # noqa: SIM108
                v = v * 2.0
            else:
                v = v - 1.0
            return v

        return bent(x) + bent(x + 1.0)


class LocalWhile(keras.layers.Layer):
    def call(self, x: Any) -> Any:
        @tf.function(jit_compile=False)
        def grown(v: Any) -> Any:
            i = 0
            while tf.reduce_max(v) < 10.0:
                v = v * 2.0
                i += 1
            return v

        y = grown(x)
        return y - x


class LocalFor(keras.layers.Layer):
    def call(self, x: Any) -> Any:
        scale = 3.0

        @tf.function
        def summed(v: Any) -> Any:
            total = tf.zeros_like(v[0])
            for row in v:
                if tf.reduce_sum(row) > 0:
                    total += row * scale
            return total

        return summed(x)


class FunctionOfALayer(keras.layers.Layer):
    def __init__(self) -> None:
        super().__init__()
        self.inner = keras.layers.ReLU()
        self.dense = keras.layers.Dense(3)

    def call(self, x: Any) -> Any:
        run = tf.function(lambda v: self.inner(self.dense(v)))
        return run(x)


@tf.function
def of_the_module(x: Any) -> Any:
    if tf.reduce_sum(x) > 0.5:
        return x * 2.0
    return helper(x)


def helper(x: Any) -> Any:
    if tf.reduce_min(x) > -5.0:
        return tf.abs(x)
    return x


class ModuleFunction(keras.layers.Layer):
    def call(self, x: Any) -> Any:
        return of_the_module(x) + of_the_module(x + 1.0)


class MethodFunction(keras.layers.Layer):
    @tf.function
    def bent(self, x: Any) -> Any:
        if tf.reduce_sum(x) > 0.5:
            return x * 2.0
        return helper(x)

    def call(self, x: Any) -> Any:
        return self.bent(x)


class HelperInAFunction(keras.layers.Layer):
    def bent(self, x: Any) -> Any:
        if tf.reduce_sum(x) > 0.5:
            return x * 2.0
        return helper(x)

    def call(self, x: Any) -> Any:
        return tf.function(self.bent)(x) + tf.function(helper)(x)


class MapFn(keras.layers.Layer):
    def call(self, x: Any) -> Any:
        return tf.map_fn(lambda row: row * tf.reduce_sum(row) if tf.reduce_sum(row) > 0 else row, x)


class MapFnCompiled(keras.layers.Layer):
    def call(self, x: Any) -> Any:
        def one(row: Any) -> Any:
            if tf.reduce_sum(row) > 0:
                row = row * 2.0
            return row

        return tf.function(lambda v: tf.map_fn(one, v))(x)


class WhileLoop(keras.layers.Layer):
    def call(self, x: Any) -> Any:
        _, y = tf.while_loop(lambda i, v: i < 3, lambda i, v: (i + 1, v * 2.0 + tf.cast(i, "float32")), [0, x])
        return y


class CustomGradient(keras.layers.Layer):
    def call(self, x: Any) -> Any:
        @tf.custom_gradient
        def clipped(v: Any) -> Any:
            def gradient(upstream: Any) -> Any:
                return upstream * 0.5

            return tf.clip_by_value(v * 2.0, -0.5, 0.5), gradient

        return clipped(x) + 1.0


class KerasCustomGradient(keras.layers.Layer):
    def call(self, x: Any) -> Any:
        @keras.ops.custom_gradient
        def reversed_(v: Any) -> Any:
            def gradient(*args: Any, upstream: Any = None) -> Any:
                return -(args[0] if upstream is None else upstream)

            return v * 1.0, gradient

        return reversed_(x * 2.0)


class JitCompile(keras.layers.Layer):
    def call(self, x: Any) -> Any:
        @tf.function(jit_compile=True)
        def squared(v: Any) -> Any:
            return v * v + 1.0

        return squared(x)


class PyFunction(keras.layers.Layer):
    def call(self, x: Any) -> Any:
        def outside(v: Any) -> Any:
            return v * 2.0 + float(tf.reduce_sum(v))

        return tf.py_function(outside, [x], tf.float32) + tf.numpy_function(lambda a: a + a, [x], tf.float32)


class PyFunctionInAGraph(keras.layers.Layer):
    def call(self, x: Any) -> Any:
        def outside(v: Any) -> Any:
            return v * 2.0 + float(tf.reduce_sum(v))

        return tf.function(lambda v: tf.py_function(outside, [v], tf.float32))(x)


class OpsBodies(keras.layers.Layer):
    def call(self, x: Any) -> Any:
        ops = keras.ops
        y = ops.cond(ops.sum(x) > 0, lambda: x * 2.0, lambda: x - 1.0)
        (_, y) = ops.while_loop(lambda i, v: i < 3, lambda i, v: (i + 1, v + y), (0, y))
        carry, stacked = ops.scan(lambda total, row: (total + row, total * row), ops.zeros((3,)), y)
        mapped = ops.map(lambda row: row * ops.max(row), y)
        vectorised = ops.vectorized_map(lambda row: row / (1.0 + ops.sum(ops.abs(row))), y)
        looped = ops.fori_loop(0, 2, lambda i, v: v + ops.cast(i, "float32"), y)
        switched = ops.switch(1, [lambda v: v, lambda v: v * 3.0], y)
        folded = ops.associative_scan(lambda a, b: a + b, y)
        return carry + stacked + mapped + vectorised + looped + switched + folded


class OpsInAGraph(keras.layers.Layer):
    def call(self, x: Any) -> Any:
        return tf.function(lambda v: OpsBodies.call(self, v))(x)


class Unconverted(keras.layers.Layer):
    def call(self, x: Any) -> Any:
        @tf.function(autograph=False)
        def plain(v: Any) -> Any:
            return tf.cond(tf.reduce_sum(v) > 0, lambda: v * 2.0, lambda: v - 1.0)

        @tf.autograph.experimental.do_not_convert
        def never(v: Any) -> Any:
            return v + 1.0

        return plain(x) + tf.function(never)(x)


KINDS = [
    Doubling,
    LocalIf,
    LocalWhile,
    LocalFor,
    FunctionOfALayer,
    ModuleFunction,
    MethodFunction,
    HelperInAFunction,
    MapFn,
    MapFnCompiled,
    WhileLoop,
    CustomGradient,
    KerasCustomGradient,
    JitCompile,
    PyFunction,
    PyFunctionInAGraph,
    OpsBodies,
    OpsInAGraph,
    Unconverted,
]


@pytest.mark.parametrize("kind", KINDS)
def test_traced_as_plain(kind: Any) -> None:
    trace = traced_as_plain(kind)
    assert trace.frames[0].steps and trace.notes == ()


def test_a_compiled_function_is_one_step_with_its_result() -> None:
    trace = traced_as_plain(LocalIf)
    np.testing.assert_array_equal(
        the_step(trace, "bent(x)").values[0].value + the_step(trace, "bent(x + 1.0)").values[0].value,
        trace.outputs[0].value,
    )
    assert {frame.function for frame in all_frames(trace.frames)} == {"LocalIf.call"}


def test_python_bodies_that_run_are_opened() -> None:
    trace = traced_as_plain(WhileLoop)
    bodies = [frame for frame in all_frames(trace.frames) if frame.function == "WhileLoop.call.<lambda>"]
    assert len(bodies) == 7, "four conditions and three turns"
    assert [step.text for step in all_steps(trace)].count("v * 2.0") == 3


class Refusing(keras.layers.Layer):
    def call(self, x: Any) -> Any:
        @tf.function
        def refuse(v: Any) -> Any:
            if tf.reduce_sum(v) > -100.0:
                return tf.reshape(v, (7, 7))
            return v

        return refuse(x)


def test_what_fails_in_a_graph_fails_at_the_call_of_the_compiled_function() -> None:
    from explorer.core.tracing.record import trace_layer

    found: list[Any] = []
    with pytest.raises((ValueError, tf.errors.InvalidArgumentError)):
        trace_layer(Refusing(), [np.ones((2, 3), "float32")], on_failure=found.append)
    step = found[0].frames[0].steps[-1]
    assert step.text == "refuse(x)" and "reshape" in step.error.lower()
