"""Calls about shapes: build, and what the layer declares."""

from __future__ import annotations

from typing import Any

import keras

from explorer.core.lifecycle.calls.registry import call
from explorer.model.trace import Message


@call(
    "shapes", Message("Build it without an input"), Message("Only shapes are needed; the weights are there afterwards.")
)
def build(unbuilt: Any, shapes: Any) -> Any:
    before = unbuilt.built, len(unbuilt.weights)
    unbuilt.build(*shapes)
    after = unbuilt.built, len(unbuilt.weights)
    return {"before": before, "after": after}


@call("shapes", Message("The output's shape from the input's"))
def compute_output_shape(layer: Any, shapes: Any) -> Any:
    return layer.compute_output_shape(*shapes)


@call("shapes", Message("The output's shape and dtype, from a symbolic input"))
def compute_output_spec(layer: Any, symbols: Any) -> Any:
    return layer.compute_output_spec(*symbols)


@call("shapes", Message("The real shape"))
def real_shape(layer: Any, inputs: Any) -> Any:
    y = layer(*inputs)
    return [tensor.shape for tensor in keras.tree.flatten(y)]


@call(
    "shapes",
    Message("First init, then call, in one line"),
    Message("The first pair of brackets makes the object, the second calls it."),
)
def init_then_call(inputs: Any) -> Any:
    return keras.layers.Identity()(*inputs)
