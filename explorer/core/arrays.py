"""Live tensors and variables as arrays, and the weights of a layer under the names that a trace gives them."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import keras
import numpy as np
import tensorflow as tf

from explorer.model.trace import Role, Tensor


def named_weights(layer: keras.layers.Layer) -> dict[str, keras.Variable]:
    """The layer's weights by their paths inside the layer; a second one of the same path ends in "_2"."""
    return named_variables(layer, layer.weights)


def named_variables(layer: keras.layers.Layer, variables: Iterable[keras.Variable]) -> dict[str, keras.Variable]:
    """Variables of a layer in their order, by names like those of `named_weights`: no two have the same."""
    found: dict[str, keras.Variable] = {}
    for variable in variables:
        name = path = relative_path(layer, variable)
        number = 1
        while name in found:
            number += 1
            name = f"{path}_{number}"
        found[name] = variable
    return found


def relative_path(layer: keras.layers.Layer, variable: keras.Variable) -> str:
    """The variable's path without the layer's own name: "kernel", "dense_1/kernel"."""
    _, own, inside = f"/{variable.path}".partition(f"/{layer.name}/")
    return inside if own else str(variable.path)


def to_tensor(value: Any, tensor_id: str, name: str, role: Role, trainable: bool | None = None) -> Tensor:
    """A live tensor, variable or array as a recorded one."""
    return recorded(to_array(value), value, tensor_id, name, role, trainable)


def recorded(
    array: np.ndarray, value: Any, tensor_id: str, name: str, role: Role, trainable: bool | None = None
) -> Tensor:
    """An array under a tensor's name; `value` is what it was made of, for its dtype."""
    dtype = getattr(value.dtype, "name", str(value.dtype)) if hasattr(value, "dtype") else str(array.dtype)
    return Tensor(tensor_id, name, role, array, "string" if dtype == "object" else dtype, trainable=trainable)


def to_array(value: Any) -> np.ndarray:
    """The numbers of a tensor: sparse and ragged ones made dense, bfloat16 as float32, bytes as text."""
    own = isinstance(value, keras.Variable)  # its memory is written again; a tensor's never is
    if own:
        value = value.value
    if isinstance(value, tf.Variable):
        value = value.value()  # quicker than NumPy's way to it, and than `read_value`
    if isinstance(value, tf.SparseTensor):
        value = tf.sparse.to_dense(value)
    if isinstance(value, tf.RaggedTensor):
        value = value.to_tensor()
    if isinstance(value, tf.IndexedSlices):
        value = tf.convert_to_tensor(value)
    if tf.is_tensor(value) and value.dtype == tf.bfloat16:
        value = tf.cast(value, tf.float32)
    array = np.asarray(value)
    if array.dtype.kind in "OSU":
        texts = [v.decode("utf-8", "replace") if isinstance(v, bytes) else str(v) for v in array.ravel()]
        return np.array(texts, dtype=object).reshape(array.shape)
    return array.copy() if own else array


def as_tensor(value: Any) -> Any:
    """An array, or anything NumPy reads as one, as a tensor; tensors, plain values and None as they are."""
    if value is None or tf.is_tensor(value) or isinstance(value, (bool, int, float, str)):
        return value
    array = np.asarray(value)
    return (
        tf.constant(array.tolist(), shape=array.shape, dtype=tf.string) if array.dtype == object else tf.constant(array)
    )
