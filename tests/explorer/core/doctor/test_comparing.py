"""When two results are the same: in every floating-point dtype, beside huge numbers, and for small ones."""

from __future__ import annotations

import os
from typing import Any

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import keras
import numpy as np
import pytest
import tensorflow as tf
from keras import ops

from explorer.core.doctor import examine
from explorer.core.doctor.compare import difference, same

X = np.random.default_rng(0).standard_normal((3, 4)).astype("float32")
FLOATS = ("float16", "bfloat16", "float32", "float64")


class Neighbours(keras.layers.Layer):
    def call(self, x: Any) -> Any:
        return x + ops.roll(x, 1, axis=0)


class BesideHugeNumbers(Neighbours):
    def call(self, x: Any) -> Any:
        return ops.concatenate([super().call(x), ops.full_like(x, -1e9)], axis=-1)


class Small(Neighbours):
    def call(self, x: Any) -> Any:
        return 1e-6 * super().call(x)


@pytest.mark.parametrize("dtype", FLOATS)
def test_numbers_that_are_a_tenth_apart_differ(dtype: str) -> None:
    x = tf.cast(tf.linspace(-1.0, 1.0, 9), dtype)
    assert difference([x], [x + tf.cast(0.1, dtype)])
    assert difference([x], [-x])


@pytest.mark.parametrize("dtype", FLOATS)
def test_rounding_is_no_difference(dtype: str) -> None:
    x = tf.cast(np.random.default_rng(1).standard_normal((5, 64)), dtype)
    weights = tf.cast(np.random.default_rng(2).standard_normal((64, 64)), dtype)
    for scale in (1.0, 1000.0):
        one = tf.cast(scale, dtype) / tf.cast(64.0, dtype) * x @ weights
        other = tf.concat([x[:, 32:] @ weights[32:] + x[:, :32] @ weights[:32]], 1) * tf.cast(scale / 64, dtype)
        assert not difference([one], [other])


def test_what_is_left_of_larger_numbers_is_rounding() -> None:
    """A cell near zero among large ones, and a tensor that is zero but for rounding."""
    many = np.linspace(900, 1100, 12).astype("float32")
    one, other = many.copy(), many.copy()
    one[0], other[0] = 1e-2, 1.2e-2
    assert same([one], [other])
    assert same([np.float32([2e-7, 0])], [np.float32([0, 1e-7])])


def test_a_dtype_is_part_of_what_is_compared() -> None:
    assert difference([tf.constant(1.0)], [tf.constant(1.0, "float64")]) == "float32 ≠ float64"
    assert difference([tf.constant(1)], [tf.constant(1, "int64")]) == "int32 ≠ int64"


@pytest.mark.parametrize(
    "layer",
    [*(Neighbours(dtype=dtype) for dtype in FLOATS), BesideHugeNumbers(), Small()],
    ids=lambda layer: f"{type(layer).__name__}-{layer.dtype}",
)
def test_samples_that_see_each_other_are_found(layer: keras.layers.Layer) -> None:
    report = examine(layer, [X], select=["batch_independence"])
    assert next(f.outcome for f in report.findings if f.check == "batch_independence") in ("failed", "advice")
