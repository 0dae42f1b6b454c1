"""Matmul: the same class as MyLayer, under the heading of the document that only multiplies matrices."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from layers.card import Card, Example, Field, Input, Tensor

CARD = Card(
    id="matmul",
    title="Matrix product",
    layer="layers.my_layer:MyLayer",
    group="custom",
    summary="Multiplies the input by a weight matrix, and does nothing else.",
    story=(
        "A matrix product is the first thing that most people write as a layer of their own. "
        "The weight needs a shape with a row for each feature of the input and a column for each output: "
        "a weight without axes, `shape=()`, is a single number, and a matrix product refuses it. "
        "The output keeps every axis but the last, which becomes `output_dim`. "
        "Keras 1 asked for that in a method named `get_output_shape_for`. Today the name is `compute_output_shape`; "
        "the old one is never called, without any message."
    ),
    fields=(Field("output_dim", "integer", 3, "How many numbers come out.", minimum=1, maximum=16_384),),
    inputs=(Input("x", (3, 4), ("batch", "features"), "arange", {"start": 1, "step": 1}),),
    tensors=(
        Tensor("kernel", ("features", "output_dim"), help="Drawn uniformly from -0.05 to 0.05."),
        Tensor("output", ("output_dim",)),
    ),
    examples=(
        Example(
            "A matrix product with a trainable weight",
            "000",
            params={"output_dim": 2},
            shows="(3, 4) times (4, 2) gives (3, 2).",
        ),
        Example(
            "A kernel that swaps two features",
            params={"output_dim": 2},
            inputs=({"shape": (3, 2)},),
            edits=(
                ("weight:kernel", (0, 0), 0.0),
                ("weight:kernel", (0, 1), 1.0),
                ("weight:kernel", (1, 0), 1.0),
                ("weight:kernel", (1, 1), 0.0),
            ),
            shows="With ones off the diagonal the product swaps the two columns.",
        ),
        Example(
            "One-hot rows look up rows of the kernel",
            inputs=({"shape": (4, 4), "recipe": "one_hot", "options": {}},),
            shows="A row with a single 1 copies one row of the kernel: an embedding, by matrix product.",
        ),
    ),
    documents=("000",),
    reference="layers.matmul:reference",
)


def reference(
    inputs: Sequence[np.ndarray], weights: Mapping[str, np.ndarray], params: Mapping[str, Any], **_: Any
) -> list[np.ndarray]:
    """The product by NumPy, over the input laid out as a list of rows."""
    x = inputs[0].astype("float64")
    product = x.reshape(-1, x.shape[-1]) @ weights["kernel"].astype("float64")
    return [product.reshape(*x.shape[:-1], params["output_dim"])]
