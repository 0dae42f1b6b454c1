"""Dense: Keras's own fully connected layer."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from layers.activations import activate
from layers.card import Card, Example, Field, Input, Tensor
from layers.choices import MATRIX_REGULARIZERS
from layers.fields import (
    ACTIVATION,
    BIAS_CONSTRAINT,
    BIAS_INITIALIZER,
    BIAS_REGULARIZER,
    KERNEL_CONSTRAINT,
    KERNEL_INITIALIZER,
    KERNEL_REGULARIZER,
    LORA_ALPHA,
    QUANTIZATION_CONFIG,
    USE_BIAS,
)

CARD = Card(
    id="keras.layers.Dense",
    title="Dense",
    layer="keras.layers:Dense",
    group="core",
    summary="activation(x · kernel + bias): every output looks at every feature.",
    story=(
        "The layer behind most networks: a matrix product, a bias, and an activation. It works on the last axis and "
        "leaves the others alone, so a (2, 5, 3) input becomes (2, 5, units); nothing is flattened. Initializers "
        "decide the first weights. Regularizers add losses and do not touch the output: look at the list of losses. An "
        "activity regularizer judges the output itself, averaged over the batch. Constraints act after the optimizer's "
        "step only, so their effect shows in a training step, not in a call. With `lora_rank` the kernel is frozen and "
        "a product of two thin matrices is added to it, which trains instead."
    ),
    fields=(
        Field("units", "integer", 4, "How many numbers come out at each position.", minimum=1, maximum=16_384),
        ACTIVATION,
        USE_BIAS,
        KERNEL_INITIALIZER,
        BIAS_INITIALIZER,
        KERNEL_REGULARIZER,
        BIAS_REGULARIZER,
        Field(
            "activity_regularizer",
            "choice",
            None,
            "A loss on the output, divided by the batch size.",
            choices=MATRIX_REGULARIZERS,
            optional=True,
            advanced=True,
        ),
        KERNEL_CONSTRAINT,
        BIAS_CONSTRAINT,
        Field(
            "lora_rank",
            "integer",
            None,
            "Rank of a low-rank update (LoRA). Freezes the kernel.",
            minimum=1,
            maximum=64,
            optional=True,
            advanced=True,
        ),
        LORA_ALPHA,
        QUANTIZATION_CONFIG,
    ),
    inputs=(Input("x", (2, 3), ("batch", "features"), "normal"),),
    tensors=(
        Tensor("kernel", ("features", "units"), help="One row for each feature, one column for each unit."),
        Tensor("bias", ("units",), help="One number for each unit."),
        Tensor("lora_kernel_a", ("features", "rank"), help="The first thin matrix of the update."),
        Tensor("lora_kernel_b", ("rank", "units"), help="The second thin matrix; it starts at zero."),
        Tensor("output", ("units",)),
    ),
    examples=(
        Example("Dense(32)", "002", params={"units": 32}, shows="One row of 32 outputs for each sample."),
        Example(
            "Three axes are not flattened",
            "002",
            inputs=({"shape": (2, 5, 3)},),
            shows="(2, 5, 3) becomes (2, 5, 4): the same kernel at each of the five positions.",
        ),
        Example("Softmax", params={"activation": "softmax"}, shows="Every row of the output sums to 1."),
        Example(
            "Three losses",
            params={"kernel_regularizer": "l2", "bias_regularizer": "l1", "activity_regularizer": "l1"},
            edits=(("weight:bias", (0,), 2.0),),
            shows="The kernel, the bias and the output each add a loss; the bias's is 0.01 x 2.",
        ),
        Example(
            "An orthogonal kernel",
            params={"kernel_initializer": "orthogonal"},
            inputs=({"shape": (4, 4), "recipe": "identity"},),
            shows="Through an identity matrix the output is the kernel: its rows are at right angles, of length 1.",
        ),
        Example(
            "LoRA of rank 1",
            params={"lora_rank": 1},
            edits=(("weight:lora_kernel_b", (0, 0), 1.0),),
            shows="The first column of the output moves by x · lora_kernel_a; the kernel stays.",
        ),
        Example(
            "Leaky relu",
            params={"activation": "leaky_relu"},
            shows="Negative sums are multiplied by 0.2 and not cut off.",
        ),
    ),
    documents=("001", "002"),
    reference="layers.stock.dense:reference",
)


def reference(
    inputs: Sequence[np.ndarray], weights: Mapping[str, np.ndarray], params: Mapping[str, Any], **_: Any
) -> list[np.ndarray]:
    """The same by NumPy, in float64."""
    kernel = weights["kernel"].astype("float64")
    if params.get("lora_rank"):
        # alpha / rank is 1: Keras's build enables LoRA with alpha = rank
        kernel = kernel + weights["lora_kernel_a"].astype("float64") @ weights["lora_kernel_b"].astype("float64")
    sums = inputs[0].astype("float64") @ kernel
    if params["use_bias"]:
        sums = sums + weights["bias"].astype("float64")
    return [activate(params["activation"], sums)]
