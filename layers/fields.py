"""Arguments that several of Keras's layers share. A card may use these words."""

from __future__ import annotations

from layers.card import Field
from layers.choices import (
    ACTIVATION_NAMES,
    CONSTRAINTS,
    MATRIX_INITIALIZERS,
    MATRIX_REGULARIZERS,
    QUANTIZATIONS,
    REGULARIZERS,
    VECTOR_INITIALIZERS,
)

USE_BIAS = Field("use_bias", "boolean", True, "Whether a bias is added.")
RETURN_SEQUENCES = Field("return_sequences", "boolean", False, "All outputs, or only the last one.")
ACTIVATION = Field(
    "activation", "choice", None, "The function at the end. Empty: none.", choices=ACTIVATION_NAMES, optional=True
)
BIAS_INITIALIZER = Field(
    "bias_initializer", "choice", "zeros", "How the bias's first values are made.", choices=VECTOR_INITIALIZERS
)
BIAS_REGULARIZER = Field(
    "bias_regularizer", "choice", None, "A loss on the bias.", choices=REGULARIZERS, optional=True, advanced=True
)
ACTIVITY_REGULARIZER = Field(
    "activity_regularizer",
    "choice",
    None,
    "A loss on the output, divided by the batch size.",
    choices=REGULARIZERS,
    optional=True,
    advanced=True,
)
KERNEL_CONSTRAINT = Field(
    "kernel_constraint",
    "choice",
    None,
    "What the kernel must satisfy after each training step.",
    choices=CONSTRAINTS,
    optional=True,
    advanced=True,
)
BIAS_CONSTRAINT = Field(
    "bias_constraint",
    "choice",
    None,
    "What the bias must satisfy after each training step.",
    choices=CONSTRAINTS,
    optional=True,
    advanced=True,
)
KERNEL_INITIALIZER = Field(
    "kernel_initializer",
    "choice",
    "glorot_uniform",
    "How the kernel's first values are made.",
    choices=MATRIX_INITIALIZERS,
)
KERNEL_REGULARIZER = Field(
    "kernel_regularizer",
    "choice",
    None,
    "A loss on the kernel.",
    choices=MATRIX_REGULARIZERS,
    optional=True,
    advanced=True,
)
LORA_ALPHA = Field(
    "lora_alpha",
    "integer",
    None,
    (
        "Meant to scale the update by alpha / rank. In Keras 3.15 building the layer sets it back to the "
        "rank, so it has no effect here."
    ),
    minimum=1,
    maximum=1024,
    optional=True,
    advanced=True,
)
QUANTIZATION_CONFIG = Field(
    "quantization_config",
    "choice",
    None,
    "How a later call of `quantize` would store the weights. It changes nothing before that.",
    choices=tuple(QUANTIZATIONS),
    optional=True,
    advanced=True,
)
RECURRENT_INITIALIZER = Field(
    "recurrent_initializer",
    "choice",
    "orthogonal",
    "How the recurrent kernel's first values are made. `orthogonal` cannot be computed in bfloat16.",
    choices=MATRIX_INITIALIZERS,
)
RECURRENT_REGULARIZER = Field(
    "recurrent_regularizer",
    "choice",
    None,
    "A loss on the recurrent kernel.",
    choices=MATRIX_REGULARIZERS,
    optional=True,
    advanced=True,
)
RECURRENT_CONSTRAINT = Field(
    "recurrent_constraint",
    "choice",
    None,
    "What the recurrent kernel must satisfy after each training step.",
    choices=CONSTRAINTS,
    optional=True,
    advanced=True,
)
DROPOUT = Field(
    "dropout", "number", 0.0, "Share of the input that is dropped in training.", minimum=0, maximum=1, advanced=True
)
RECURRENT_DROPOUT = Field(
    "recurrent_dropout",
    "number",
    0.0,
    "Share of the state that is dropped in training.",
    minimum=0,
    maximum=1,
    advanced=True,
)
SEED = Field(
    "seed", "integer", None, "A seed for dropout. Empty: from the experiment.", minimum=0, optional=True, advanced=True
)
RETURN_STATE = Field("return_state", "boolean", False, "Whether the last state comes out as well.")
GO_BACKWARDS = Field("go_backwards", "boolean", False, "Whether the sequence is read from its end.")
STATEFUL = Field(
    "stateful",
    "boolean",
    False,
    "Whether the next call starts from the last state. A single call starts from zeros either way.",
    advanced=True,
)
UNROLL = Field(
    "unroll", "boolean", False, "Whether the loop over time is written out. The numbers stay the same.", advanced=True
)
