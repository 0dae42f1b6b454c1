"""Calls of keras.Input, one for each of its arguments. They need no layer."""

from __future__ import annotations

from typing import Any

import keras

from explorer.core.lifecycle.calls.registry import call
from explorer.model.trace import Message


@call("input", Message("shape: without the batch"))
def input_shape_argument() -> Any:
    return keras.Input(shape=(32,))


@call("input", Message("batch_shape: with the batch"))
def input_batch_shape() -> Any:
    return keras.Input(batch_shape=(10, 32))


@call("input", Message("batch_size beside shape"))
def input_batch_size() -> Any:
    return keras.Input(shape=(32,), batch_size=10)


@call("input", Message("shape and batch_shape together"), modern="input_batch_shape")
def input_both_shapes() -> Any:
    return keras.Input(shape=(32,), batch_shape=(10, 32))


@call("input", Message("A length that is not known"))
def input_unknown_length() -> Any:
    return keras.Input(shape=(None, 4))


@call("input", Message("name"))
def input_name() -> Any:
    return keras.Input(shape=(3,), name="left")


@call(
    "input",
    Message("The same name twice in one model"),
    Message("Names of inputs must differ."),
    modern="input_two_names",
)
def input_name_twice() -> Any:
    a = keras.Input(shape=(3,), name="left")
    b = keras.Input(shape=(3,), name="left")
    return keras.Model([a, b], keras.layers.Add()([a, b]))


@call("input", Message("Two names in one model"))
def input_two_names() -> Any:
    a = keras.Input(shape=(3,), name="left")
    b = keras.Input(shape=(3,), name="right")
    model = keras.Model([a, b], keras.layers.Add()([a, b]))
    return [tensor.name for tensor in model.inputs]


@call("input", Message("dtype"))
def input_dtype() -> Any:
    return keras.Input(shape=(3,), dtype="int32")


@call("input", Message("sparse"))
def input_sparse() -> Any:
    return keras.Input(shape=(3,), sparse=True).sparse


@call("input", Message("tensor: numbers"), Message("Only a symbolic tensor is taken."), modern="input_tensor")
def input_tensor_numbers() -> Any:
    return keras.Input(tensor=keras.ops.ones((2, 3)))


@call("input", Message("tensor: a symbolic tensor"))
def input_tensor() -> Any:
    x = keras.Input(shape=(3,))
    return keras.Input(tensor=keras.ops.square(x))


@call(
    "input",
    Message("An operation on a symbolic tensor"),
    Message("The result is symbolic too, and remembers the operation."),
)
def input_operation() -> Any:
    x = keras.Input(shape=(3,))
    y = keras.ops.square(x)
    return {"y": y, "_keras_history": y._keras_history, "_keras_shape": hasattr(y, "_keras_shape")}
