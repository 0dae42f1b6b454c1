"""Healthy layers that look a little like mistakes are not suspected, and errors of shape are told apart."""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import Any

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import keras
import numpy as np
import pytest
import tensorflow as tf
from keras import ops

from explorer.core.mistakes import diagnose, suspects


class Thorough(keras.layers.Layer):
    """Constants of NumPy, initializers of NumPy, helpers whose names resemble Keras's, several masks."""

    def __init__(self, units=3, *, activation=None, kernel_initializer="glorot_uniform", **kwargs):
        super().__init__(**kwargs)
        self.units = units
        self.activation = keras.activations.get(activation)
        self.kernel_initializer = keras.initializers.get(kernel_initializer)
        self.table = np.arange(4)
        self.scale = float(np.sqrt(units))
        self.drop = keras.layers.Dropout(0.1)

    def build(self, input_shape):
        self.kernel = self.add_weight(shape=(input_shape[-1], self.units), initializer=self.kernel_initializer)
        start = keras.initializers.Constant(np.ones((2,)))
        self.fixed = self.add_weight(shape=(2,), initializer=start, trainable=False)
        self._build_bias(input_shape)

    def _build_bias(self, shape):
        self.bias = self.add_weight(shape=(self.units,))

    def call(self, x, training=None, attention_mask=None, mask=None, task=None, trailing=0):
        cells = np.prod(x.shape[1:])
        if mask is not None:
            x = x * ops.cast(mask[..., None], x.dtype)
        y = ops.matmul(x, self.kernel) / self.scale
        best = ops.argmax(y, -1)
        self.last = (cells, best)
        return self.activation(self._call(y)) + self.bias

    def _call(self, x):
        return self.drop(x)

    def set_config(self, config):
        self.units = config["units"]

    def get_config(self):
        config = super().get_config()
        config.update(
            units=self.units,
            activation=keras.activations.serialize(self.activation),
            kernel_initializer=keras.initializers.serialize(self.kernel_initializer),
        )
        return config


class StraightThrough(keras.layers.Layer):
    """argmax in the path, and a way around it."""

    def build(self, input_shape):
        self.codes = self.add_weight(shape=(input_shape[-1], 8))

    def call(self, x):
        scores = ops.matmul(x, self.codes)
        hard = ops.one_hot(ops.argmax(scores, -1), 8)
        return scores + ops.stop_gradient(hard - scores)


class Threshold(keras.layers.Layer):
    """State that changes as it should, and weights that train nothing because none is to be trained."""

    def build(self, input_shape):
        self.mean = self.add_weight(shape=(input_shape[-1],), trainable=False)
        self.count = self.add_weight(shape=(), trainable=False)

    def call(self, x):
        self.mean.assign(0.9 * self.mean + 0.1 * ops.mean(x, 0))
        self.count.assign_add(1.0)
        return ops.where(x > self.mean, x, 0.0)


class Noisy(keras.layers.Layer):
    def __init__(self, seed=None, **kwargs):
        super().__init__(**kwargs)
        self.seed = seed
        self.generator = keras.random.SeedGenerator(seed)

    def call(self, x, training=False):
        return x + keras.random.normal(ops.shape(x), seed=self.generator) if training else x

    def get_config(self):
        return {**super().get_config(), "seed": self.seed}


class Renamed(keras.layers.Layer):
    """Keeps its arguments under other names, and writes them as older code does."""

    def __init__(self, size, rate=0.1, **kwargs):
        super().__init__(**kwargs)
        self._size = size
        self._rate = rate

    def call(self, x):
        return x * self._rate

    def get_config(self):
        config = {"size": self._size, "rate": self._rate}
        base = super().get_config()
        return dict(list(base.items()) + list(config.items()))


class Child(Renamed):
    def __init__(self, size, more=1, **kwargs):
        super().__init__(size, **kwargs)
        self.more = more

    def get_config(self):
        return {**super().get_config(), "more": self.more}


class Composite(keras.layers.Layer):
    def __init__(self, count=2, **kwargs):
        super().__init__(**kwargs)
        self.blocks = [keras.layers.Dense(4) for _ in range(count)]
        self.norm = keras.layers.LayerNormalization()
        self.flat = keras.layers.Flatten()

    def build(self, input_shape):
        for block in self.blocks:
            block.build(input_shape)
        self.norm.build(input_shape)

    def call(self, x):
        for block in self.blocks:
            x = block(x)
        return self.flat(self.norm(x))


class Classic(keras.layers.Layer):
    def __init__(self, **kwargs):
        super(Classic, self).__init__(**kwargs)  # noqa: UP008

    @tf.function
    def call(self, x):
        return tf.nn.relu(x)


class Doubled(keras.layers.Dense):
    def call(self, x):
        return super().call(x) * 2.0


HEALTHY = [Thorough, StraightThrough, Threshold, Noisy, Renamed, Child, Composite, Classic, Doubled]


@pytest.mark.parametrize("layer_class", HEALTHY)
def test_healthy_layers_are_not_suspected(layer_class: type) -> None:
    assert suspects(layer_class) == []


class Apply(keras.layers.Layer):
    def __init__(self, function: Callable[[Any], Any]) -> None:
        super().__init__()
        self.function = function

    def call(self, x):
        return self.function(x)


