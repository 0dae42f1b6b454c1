"""The names of operations: one for the names that an operation has in Keras, TensorFlow, NumPy and Python."""

from __future__ import annotations

import functools
import re

_PREFIXES = ("keras.ops.", "keras.activations.", "keras.random.", "tf.", "numpy.", "math.", "tensorflow.")
_RAW = "tf.raw_ops."
_OPERATOR = "_operator."
_SIGNS = {
    "add": "+", "sub": "-", "mul": "*", "truediv": "/", "floordiv": "//", "mod": "%", "pow": "**", "matmul": "@",
    "and_": "&", "or_": "|", "xor": "^", "lshift": "<<", "rshift": ">>", "neg": "neg", "pos": "pos", "invert": "~",
    "lt": "<", "le": "<=", "gt": ">", "ge": ">=", "eq": "==", "ne": "!=", "getitem": "[]", "abs": "abs",
}  # fmt: skip
"""What Python's module of operators calls what a source writes as a sign."""
_LIKE = {
    "reduce_sum": "sum",
    "reduce_mean": "mean",
    "reduce_max": "max",
    "reduce_min": "min",
    "reduce_prod": "prod",
    "reduce_any": "any",
    "reduce_all": "all",
    "reduce_logsumexp": "logsumexp",
    "amax": "max",
    "amin": "min",
    "concat": "concatenate",
    "sub": "subtract",
    "mul": "multiply",
    "truediv": "true_divide",
    "div": "true_divide",
    "divide": "true_divide",
    "neg": "negative",
    "add_v2": "add",
    "mat_mul": "matmul",
    "inv": "reciprocal",
    "clip_by_value": "clip",
    "swish": "silu",
    "absolute": "abs",
    "reverse": "flip",
    "convert_to_tensor_v2_with_dispatch": "convert_to_tensor",
    "convolution": "conv",
    "conv1d": "conv",
    "conv2d": "conv",
    "conv3d": "conv",
    "avg_pool": "average_pool",
    "avg_pool2d": "average_pool",
    "max_pool2d": "max_pool",
    "max_pool_v2": "max_pool",
    "real_div": "true_divide",
    "arg_max": "argmax",
    "arg_min": "argmin",
    "lin_space": "linspace",
    "unpack": "unstack",
    "resource_gather": "take",
    "mirror_pad": "pad",
    "acos": "arccos",
    "acosh": "arccosh",
    "asin": "arcsin",
    "asinh": "arcsinh",
    "atan": "arctan",
    "atanh": "arctanh",
    "is_nan": "isnan",
    "is_inf": "isinf",
    "is_finite": "isfinite",
    "rint": "round",
    "fabs": "abs",
    "bitwise_invert": "~",
    "bitwise_not": "~",
    "conjugate": "conj",
    "hard_silu": "hard_swish",
    "linspace_nd": "linspace",
    "pow": "power",
    "floordiv": "floor_divide",
    "bitwise_left_shift": "left_shift",
    "bitwise_right_shift": "right_shift",
    "bitwise_and": "logical_and",
    "bitwise_or": "logical_or",
    "bitwise_xor": "logical_xor",
    "batch_mat_mul": "matmul",
    "unsorted_segment_sum": "segment_sum",
    "unsorted_segment_mean": "segment_mean",
    "unsorted_segment_max": "segment_max",
    "unsorted_segment_min": "segment_min",
    "unsorted_segment_prod": "segment_prod",
    "matrix_band_part": "band_part",
    "matrix_diag_part": "diagonal",
}
"""TensorFlow's and NumPy's names of what Keras names otherwise."""


@functools.cache
def short_name(operation: str) -> str:
    """One name for the names that an operation has in Keras, TensorFlow and NumPy; "+=" is "+"."""
    if operation.startswith(_RAW):  # tf.raw_ops.AddV2, BatchMatMulV2, Conv2D
        name = re.sub(r"V\d+$", "", operation.removeprefix(_RAW))
        name = re.sub(r"(?<=[a-z0-9])(?=[A-Z][a-z])", "_", name).lower()
        return _LIKE.get(name, name)
    if operation.startswith(_OPERATOR):
        name = operation.removeprefix(_OPERATOR)
        return _SIGNS.get(name, name)
    for prefix in _PREFIXES:
        if operation.startswith(prefix):
            operation = operation.removeprefix(prefix)
            operation = operation.rsplit(".", 1)[-1].removesuffix("_v2").removesuffix("_v1").lower()
            return _LIKE.get(operation, operation)
    if operation.endswith("=") and operation not in ("==", "!=", "<=", ">="):
        return operation.removesuffix("=")
    return operation
