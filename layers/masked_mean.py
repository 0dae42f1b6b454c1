"""MaskedMean: the mean over time of the steps that count."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import keras
import numpy as np

from layers.card import Card, Example, Input, Tensor

CARD = Card(
    id="masked_mean",
    title="MaskedMean",
    layer="layers.masked_mean:MaskedMean",
    group="custom",
    summary="Averages a sequence over time and leaves out the steps that the mask leaves out.",
    story=(
        "Sequences of different lengths are padded to one length before they can share a batch. The mask says which "
        "steps are real (1) and which are padding (0). A layer that wants the mask adds `mask=None` to its `call`: "
        "Keras fills it in whenever the input carries one, for instance behind an Embedding with `mask_zero` or a "
        "Masking layer. This layer sums the real steps only and divides by their number, so padding does not thin out "
        "the mean, whatever numbers the padding holds. A sample without any real step gives zeros. The output has no "
        "time axis left, so `compute_mask` passes no mask on."
    ),
    inputs=(Input("x", (2, 4, 3), ("batch", "time", "features"), "arange", {"start": 1, "step": 1}),),
    tensors=(
        Tensor("steps", ("batch", "time", "features"), help="The input, with masked steps set to 0."),
        Tensor("kept", ("batch", "time", "count"), "boolean", "The mask: which steps count."),
        Tensor("total", ("batch", "features"), help="The sum of the steps that count."),
        Tensor("count", ("batch", "count"), help="How many steps count, at least 1."),
        Tensor("output", ("batch", "features")),
    ),
    examples=(
        Example(
            "Without a mask", "000", shows="`mask` is None: every step counts, and the first mean is 5.5, 6.5, 7.5."
        ),
        Example(
            "The last two steps are padding",
            "002",
            mask={"kind": "last", "count": 2},
            shows="Only steps 1 and 2 count: the first mean is 2.5, 3.5, 4.5.",
        ),
        Example(
            "Two sequences of different lengths",
            "003",
            mask={"kind": "typed", "values": [1, 1, 1, 0, 1, 0, 0, 0]},
            shows="Three steps count in the first sample and one in the second.",
        ),
        Example(
            "Nothing counts",
            mask={"kind": "last", "count": 4},
            shows="Zeros, not NaN: the count is kept at 1 or more before dividing.",
        ),
    ),
    documents=("000", "002", "003"),
    reference="layers.masked_mean:reference",
    masks=True,
)


@keras.saving.register_keras_serializable("layer_explorer")
class MaskedMean(keras.layers.Layer):
    """The mean over axis 1 of the steps whose mask is True; zeros where no step counts.

    Input shape: `(batch, time, features)`. Output shape: `(batch, features)`.
    """

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.supports_masking = True
        self.input_spec = keras.layers.InputSpec(ndim=3)

    def call(self, x: Any, mask: Any = None) -> Any:
        steps = keras.ops.cast(x, self.compute_dtype)
        if mask is None:
            return keras.ops.mean(steps, axis=1)
        kept = keras.ops.expand_dims(mask, axis=-1)
        steps = keras.ops.where(kept, steps, keras.ops.zeros_like(steps))  # not a product: 0 * NaN is NaN
        total = keras.ops.sum(steps, axis=1)
        count = keras.ops.maximum(keras.ops.sum(keras.ops.cast(kept, self.compute_dtype), axis=1), 1)
        return keras.ops.divide(total, count)

    def compute_mask(self, inputs: Any, mask: Any = None) -> None:
        return None

    def compute_output_shape(self, input_shape: tuple[int | None, ...]) -> tuple[int | None, ...]:
        return (input_shape[0], input_shape[-1])


def reference(
    inputs: Sequence[np.ndarray],
    weights: Mapping[str, np.ndarray],
    params: Mapping[str, Any],
    *,
    mask: np.ndarray | None = None,
    **_: Any,
) -> list[np.ndarray]:
    """The same by NumPy: the sum of the steps that count, by their number; zeros where none counts."""
    x = inputs[0].astype("float64")
    if mask is None:
        return [x.mean(axis=1)]  # of no steps at all: NaN
    total = np.where(mask[..., None], x, 0.0).sum(axis=1)
    return [total / np.maximum(mask.sum(axis=1), 1)[:, None]]
