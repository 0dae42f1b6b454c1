"""Attention: a weighted mean over time, with weights that the layer scores itself."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import keras
import numpy as np

from layers.card import Card, Example, Field, Input, Tensor

BIAS_FORMS = ("per_step", "scalar")
MASKED_SCORE = -1e4
"""Scores lie in [-1, 1], so exp(this) is exactly 0 beside them; and unlike -1e9 it exists in float16."""

CARD = Card(
    id="attention",
    title="Attention",
    layer="layers.attention:Attention",
    group="custom",
    summary="Scores every step, turns the scores into weights alpha that sum to 1, and adds the steps up.",
    story=(
        "Each step of the sequence is scored by one number, tanh(x · W + b). Softmax over time turns the scores into "
        "alpha: weights between 0 and 1 that sum to 1 in every sample. The context is the sum of the steps, each "
        "multiplied by its alpha. In the classic listing the bias holds one number for every step, which ties the "
        "layer to one length: another length is refused. A single bias for all steps frees it. Masked steps get a "
        "score so low that their alpha is exactly 0, so a padded sequence gives what the sequence without padding "
        "gives, whatever numbers the padding holds. In a sample whose steps are all masked, alpha is even and the "
        "context is zero. Keras has had attention layers of its own for long: AdditiveAttention since TensorFlow 2.0, "
        "and MultiHeadAttention since 2.4."
    ),
    fields=(
        Field(
            "bias",
            "choice",
            "per_step",
            "One bias for every step (tied to the length), or a single one for all.",
            choices=("per_step", "scalar"),
        ),
    ),
    inputs=(Input("x", (2, 5, 3), ("batch", "time", "features"), "normal"),),
    tensors=(
        Tensor("attention_weight", ("features", "score"), help="How much each feature counts for a step's score."),
        Tensor("attention_bias", ("time", "score"), help="Added to the scores before tanh; it starts at zero."),
        Tensor("projected", ("batch", "time", "score"), help="x · W + b: one number for each step."),
        Tensor("scores", ("batch", "time"), help="tanh of it, in [-1, 1]; masked steps are set to -10000."),
        Tensor("alpha", ("batch", "time"), "probability", "How much each step counts. Every row sums to 1."),
        Tensor("kept", ("batch", "time", "score"), "boolean", "The mask: which steps count."),
        Tensor("weighted", ("batch", "time", "features"), help="Each step multiplied by its alpha."),
        Tensor("output", ("batch", "features"), help="The context: the weighted steps, summed over time."),
    ),
    examples=(
        Example(
            "One step wins",
            "004",
            inputs=(
                {
                    "recipe": "typed",
                    "options": {
                        "values": [
                            [[-0.2, 0.4, 0.1], [-0.6, 0.5, -0.2], [1.3, -0.8, 0.4], [-0.3, 0.9, -0.5], [0.1, 0.6, 0.3]],
                            [[0.4, 0.5, 0.2], [-0.5, 0.7, 0.1], [-0.2, 0.6, -0.4], [-0.8, -0.1, 0.3], [0.9, -0.7, 0.6]],
                        ]
                    },
                },
            ),
            edits=(
                ("weight:attention_weight", (0, 0), 1.5),
                ("weight:attention_weight", (1, 0), -1.0),
                ("weight:attention_weight", (2, 0), 0.5),
            ),
            shows=(
                "In the first sample step 3 gets 0.56 of the weight and step 2 only 0.08; each row of alpha sums to 1."
            ),
        ),
        Example(
            "Five steps of three features",
            shows="The first weights are small, so the scores are close to 0 and each alpha is close to 0.2.",
        ),
        Example(
            "All steps alike",
            inputs=({"recipe": "ones", "options": {}},),
            shows="Equal steps get equal scores, so alpha is 0.2 everywhere and the context is the step itself.",
        ),
        Example(
            "A bias for the last step",
            edits=(("weight:attention_bias", (4, 0), 5.0),),
            shows="The last step's score is close to 1, and its alpha is close to 0.4 in both samples.",
        ),
        Example(
            "Any length",
            params={"bias": "scalar"},
            inputs=({"shape": (2, 8, 3)},),
            shows="The bias is one number, so the same weights serve sequences of any length, here of 8 steps.",
        ),
        Example(
            "Two steps masked",
            params={"bias": "scalar"},
            mask={"kind": "last", "count": 2},
            shows="The last two steps have alpha 0; the other three share the whole weight.",
        ),
        Example(
            "Attention, then Dense",
            edits=(("weight:attention/attention_bias", (4, 0), 5.0),),
            then=(("keras.layers.Dense", {"units": 2}),),
            shows="The context of each sample goes straight into Dense: two numbers, made from the weighted steps.",
        ),
    ),
    documents=("004",),
    reference="layers.attention:reference",
    masks=True,
)


@keras.saving.register_keras_serializable("layer_explorer")
class Attention(keras.layers.Layer):
    """A context vector: the sum over time of the steps, weighted by softmax(tanh(x · W + b)).

    Args:
        bias: "per_step" for a bias of shape `(time, 1)`, or "scalar" for one number.

    Input shape: `(batch, time, features)`. Output shape: `(batch, features)`. Masked steps do not count.

    Raises:
        ValueError: if `bias` is neither form, or the input's shape does not allow the bias.
    """

    def __init__(self, bias: str = "per_step", **kwargs: Any) -> None:
        super().__init__(**kwargs)
        if bias not in BIAS_FORMS:
            raise ValueError(f"`bias` must be one of {BIAS_FORMS}. Received: bias={bias!r}")
        self.bias = bias
        self.supports_masking = True

    def build(self, input_shape: tuple[int | None, ...]) -> None:
        if len(input_shape) != 3 or input_shape[-1] is None:
            raise ValueError(f"Attention needs an input (batch, time, features). Received: shape {input_shape}")
        _, time, features = input_shape
        if self.bias == "per_step" and time is None:
            raise ValueError(
                'Attention(bias="per_step") makes one bias for each step, so the length must be known. '
                f'Received: shape {input_shape}. Use bias="scalar" for any length.'
            )
        self.attention_weight = self.add_weight(
            name="attention_weight", shape=(features, 1), initializer="random_normal"
        )
        bias_shape = (time, 1) if self.bias == "per_step" else (1,)
        self.attention_bias = self.add_weight(name="attention_bias", shape=bias_shape, initializer="zeros")
        fixed = {1: time, 2: features} if self.bias == "per_step" else {2: features}
        self.input_spec = keras.layers.InputSpec(ndim=3, axes=fixed)

    def call(self, x: Any, mask: Any = None) -> Any:
        projected = keras.ops.add(keras.ops.matmul(x, self.attention_weight), self.attention_bias)
        scores = keras.ops.squeeze(keras.ops.tanh(projected), axis=-1)
        if mask is not None:
            scores = keras.ops.where(mask, scores, MASKED_SCORE)
        alpha = keras.ops.softmax(scores, axis=-1)
        weighted = keras.ops.multiply(x, keras.ops.expand_dims(alpha, axis=-1))
        if mask is not None:  # 0 * NaN is NaN, so a product alone would let padding through
            kept = keras.ops.expand_dims(mask, axis=-1)
            weighted = keras.ops.where(kept, weighted, keras.ops.zeros_like(weighted))
        return keras.ops.sum(weighted, axis=1)

    def compute_mask(self, inputs: Any, mask: Any = None) -> None:
        return None  # the output has no time axis left to mask

    def compute_output_shape(self, input_shape: tuple[int | None, ...]) -> tuple[int | None, ...]:
        return (input_shape[0], input_shape[-1])

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "bias": self.bias}


def reference(
    inputs: Sequence[np.ndarray],
    weights: Mapping[str, np.ndarray],
    params: Mapping[str, Any],
    *,
    mask: np.ndarray | None = None,
    **_: Any,
) -> list[np.ndarray]:
    """The same by NumPy, by the definition: a step's share is exp(score) by the sum of all that count, 0 if masked."""
    x = inputs[0].astype("float64")
    bias = weights["attention_bias"].astype("float64").ravel()
    share = np.exp(np.tanh(x @ weights["attention_weight"].astype("float64")[:, 0] + bias))
    if mask is not None:
        share, x = np.where(mask, share, 0.0), np.where(mask[..., None], x, 0.0)
    total = share.sum(axis=1, keepdims=True)
    return [np.einsum("bt,btf->bf", share / np.where(total == 0, 1, total), x)]
