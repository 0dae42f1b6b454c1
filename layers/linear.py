"""Linear: a weighted sum of the features, plus a bias."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import keras
import numpy as np

from layers.card import Card, Example, Field, Input, Tensor
from layers.choices import MATRIX_INITIALIZERS

CARD = Card(
    id="linear",
    title="Linear",
    layer="layers.linear:Linear",
    group="custom",
    summary="Multiplies the features by a kernel and adds a bias: y = x · kernel + bias.",
    story=(
        "Every output is a weighted sum of all the features, plus one number of its own, the bias. "
        "The kernel has a row for each feature and a column for each unit, so its size depends on the input. "
        "There are two ways to learn that size. With `input_dim` in the constructor the weights exist at once, and an "
        "input of another width is refused. Without it the layer waits: `build` reads the width of the first input and "
        "makes the kernel then, which is the recommended form. "
        "Both make their weights with `add_weight`. A plain `tf.Variable` would compute the same numbers, but Keras 3 "
        "does not track it: the layer would report no weights, and nothing would train. "
        "The layer never changes its weights by itself; an optimizer does that during training."
    ),
    fields=(
        Field("units", "integer", 4, "How many numbers come out at each position.", minimum=1, maximum=16_384),
        Field(
            "input_dim",
            "integer",
            None,
            "Width of the input if it is fixed in advance. Empty: learned from the first input.",
            minimum=1,
            maximum=100000,
            optional=True,
        ),
        Field("use_bias", "boolean", True, "Whether a bias is added."),
        Field(
            "kernel_initializer",
            "choice",
            "random_normal",
            "How the kernel's first values are made.",
            choices=MATRIX_INITIALIZERS,
        ),
    ),
    inputs=(Input("x", (2, 2), ("batch", "features"), "ones"),),
    tensors=(
        Tensor("kernel", ("features", "units"), help="One row for each feature, one column for each unit."),
        Tensor("bias", ("units",), help="Added to every position; it starts at zero."),
        Tensor("product", ("units",), help="x · kernel, before the bias."),
        Tensor("output", ("units",)),
    ),
    examples=(
        Example(
            "Linear(4, 2) on ones",
            "001",
            params={"units": 4, "input_dim": 2},
            shows="Both rows are equal: each output is the sum of one column of the kernel.",
        ),
        Example(
            "Input learned in build",
            "004",
            shows=(
                "No `input_dim`: the kernel has two rows because the input has two features. The numbers are those of "
                "the first example."
            ),
        ),
        Example(
            "Linear(32, 32)",
            "001",
            params={"units": 32, "input_dim": 32},
            inputs=({"shape": (2, 32)},),
            shows="The kernel holds 32 x 32 numbers, drawn with a standard deviation of 0.05.",
        ),
        Example(
            "Numbers to check by hand",
            params={"units": 2, "kernel_initializer": "ones"},
            inputs=({"shape": (2, 3), "recipe": "arange", "options": {"start": 1, "step": 1}},),
            edits=(("weight:kernel", (0, 1), 10.0), ("weight:bias", (1,), 0.5)),
            shows="The first row reads 1+2+3 = 6 and 10+2+3+0.5 = 15.5.",
        ),
        Example(
            "A sequence: three axes",
            inputs=({"shape": (2, 5, 3), "recipe": "normal"},),
            shows="The same kernel is applied at each of the five steps; only the last axis changes.",
        ),
    ),
    documents=("001", "004"),
    reference="layers.linear:reference",
)


@keras.saving.register_keras_serializable("layer_explorer")
class Linear(keras.layers.Layer):
    """`x · kernel + bias` over the last axis.

    Args:
        units: numbers that come out at each position.
        input_dim: the width of the input; given, the weights are made at once, otherwise in `build`.
        use_bias: whether a bias is added.
        kernel_initializer: an initializer, or its Keras identifier.

    Input shape: `(batch, ..., features)`. Output shape: `(batch, ..., units)`.

    Raises:
        ValueError: if a size is not a positive integer, or the input is not as wide as `input_dim` says.
    """

    def __init__(
        self,
        units: int = 4,
        input_dim: int | None = None,
        use_bias: bool = True,
        kernel_initializer: Any = "random_normal",
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        for name, value in (("units", units), ("input_dim", 1 if input_dim is None else input_dim)):
            if isinstance(value, bool) or not isinstance(value, int) or value < 1:
                raise ValueError(f"`{name}` must be an integer >= 1. Received: {name}={value!r}")
        self.units = units
        self.input_dim = input_dim
        self.use_bias = use_bias
        self.kernel_initializer = keras.initializers.get(kernel_initializer)
        self.kernel = None
        self.bias = None
        self.supports_masking = True
        if input_dim is not None:
            self._make_weights(input_dim)

    def build(self, input_shape: tuple[int | None, ...]) -> None:
        features = input_shape[-1] if len(input_shape) >= 2 else None
        if features is None:
            raise ValueError(f"Linear needs an input (batch, ..., features) of known width. Received: {input_shape}")
        if self.input_dim is None:
            self._make_weights(features)
        elif features != self.input_dim:
            raise ValueError(
                f"Linear was told input_dim={self.input_dim}, so its kernel has {self.input_dim} rows. "
                f"Received: an input with {features} features, shape {input_shape}"
            )
        self.input_spec = keras.layers.InputSpec(min_ndim=2, axes={-1: features})

    def _make_weights(self, features: int) -> None:
        self.kernel = self.add_weight(name="kernel", shape=(features, self.units), initializer=self.kernel_initializer)
        if self.use_bias:
            self.bias = self.add_weight(name="bias", shape=(self.units,), initializer="zeros")

    def call(self, inputs: Any) -> Any:
        product = keras.ops.matmul(inputs, self.kernel)
        if self.bias is None:
            return product
        return keras.ops.add(product, self.bias)

    def compute_output_shape(self, input_shape: tuple[int | None, ...]) -> tuple[int | None, ...]:
        return (*input_shape[:-1], self.units)

    def get_config(self) -> dict[str, Any]:
        return {
            **super().get_config(),
            "units": self.units,
            "input_dim": self.input_dim,
            "use_bias": self.use_bias,
            "kernel_initializer": keras.initializers.serialize(self.kernel_initializer),
        }


def reference(
    inputs: Sequence[np.ndarray], weights: Mapping[str, np.ndarray], params: Mapping[str, Any], **_: Any
) -> list[np.ndarray]:
    """The same by NumPy, in float64."""
    product = inputs[0].astype("float64") @ weights["kernel"].astype("float64")
    return [product + weights["bias"].astype("float64") if params["use_bias"] else product]
