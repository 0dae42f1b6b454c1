"""MyMultiLayer: two inputs, two outputs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import keras
import numpy as np

from layers.card import Card, Example, Field, Input, Tensor

Shape = tuple[int | None, ...]

CARD = Card(
    id="my_multi_layer",
    title="MyMultiLayer",
    layer="layers.my_multi_layer:MyMultiLayer",
    group="custom",
    summary="Takes two tensors and returns two: a · kernel + b, and the mean of b.",
    story=(
        "A layer may take several tensors and return several. This one multiplies `a` by a kernel and adds `b`, and "
        "beside that returns the mean of `b` over its last axis. Each input is an argument of its own: `call(a, b)`, "
        "and `build(a_shape, b_shape)`, where Keras asks that every argument ends in `_shape`. One list of tensors "
        "works as well, with `a, b = x` inside; code that insists on a list breaks when a tuple comes. The sum follows "
        "NumPy's broadcasting: counted from the last axis, two sizes must be equal or one of them 1, and missing axes "
        "are added in front. So `b` of shape (batch, output_dim), (1, output_dim) or (batch, 1) all fit."
    ),
    fields=(
        Field(
            "output_dim",
            "integer",
            4,
            "Columns of the kernel, and so the width of a · kernel.",
            minimum=1,
            maximum=16_384,
        ),
    ),
    inputs=(
        Input("a", (3, 2), ("batch", "features"), "arange", {"start": 1, "step": 1}),
        Input("b", (3, 4), ("batch", "output_dim"), "arange", {"start": 0, "step": 10}),
    ),
    tensors=(
        Tensor("kernel", ("features", "output_dim"), help="Drawn uniformly from -0.05 to 0.05."),
        Tensor("product", ("output_dim",), help="a · kernel, before b is added."),
        Tensor("addend", help="b, in the layer's dtype."),
        Tensor("output sum", ("output_dim",), help="a · kernel + b."),
        Tensor("output mean", help="The mean of b over its last axis: one axis fewer than b."),
    ),
    examples=(
        Example(
            "Two inputs, two outputs",
            "003",
            shows="The means read 15, 55 and 95; the sum is b, moved a little by a · kernel.",
        ),
        Example(
            "b is broadcast over the batch",
            inputs=({}, {"shape": (1, 4)}),
            shows="One row of b is added to all three rows of a · kernel, but there is one mean only.",
        ),
        Example(
            "b is one number for each row",
            inputs=({}, {"shape": (3, 1)}),
            shows="Each number of b is added along its whole row, and is its own mean.",
        ),
        Example(
            "Three axes",
            inputs=({"shape": (2, 3, 5)}, {"shape": (2, 3, 4)}),
            shows="The kernel acts on the last axis of a; the means have shape (2, 3).",
        ),
    ),
    documents=("003",),
    reference="layers.my_multi_layer:reference",
    spread=True,
)


@keras.saving.register_keras_serializable("layer_explorer")
class MyMultiLayer(keras.layers.Layer):
    """`[a · kernel + b, mean(b, axis=-1)]`.

    Args:
        output_dim: columns of the kernel.

    Input shapes: `(batch, ..., features)`, and a shape that broadcasts with `(batch, ..., output_dim)`.
    Output shapes: the two broadcast together, and the second without its last axis.

    Raises:
        ValueError: if `output_dim` is not a positive integer, or the shapes do not broadcast.
    """

    def __init__(self, output_dim: int = 4, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        if isinstance(output_dim, bool) or not isinstance(output_dim, int) or output_dim < 1:
            raise ValueError(f"`output_dim` must be an integer >= 1. Received: output_dim={output_dim!r}")
        self.output_dim = output_dim

    def build(self, a_shape: Shape, b_shape: Shape) -> None:
        features = a_shape[-1] if len(a_shape) >= 2 else None
        if features is None:
            raise ValueError(f"MyMultiLayer needs `a` as (batch, ..., features) of known width. Received: {a_shape}")
        self.compute_output_shape(a_shape, b_shape)  # says early, and clearly, that b does not fit
        self.kernel = self.add_weight(name="kernel", shape=(features, self.output_dim), initializer="uniform")

    def call(self, a: Any, b: Any) -> list[Any]:
        product = keras.ops.matmul(a, self.kernel)
        addend = keras.ops.cast(b, self.compute_dtype)
        # Not keras.ops.add: on TensorFlow, Keras 3.15 takes a b of shape (n, 1) beside n columns for a bias vector
        # and adds it along the wrong axis. The operator broadcasts as NumPy does.
        total = product + addend
        mean = keras.ops.mean(addend, axis=-1)
        return [total, mean]

    def compute_output_shape(self, a_shape: Shape, b_shape: Shape) -> list[Shape]:
        return [broadcast((*a_shape[:-1], self.output_dim), b_shape), tuple(b_shape[:-1])]

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "output_dim": self.output_dim}


def broadcast(first: Shape, second: Shape) -> Shape:
    """The shape of a sum; `None` is a size that is not known yet.

    Raises:
        ValueError: if two sizes differ and neither is 1.
    """
    rank = max(len(first), len(second))
    sizes: list[int | None] = []
    for one, other in zip(
        (1,) * (rank - len(first)) + tuple(first), (1,) * (rank - len(second)) + tuple(second), strict=True
    ):
        if one == 1 or other == 1:
            sizes.append(other if one == 1 else one)
        elif one is None or other is None:
            sizes.append(one if other is None else other)
        elif one == other:
            sizes.append(one)
        else:
            raise ValueError(
                f"`b` cannot be added to a · kernel: sizes {one} and {other} differ and neither is 1. "
                f"Expected: a shape that broadcasts with {first}. Received: {second}"
            )
    return tuple(sizes)


def reference(
    inputs: Sequence[np.ndarray], weights: Mapping[str, np.ndarray], params: Mapping[str, Any], **_: Any
) -> list[np.ndarray]:
    """The same by NumPy, and a mean by its definition."""
    a, b = (tensor.astype("float64") for tensor in inputs)
    return [a @ weights["kernel"].astype("float64") + b, b.sum(axis=-1) / b.shape[-1]]
