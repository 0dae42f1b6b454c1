"""MyLayer: the smallest layer with a trainable weight."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import keras
import numpy as np

from layers.card import Card, Example, Field, Input, Tensor

CARD = Card(
    id="my_layer",
    title="MyLayer",
    layer="layers.my_layer:MyLayer",
    group="custom",
    summary="One trainable kernel and one matrix product: the smallest layer that learns.",
    story=(
        "Three methods are enough to show how a layer works: `build` makes the kernel once the input's shape is known, "
        "`call` multiplies, and `compute_output_shape` says what shape comes out. "
        "Today `call` alone is required. Keras wraps `build` and marks the layer as built by itself, and it can work "
        "out the output shape by running `call` on a symbolic tensor. "
        "The kernel belongs to the last axis of the input, so inputs with any number of axes work. "
        "Taking axis 1 instead is right only while the input has two axes."
    ),
    fields=(Field("output_dim", "integer", 3, "How many numbers come out.", minimum=1, maximum=16_384),),
    inputs=(Input("x", (2, 4), ("batch", "features"), "arange", {"start": 1, "step": 1}),),
    tensors=(
        Tensor("kernel", ("features", "output_dim"), help="Drawn uniformly from -0.05 to 0.05."),
        Tensor("output", ("output_dim",)),
    ),
    examples=(
        Example("MyLayer on a batch of two", "002", shows="A (2, 4) input and a (4, 3) kernel give a (2, 3) output."),
        Example(
            "MyLayer(output_dim=2)",
            "003",
            params={"output_dim": 2},
            shows="`output_dim` sets the columns of the kernel and the width of the output.",
        ),
        Example(
            "Three axes: a batch of sequences",
            inputs=({"shape": (2, 5, 4)},),
            shows=(
                "The kernel still has four rows: it follows the last axis, not axis 1, which is five steps long here."
            ),
        ),
        Example(
            "Read the kernel",
            inputs=({"shape": (4, 4), "recipe": "identity", "options": {}},),
            shows="Row by row, the output is the kernel itself.",
        ),
    ),
    documents=("002", "003"),
    reference="layers.my_layer:reference",
)


@keras.saving.register_keras_serializable("layer_explorer")
class MyLayer(keras.layers.Layer):
    """`x · kernel` over the last axis.

    Args:
        output_dim: numbers that come out at each position.

    Input shape: `(batch, ..., features)`. Output shape: `(batch, ..., output_dim)`.

    Raises:
        ValueError: if `output_dim` is not a positive integer, or the input has no last axis of known size.
    """

    def __init__(self, output_dim: int = 3, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        if isinstance(output_dim, bool) or not isinstance(output_dim, int) or output_dim < 1:
            raise ValueError(f"`output_dim` must be an integer >= 1. Received: output_dim={output_dim!r}")
        self.output_dim = output_dim
        self.supports_masking = True

    def build(self, input_shape: tuple[int | None, ...]) -> None:
        features = input_shape[-1] if len(input_shape) >= 2 else None
        if features is None:
            raise ValueError(f"MyLayer needs an input (batch, ..., features) of known width. Received: {input_shape}")
        self.kernel = self.add_weight(name="kernel", shape=(features, self.output_dim), initializer="uniform")
        self.input_spec = keras.layers.InputSpec(min_ndim=2, axes={-1: features})

    def call(self, x: Any) -> Any:
        return keras.ops.matmul(x, self.kernel)

    def compute_output_shape(self, input_shape: tuple[int | None, ...]) -> tuple[int | None, ...]:
        return (*input_shape[:-1], self.output_dim)

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "output_dim": self.output_dim}


def reference(
    inputs: Sequence[np.ndarray], weights: Mapping[str, np.ndarray], params: Mapping[str, Any], **_: Any
) -> list[np.ndarray]:
    """The same by NumPy, in float64."""
    return [inputs[0].astype("float64") @ weights["kernel"].astype("float64")]
