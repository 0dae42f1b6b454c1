"""Small work on the cells of arrays and tensors that every trail needs."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import keras
import numpy as np
import tensorflow as tf


def is_floating(tensor: Any) -> bool:
    """Whether it is a dense tensor, or a variable, of floating-point numbers."""
    if isinstance(tensor, keras.Variable):
        return bool(tf.as_dtype(tensor.value.dtype).is_floating)
    return isinstance(tensor, (tf.Tensor, tf.Variable)) and bool(tensor.dtype.is_floating)


def one_hot(shape: Sequence[int], index: Sequence[int]) -> np.ndarray:
    """Zeros with a one at that cell, float32."""
    array = np.zeros(tuple(shape), "float32")
    array[tuple(index)] = 1
    return array


def with_cell(array: np.ndarray, cell: tuple[int, ...], value: Any) -> np.ndarray:
    """A copy with another number in one cell."""
    array = array.copy()
    array[cell] = value
    return array


def plain_value(cell: Any) -> float | int | bool | str:
    """A cell's value as Python has it; a complex number as its text."""
    value = cell.item() if hasattr(cell, "item") else cell
    return str(value) if isinstance(value, complex) else value


def like(array: np.ndarray, tensor: Any) -> Any:
    """The array as a tensor of the other's dtype."""
    if array.dtype == object:
        return tf.constant(array.tolist(), tf.string, array.shape)
    return tf.cast(array, tensor.dtype)


def differs(old: np.ndarray, new: np.ndarray) -> np.ndarray:
    """Where two arrays differ; NaN is equal to NaN."""
    unequal = np.asarray(old != new, bool)
    if old.dtype.kind not in "fc":
        return unequal
    return np.asarray(unequal & ~(np.isnan(old) & np.isnan(new)))


def all_finite(array: np.ndarray) -> bool:
    """Whether it holds neither NaN nor infinity."""
    return array.dtype.kind not in "fc" or bool(np.isfinite(array).all())


def finite(array: np.ndarray, generator: np.random.Generator) -> np.ndarray:
    """The array itself, or a copy with ordinary numbers where it held NaN or infinity."""
    if all_finite(array):
        return array
    return np.where(np.isfinite(array), array, generator.standard_normal(array.shape) + 3).astype(array.dtype)
