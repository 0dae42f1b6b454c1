"""A Lambda layer around a named function: work without weights."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import keras
import numpy as np

from layers.card import Card, Example, Field, Input, Tensor

CARD = Card(
    id="stateless_lambda",
    title="Lambda",
    layer="layers.stateless_lambda:stateless_lambda",
    group="custom",
    summary="Turns a function without weights into a layer.",
    story=(
        "When an operation has nothing to learn, a function is enough: `keras.layers.Lambda` makes it a layer. Choose "
        "a function and watch what it does to the numbers. A Lambda must stay stateless. A variable that the function "
        "reaches from outside takes part in the computation, but Keras does not see it: the layer reports no weights "
        "and the variable never trains, without a word. Anything that learns needs a class with `add_weight`. Prefer "
        "named, registered functions, as here: they are saved by name. An anonymous `lambda` is saved as bytecode, and "
        "Keras refuses to load that unless safe mode is switched off, because such a file could run any code."
    ),
    fields=(
        Field(
            "function",
            "choice",
            "antirectifier",
            "What the layer does.",
            choices=("square", "scale", "antirectifier", "unit_length", "reverse"),
        ),
        Field(
            "factor",
            "number",
            2.0,
            "What `scale` multiplies by. Other functions do not use it.",
            minimum=-1000,
            maximum=1000,
        ),
    ),
    inputs=(Input("x", (3, 4), ("batch", "features"), "linspace", {"start": -2, "stop": 2}),),
    tensors=(Tensor("output", ("features",)),),
    examples=(
        Example(
            "Square every number", "003", params={"function": "square"}, shows="No weights: every cell on its own."
        ),
        Example(
            "Multiply by three",
            params={"function": "scale", "factor": 3.0},
            shows="The factor is an argument, fixed when the layer is made; it is not a weight.",
        ),
        Example(
            "Antirectifier",
            params={"function": "antirectifier"},
            shows=(
                "Four features become eight: what lies above the mean, then what lies below. Nothing is lost, as it "
                "is with relu."
            ),
        ),
        Example("Rows of length one", params={"function": "unit_length"}, shows="The squares of each row add up to 1."),
        Example("Read from right to left", params={"function": "reverse"}, shows="Only the order changes."),
    ),
    documents=("003",),
    reference="layers.stateless_lambda:reference",
)


# By the name "square" Keras would take this one for `keras.ops.square` in anybody's saved layer.
@keras.saving.register_keras_serializable("layer_explorer", "square_by_multiply")
def square(x: Any) -> Any:
    """Every number times itself."""
    return keras.ops.multiply(x, x)


@keras.saving.register_keras_serializable("layer_explorer")
def scale(x: Any, factor: float) -> Any:
    """Every number times the factor."""
    return keras.ops.multiply(x, factor)


@keras.saving.register_keras_serializable("layer_explorer")
def antirectifier(x: Any) -> Any:
    """What lies above the row's mean, and beside it what lies below: twice as many features."""
    centred = keras.ops.subtract(x, keras.ops.mean(x, axis=-1, keepdims=True))
    above = keras.ops.relu(centred)
    below = keras.ops.relu(keras.ops.negative(centred))
    return keras.ops.concatenate([above, below], axis=-1)


@keras.saving.register_keras_serializable("layer_explorer")
def unit_length(x: Any) -> Any:
    """Each row divided by its length; a row of zeros stays as it is."""
    length = keras.ops.sqrt(keras.ops.sum(keras.ops.square(x), axis=-1, keepdims=True))
    divisor = keras.ops.where(keras.ops.equal(length, 0), keras.ops.ones_like(length), length)
    return keras.ops.divide(x, divisor)


@keras.saving.register_keras_serializable("layer_explorer")
def reverse(x: Any) -> Any:
    """The last axis from its end."""
    return keras.ops.flip(x, axis=-1)


FUNCTIONS: Mapping[str, Callable[..., Any]] = {
    function.__name__: function for function in (square, scale, antirectifier, unit_length, reverse)
}


def stateless_lambda(function: str = "antirectifier", factor: float = 2.0, **kwargs: Any) -> Any:
    """A `keras.layers.Lambda` around one of `FUNCTIONS`.

    Args:
        function: its name.
        factor: what `scale` multiplies by.
        kwargs: `name`, `dtype`, `trainable` of the layer.

    Raises:
        ValueError: if there is no function of that name.
    """
    if function not in FUNCTIONS:
        raise ValueError(f"`function` must be one of {tuple(FUNCTIONS)}. Received: function={function!r}")
    arguments = {"factor": factor} if function == "scale" else {}
    return keras.layers.Lambda(FUNCTIONS[function], arguments=arguments, **kwargs)


def reference(
    inputs: Sequence[np.ndarray], weights: Mapping[str, np.ndarray], params: Mapping[str, Any], **_: Any
) -> list[np.ndarray]:
    """The same by NumPy, row by row."""
    x = inputs[0].astype("float64")
    name = params["function"]
    if name == "square":
        return [x**2]
    if name == "scale":
        return [x * params["factor"]]
    if name == "reverse":
        return [x[..., ::-1]]
    if name == "unit_length":
        length = np.linalg.norm(x, axis=-1, keepdims=True)
        return [x / np.where(length == 0, 1, length)]
    centred = x - x.mean(axis=-1, keepdims=True)
    return [np.concatenate([np.where(centred > 0, centred, 0), np.where(centred < 0, -centred, 0)], axis=-1)]
