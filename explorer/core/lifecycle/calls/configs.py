"""Calls on a layer's config: out, back, and there and back again."""

from __future__ import annotations

import inspect
from typing import Any

import keras

from explorer.core.lifecycle.calls.registry import Scope, call
from explorer.core.lifecycle.drawing import row
from explorer.core.lifecycle.state import largest_difference as difference
from explorer.model.trace import Message


@call(
    "config", Message("The layer's settings"), Message("All that the constructor needs, as plain values; no weights.")
)
def get_config(layer: Any) -> Any:
    return layer.get_config()


@call(
    "config",
    Message("The same layer again, without its weights"),
    Message("The copy is not built: it has the settings only."),
)
def from_config(layer: Any) -> Any:
    twin = type(layer).from_config(layer.get_config())
    return {"built": twin.built, "weights": len(twin.weights), "weights of the first": len(layer.weights)}


@call(
    "config",
    Message("The config with its class"),
    Message("serialize adds the module, the class and the registered name."),
)
def serialize(layer: Any) -> Any:
    return keras.layers.serialize(layer)


@call("config", Message("Back from what serialize wrote"))
def deserialize(layer: Any) -> Any:
    return keras.layers.deserialize(keras.layers.serialize(layer))


@call(
    "config",
    Message("The documents' form: a class name and a config"),
    Message("The name alone is not found any more: the module is missing."),
    modern="deserialize_with_module",
)
def deserialize_without_module(layer: Any) -> Any:
    named = {"class_name": type(layer).__name__, "config": layer.get_config()}
    return keras.layers.deserialize(named)


@call(
    "config", Message("A class name, a config, and where the class is"), Message("With its module the class is found.")
)
def deserialize_with_module(layer: Any) -> Any:
    named = {"class_name": type(layer).__name__, "config": layer.get_config()}
    whole = keras.layers.serialize(layer)
    return keras.layers.deserialize({**named, "module": whole["module"], "registered_name": whole["registered_name"]})


def _round_trip_drawing(scope: Scope) -> str:
    config, twin, apart = (scope.get(name) for name in ("config", "twin", "_"))
    steps = [("layer", "")]
    if config is not None:
        steps.append((f"config: {len(config)}", "get_config()"))
    if twin is not None:
        steps.append((f"{type(twin).__name__}", "from_config(config)"))
    if twin is not None and apart is not None:
        steps.append((f"weights: {len(twin.weights)}", "set_weights(…)"))
        steps.append((f"|difference| {apart:g}", "layer(x)"))
    return row(steps)


@call(
    "config",
    Message("There and back: config, new layer, weights, same output"),
    Message("The chain ends in a difference of 0 if config and weights hold all that the layer is."),
    draw=_round_trip_drawing,
)
def round_trip(layer: Any, inputs: Any) -> Any:
    expected = layer(*inputs)
    config = layer.get_config()
    twin = type(layer).from_config(config)
    twin(*inputs)
    twin.set_weights(layer.get_weights())
    return difference(expected, twin(*inputs))


@call("config", Message("The source of the layer's class"), Message("Every layer of Keras can be read like this."))
def source(layer: Any) -> Any:
    return inspect.getsource(type(layer))
