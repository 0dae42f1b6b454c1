"""Calls on a layer's weights."""

from __future__ import annotations

from typing import Any

import keras
import numpy as np

from explorer.core.lifecycle.calls.registry import BUILT_WITH_WEIGHTS, call
from explorer.core.lifecycle.state import largest_difference as difference
from explorer.model.trace import Message


@call(
    "weights", Message("The weights as NumPy arrays"), Message("A copy: changing the arrays does not change the layer.")
)
def get_weights(layer: Any) -> Any:
    return layer.get_weights()


@call(
    "weights",
    Message("The weights before the first call"),
    Message("An unbuilt layer has only what its constructor made."),
)
def get_weights_unbuilt(unbuilt: Any) -> Any:
    return unbuilt.get_weights()


@call(
    "weights",
    Message("Set the weights"),
    Message("As many arrays as get_weights gives, in its order and of its shapes."),
    asks="weights",
    needs=BUILT_WITH_WEIGHTS,
)
def set_weights(layer: Any, inputs: Any, given: Any) -> Any:
    before = layer(*inputs)
    layer.set_weights(given)
    after = layer(*inputs)
    return difference(before, after)


@call("weights", Message("One array too many"), Message("The number of arrays is checked first."))
def set_weights_count(layer: Any) -> Any:
    return layer.set_weights([*layer.get_weights(), np.zeros(1)])


@call(
    "weights", Message("Arrays of another shape"), Message("The message names both shapes."), needs=BUILT_WITH_WEIGHTS
)
def set_weights_shape(layer: Any) -> Any:
    return layer.set_weights([np.zeros((*array.shape, 2)) for array in layer.get_weights()])


@call(
    "weights",
    Message("Set the weights of an unbuilt layer"),
    Message("Build it first: by a call, or by build."),
    modern="set_weights_after_build",
    needs=BUILT_WITH_WEIGHTS,
)
def set_weights_unbuilt(layer: Any, unbuilt: Any) -> Any:
    return unbuilt.set_weights(layer.get_weights())


@call(
    "weights",
    Message("Call it once, then set its weights"),
    Message("The two layers then give the same numbers."),
    needs=BUILT_WITH_WEIGHTS,
)
def set_weights_after_build(layer: Any, unbuilt: Any, inputs: Any) -> Any:
    unbuilt(*inputs)
    unbuilt.set_weights(layer.get_weights())
    return difference(layer(*inputs), unbuilt(*inputs))


@call(
    "weights",
    Message("The variables themselves"),
    Message("Each has a path, a shape and a dtype; assign writes into it."),
)
def weights(layer: Any) -> Any:
    return layer.weights


@call("weights", Message("How many numbers the weights hold"))
def count_params(layer: Any) -> Any:
    return layer.count_params()


@call(
    "weights",
    Message("How many, before the first call"),
    Message("Without an input the sizes are not known yet, if they depend on it."),
)
def count_params_unbuilt(unbuilt: Any) -> Any:
    return unbuilt.count_params()


@call("weights", Message("Trainable and other weights"), Message("An optimizer is given the trainable ones only."))
def trainable_weights(layer: Any) -> Any:
    return {"trainable": layer.trainable_weights, "non_trainable": layer.non_trainable_weights}


@call(
    "weights",
    Message("Freeze the layer, and thaw it"),
    Message("trainable is a switch of the layer: its weights stay, and change lists."),
)
def trainable(layer: Any) -> Any:
    layer.trainable = False
    frozen = len(layer.trainable_weights), len(layer.non_trainable_weights)
    layer.trainable = True
    thawed = len(layer.trainable_weights), len(layer.non_trainable_weights)
    return {"frozen": frozen, "thawed": thawed}


@call(
    "weights",
    Message("Who updates the weights"),
    Message("A call leaves the trainable weights as they are; the optimizer moves them."),
    needs=BUILT_WITH_WEIGHTS,
)
def apply_gradients(layer: Any, inputs: Any) -> Any:
    before = [np.array(weight) for weight in layer.trainable_weights]
    layer(*inputs)
    moved_by_call = difference(before, [np.array(weight) for weight in layer.trainable_weights])
    optimizer = keras.optimizers.SGD(learning_rate=0.1)
    gradients = [keras.ops.ones_like(weight) for weight in layer.trainable_weights]
    if gradients:
        optimizer.apply_gradients(zip(gradients, layer.trainable_weights, strict=True))
    moved_by_optimizer = difference(before, [np.array(weight) for weight in layer.trainable_weights])
    return {"moved by the call": moved_by_call, "moved by the optimizer": moved_by_optimizer}


@call(
    "weights",
    Message("A weight as if it were a NumPy array"),
    Message("A variable takes no item assignment."),
    modern="assign",
    needs=BUILT_WITH_WEIGHTS,
)
def item_assignment(layer: Any) -> Any:
    weight = layer.weights[0]
    weight[...] = 0
    return weight


@call(
    "weights",
    Message("Write into a weight"),
    Message("assign takes an array of the same shape."),
    needs=BUILT_WITH_WEIGHTS,
)
def assign(layer: Any) -> Any:
    weight = layer.weights[0]
    weight.assign(keras.ops.zeros_like(weight))
    return np.array(weight)
