"""LayerStack: one layer that bundles several, repeated."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import keras
import numpy as np

from layers.activations import activate
from layers.card import Card, Example, Field, Input, Tensor
from layers.choices import ACTIVATION_NAMES

CARD = Card(
    id="layer_stack",
    title="LayerStack",
    layer="layers.layer_stack:LayerStack",
    group="custom",
    summary="Bundles the same block, repeated several times, into one layer.",
    story=(
        "A layer may own other layers. This one makes `depth` Dense blocks in its constructor and passes the input "
        "through them in turn; outside it looks like a single layer. Keras finds the blocks because they are "
        "attributes, here in a list, and counts their weights as the stack's own: each block brings a kernel and a "
        "bias. Only the first kernel depends on the input's width. Blocks are made once, in the constructor or in "
        "`build`. A Dense made inside `call` would have fresh weights at every call; keep it as an attribute there, "
        "and Keras refuses: a built layer takes no new state."
    ),
    fields=(
        Field("depth", "integer", 3, "How many blocks follow each other.", minimum=1, maximum=32),
        Field("units", "integer", 4, "Width of every block.", minimum=1, maximum=16_384),
        Field("activation", "choice", "relu", "The function at the end of every block.", choices=ACTIVATION_NAMES),
    ),
    inputs=(Input("x", (2, 3), ("batch", "features"), "normal"),),
    tensors=(
        Tensor("dense_1/kernel", ("features", "units"), help="The first block's kernel: as tall as the input is wide."),
        Tensor("dense_1/bias", ("units",)),
        Tensor("dense_2/kernel", ("units in", "units")),
        Tensor("dense_2/bias", ("units",)),
        Tensor("dense_3/kernel", ("units in", "units")),
        Tensor("dense_3/bias", ("units",)),
        Tensor("hidden", ("units",), help="What the last block made."),
        Tensor("output", ("units",)),
    ),
    examples=(
        Example("Three blocks in one", "004", shows="Three kernels and three biases, all owned by the one layer."),
        Example("A single block", params={"depth": 1}, shows="With a depth of 1 the stack is a plain Dense layer."),
        Example(
            "Identity blocks, checked by hand",
            params={"depth": 2, "units": 2, "activation": "linear"},
            inputs=({"shape": (1, 2), "recipe": "typed", "options": {"values": [1, 2]}},),
            edits=(
                ("weight:dense_1/kernel", (0, 0), 1.0),
                ("weight:dense_1/kernel", (0, 1), 0.0),
                ("weight:dense_1/kernel", (1, 0), 0.0),
                ("weight:dense_1/kernel", (1, 1), 1.0),
                ("weight:dense_2/kernel", (0, 0), 0.0),
                ("weight:dense_2/kernel", (0, 1), 10.0),
                ("weight:dense_2/kernel", (1, 0), 10.0),
                ("weight:dense_2/kernel", (1, 1), 0.0),
            ),
            shows="The first block passes 1, 2 on; the second swaps them and multiplies by ten: 20, 10.",
        ),
        Example(
            "Deep and narrow with tanh",
            params={"depth": 8, "units": 6, "activation": "tanh"},
            inputs=({"shape": (4, 6)},),
            shows="Follow the signal from block to block.",
        ),
    ),
    documents=("004",),
    reference="layers.layer_stack:reference",
)


@keras.saving.register_keras_serializable("layer_explorer")
class LayerStack(keras.layers.Layer):
    """`depth` Dense blocks of the same width, one after the other.

    Args:
        depth: number of blocks.
        units: width of each.
        activation: the function at the end of each block.

    Input shape: `(batch, ..., features)`. Output shape: `(batch, ..., units)`.

    Raises:
        ValueError: if `depth` or `units` is not a positive integer.
    """

    def __init__(self, depth: int = 3, units: int = 4, activation: Any = "relu", **kwargs: Any) -> None:
        super().__init__(**kwargs)
        for name, value in (("depth", depth), ("units", units)):
            if isinstance(value, bool) or not isinstance(value, int) or value < 1:
                raise ValueError(f"`{name}` must be an integer >= 1. Received: {name}={value!r}")
        self.depth = depth
        self.units = units
        self.activation = keras.activations.get(activation)
        self.supports_masking = True
        self.blocks = [
            keras.layers.Dense(units, activation=self.activation, dtype=self.dtype_policy, name=f"dense_{number}")
            for number in range(1, depth + 1)
        ]

    def build(self, input_shape: tuple[int | None, ...]) -> None:
        shape = input_shape
        for block in self.blocks:
            block.build(shape)
            shape = block.compute_output_shape(shape)

    def call(self, x: Any) -> Any:
        hidden = x
        for block in self.blocks:
            hidden = block(hidden)
        return hidden

    def compute_output_shape(self, input_shape: tuple[int | None, ...]) -> tuple[int | None, ...]:
        return (*input_shape[:-1], self.units)

    def get_config(self) -> dict[str, Any]:
        return {
            **super().get_config(),
            "depth": self.depth,
            "units": self.units,
            "activation": keras.activations.serialize(self.activation),
        }


def reference(
    inputs: Sequence[np.ndarray], weights: Mapping[str, np.ndarray], params: Mapping[str, Any], **_: Any
) -> list[np.ndarray]:
    """The same by NumPy, block by block."""
    hidden = inputs[0].astype("float64")
    for number in range(1, params["depth"] + 1):
        kernel, bias = (weights[f"dense_{number}/{part}"].astype("float64") for part in ("kernel", "bias"))
        hidden = activate(params["activation"], np.einsum("...i,ij->...j", hidden, kernel) + bias)
    return [hidden]
