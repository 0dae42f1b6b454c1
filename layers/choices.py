"""What many layers let their user choose from, by Keras's own names. A card may use these words."""

from __future__ import annotations

ACTIVATION_NAMES = (
    "linear", "relu", "relu6", "leaky_relu", "elu", "celu", "selu", "gelu", "silu", "mish", "tanh", "hard_tanh",
    "tanh_shrink", "sigmoid", "hard_sigmoid", "hard_silu", "log_sigmoid", "sparse_sigmoid", "softmax", "log_softmax",
    "softplus", "squareplus", "sparse_plus", "softsign", "soft_shrink", "hard_shrink", "exponential",
)  # fmt: skip
VECTOR_INITIALIZERS = (
    "zeros", "ones", "random_normal", "random_uniform", "truncated_normal", "glorot_normal", "glorot_uniform",
    "he_normal", "he_uniform", "lecun_normal", "lecun_uniform", "variance_scaling",
)  # fmt: skip
MATRIX_INITIALIZERS = (
    "zeros", "ones", "identity", "random_normal", "random_uniform", "truncated_normal", "glorot_normal",
    "glorot_uniform", "he_normal", "he_uniform", "lecun_normal", "lecun_uniform", "orthogonal", "variance_scaling",
)  # fmt: skip
REGULARIZERS = ("l1", "l2", "l1l2")
MATRIX_REGULARIZERS = ("l1", "l2", "l1l2", "orthogonal_regularizer")
CONSTRAINTS = ("max_norm", "min_max_norm", "non_neg", "unit_norm")
QUANTIZATIONS = {
    "int8": "Int8QuantizationConfig",
    "int4": "Int4QuantizationConfig",
    "float8": "Float8QuantizationConfig",
}
"""By a name that can be chosen, the class of `keras.quantizers` that says it to Keras."""
DATA_FORMATS = ("channels_last", "channels_first")
PADDINGS = ("valid", "same")