ERRORS: list[tuple[Callable[[Any], Any], bool, str | None, str, str]] = [
    (lambda x: ops.matmul(x, ops.ones((3, 5))), False, "matmul_shapes", "4 ← [2,4]", "3 ← [3,5]"),
    (lambda x: x @ ops.ones((3, 5)), True, "matmul_shapes", "4 ← [?,4]", "3 ← [3,5]"),
    (lambda x: x + ops.ones((3,)), False, "broadcast_shapes", "[2,4]", "[3]"),
    (lambda x: ops.add(x, ops.ones((3,))), True, "broadcast_shapes", "[?,4]", "[3]"),
    (lambda x: ops.where(x > 0, x, ops.ones((3,))), False, "broadcast_shapes", "[2,4]", "[3]"),
    (lambda x: ops.concatenate([x, ops.ones((2, 3))], 0), False, "concat_shapes", "[2,4]", "[2,3]"),
    (lambda x: ops.concatenate([x, ops.ones((2, 3))], 0), True, "concat_shapes", "[4]", "[3]"),
    (lambda x: ops.stack([x, ops.ones((2, 3))]), False, "concat_shapes", "[2,4]", "[2,3]"),
    (lambda x: ops.reshape(x, (3, 3)), False, "reshape_size", "8", "9"),
    (lambda x: ops.reshape(x, (3, 3)), True, "reshape_size", "4", "9"),
    (lambda x: ops.sum(x, axis=3), False, "wrong_rank", "0 ... 1", "3"),
    (lambda x: x[:, 7], False, "index_outside", "", "7"),
    (
        lambda x: ops.take(ops.ones((3, 2)), ops.cast(x * 0 + 9, "int32"), 0),
        False,
        "id_outside_vocabulary",
        "0 ... 2",
        "9",
    ),
    (lambda x: x * tf.ones((4,), "float64"), False, "dtype_clash", "float32", "float64"),
    (lambda x: x * tf.ones((4,), "float64"), True, "dtype_clash", "float32", "float64"),
    (lambda x: x * tf.ones((4,), "int32"), True, "integer_times_float", "int32", "float32"),
    (lambda x: ops.conv(ops.reshape(x, (1, 8, 1)), ops.ones((9, 1, 1))), True, "window_too_large", "<= 8", "9"),
    (lambda x: ops.zeros((x.shape[0] // 2,)), True, "unknown_dimension", "int", "None"),
    (lambda x: float(ops.sum(x)), True, "numpy_method", "", ""),
    (lambda x: x + None, False, None, "", ""),
    (lambda x: {}["a"], False, None, "", ""),
    (lambda x: x.foo, False, None, "", ""),
    (lambda x: len(5), False, None, "", ""),
]


@pytest.mark.parametrize(("function", "symbolic", "kind", "expected", "received"), ERRORS, ids=range(len(ERRORS)))
def test_the_two_sides_are_named(
    function: Callable[[Any], Any], symbolic: bool, kind: str | None, expected: str, received: str
) -> None:
    with pytest.raises(Exception) as caught:
        Apply(function)(keras.Input((4,)) if symbolic else ops.ones((2, 4)))
    found = diagnose(caught.value, Apply)
    assert (found and found.id) == kind
    if found is not None:
        assert (found.expected, found.received) == (expected, received)
        assert found.place is not None and found.place.line == function.__code__.co_firstlineno


@pytest.mark.parametrize(
    ("function", "kind"),
    [
        (lambda x: ops.matmul(x, ops.ones((3, 5))), "matmul_shapes"),
        (lambda x: x + ops.ones((3,)), "broadcast_shapes"),
        (lambda x: ops.concatenate([x, ops.ones((2, 3))], 0), "concat_shapes"),
        (lambda x: x if x > 0 else -x, "python_branch_on_tensor"),
        (tf.square, "tf_operation_on_keras_tensor"),
    ],
)
def test_errors_outside_of_a_layer(function: Callable[[Any], Any], kind: str) -> None:
    with pytest.raises((ValueError, TypeError)) as caught:
        function(keras.Input((4,)))
    found = diagnose(caught.value)
    assert found is not None and found.id == kind and found.place is None


def test_other_known_mistakes() -> None:
    class Narrow(keras.layers.Layer):
        def __init__(self, units=3):
            super().__init__()
            self.units = units

        def get_config(self):
            return {**super().get_config(), "units": self.units}

    class Typo(keras.layers.Layer):
        def build(self, input_shape):
            self.kernel = self.add_weight(shape=(input_shape[-1], 2))

        def call(self, x):
            return ops.matmul(x, self.kernal)

    class Former(keras.layers.Layer):
        def call(self, x):
            return keras.backend.dot(x, x)

    class Empty(keras.layers.Layer):
        pass

    x = ops.ones((2, 4))
    described = {"class_name": "Dense", "config": {"units": 2}}
    attempts: list[tuple[Callable[[], Any], Any, str | None]] = [
        (lambda: Narrow.from_config(Narrow().get_config()), Narrow, "constructor_without_kwargs"),
        (lambda: Typo()(x), Typo, "misspelled_attribute"),
        (lambda: Former()(x), Former, "dead_backend_function"),
        (lambda: Empty()(x), Empty, "no_call"),
        (lambda: keras.layers.deserialize(described), None, "unregistered_class"),
        (lambda: keras.layers.Dense(), keras.layers.Dense, None),
        (lambda: keras.layers.Dense(2, size=1), keras.layers.Dense, None),
        (lambda: keras.activations.get("rellu"), None, None),
    ]
    for attempt, layer_class, kind in attempts:
        with pytest.raises(Exception) as caught:
            attempt()
        found = diagnose(caught.value, layer_class)
        assert (found and found.id) == kind, str(caught.value)
