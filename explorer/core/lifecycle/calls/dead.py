"""Calls of the documents that no longer work: today's error, each with the call to write instead."""

from __future__ import annotations

import importlib
from typing import Any

import keras

from explorer.core.lifecycle.calls.registry import call
from explorer.model.trace import Message

_PER_NODE = Message("It asked a shared layer for one of its nodes.")


@call(
    "dead",
    Message("The output's shape, in Keras 1"),
    Message("A method of this name is never called today."),
    modern="compute_output_shape",
)
def get_output_shape_for(layer: Any, shapes: Any) -> Any:
    return layer.get_output_shape_for(*shapes)


@call("dead", Message("The input of a node"), _PER_NODE, modern="inbound_node")
def get_input_at(layer: Any, symbols: Any) -> Any:
    layer(*symbols)
    return layer.get_input_at(0)


@call("dead", Message("The output of a node"), _PER_NODE, modern="inbound_node")
def get_output_at(layer: Any, symbols: Any) -> Any:
    layer(*symbols)
    return layer.get_output_at(0)


@call("dead", Message("The input's shape at a node"), _PER_NODE, modern="inbound_node")
def get_input_shape_at(layer: Any, symbols: Any) -> Any:
    layer(*symbols)
    return layer.get_input_shape_at(0)


@call("dead", Message("The output's shape at a node"), _PER_NODE, modern="inbound_node")
def get_output_shape_at(layer: Any, symbols: Any) -> Any:
    layer(*symbols)
    return layer.get_output_shape_at(0)


@call("dead", Message("input_shape of a layer"), Message("Only models keep it."), modern="input_output_shape")
def input_shape(layer: Any, symbols: Any) -> Any:
    layer(*symbols)
    return layer.input_shape


@call("dead", Message("output_shape of a layer"), Message("Only models keep it."), modern="input_output_shape")
def output_shape(layer: Any, symbols: Any) -> Any:
    layer(*symbols)
    return layer.output_shape


@call("dead", Message("The shape in a symbolic tensor's private attribute"), modern="symbolic_shape")
def keras_shape() -> Any:
    x = keras.Input((3,))
    return x._keras_shape


@call("symbolic", Message("The shape of a symbolic tensor"))
def symbolic_shape() -> Any:
    x = keras.Input((3,))
    return x.shape


@call("dead", Message("Model(input=..., output=...)"), Message("The names are in the plural today."), modern="model")
def model_input_output(layer: Any, symbols: Any) -> Any:
    return keras.Model(input=[*symbols], output=layer(*symbols))


@call("dead", Message("border_mode"), Message("It is called padding."), modern="padding")
def border_mode() -> Any:
    return keras.layers.MaxPooling2D(border_mode="valid")


@call("dead", Message("dim_ordering"), Message("It is called data_format."), modern="data_format")
def dim_ordering() -> Any:
    return keras.layers.MaxPooling2D(dim_ordering="th")


@call("shapes", Message("padding"))
def padding() -> Any:
    return keras.layers.MaxPooling2D(padding="valid").padding


@call("shapes", Message("data_format"))
def data_format() -> Any:
    return keras.layers.MaxPooling2D(data_format="channels_last").data_format


@call("dead", Message("The backend's product"), Message("The operations are in keras.ops."), modern="ops_matmul")
def backend_dot() -> Any:
    return keras.backend.dot(keras.ops.ones((2, 3)), keras.ops.ones((3, 2)))


@call("dead", Message("The backend's pooling"), modern="ops_max_pool")
def backend_pool2d() -> Any:
    return keras.backend.pool2d(keras.ops.ones((1, 4, 4, 1)), (2, 2), border_mode="valid")


@call("writing", Message("A matrix product today"))
def ops_matmul() -> Any:
    return keras.ops.matmul(keras.ops.ones((2, 3)), keras.ops.ones((3, 2)))


@call("writing", Message("Pooling today"), Message("average_pool is the other one."))
def ops_max_pool() -> Any:
    return keras.ops.max_pool(keras.ops.ones((1, 4, 4, 1)), 2, 2, padding="valid")


@call("dead", Message("layers.core"), modern="layers_lambda")
def layers_core() -> Any:
    return keras.layers.core.Lambda(lambda x: x * 2)


@call("writing", Message("A Lambda today"))
def layers_lambda() -> Any:
    return keras.layers.Lambda(lambda x: x * 2)(keras.ops.ones((1, 2)))


@call("dead", Message("keras.engine"), modern="input_shape_argument")
def engine_input_layer() -> Any:
    return importlib.import_module("keras.engine.input_layer")


@call(
    "dead",
    Message("input_length of an Embedding"),
    Message("It is taken, and only a warning says that it has no use."),
    modern="embedding_any_length",
)
def input_length() -> Any:
    return keras.layers.Embedding(5, 2, input_length=3)


@call("shapes", Message("An Embedding takes any length"))
def embedding_any_length() -> Any:
    layer = keras.layers.Embedding(5, 2)
    return layer(keras.Input((3,))).shape, layer(keras.Input((None,))).shape
