"""Which function explains which operation. Explainers are found by importing every module of this package."""

from __future__ import annotations

import functools
import importlib
import pkgutil
import re
from collections.abc import Callable

from explorer.arithmetic.case import Case
from explorer.explanation import Explanation

Explainer = Callable[[Case], Explanation]
_EXPLAINERS: dict[str, Explainer] = {}
_ONLY: dict[str, Explainer] = {}
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


def explains(*operations: str, only: bool = False) -> Callable[[Explainer], Explainer]:
    """Register an explainer for operations, by the names that steps give them: "@", "keras.ops.matmul".

    Args:
        *operations: each stands for all operations that Keras, TensorFlow and NumPy call alike.
        only: whether they stand for themselves only, where another library means something else by the name.
    """

    def register(explainer: Explainer) -> Explainer:
        for operation in operations:
            known, key = (_ONLY, operation) if only else (_EXPLAINERS, short_name(operation))
            if known.setdefault(key, explainer) is not explainer:
                raise ValueError(f"{operation} already has an explainer")
        return explainer

    return register


def explainer_of(operation: str) -> Explainer | None:
    """The explainer of an operation, or None."""
    _discover()
    if operation in _ONLY:
        return _ONLY[operation]
    if operation not in _EXPLAINERS and "." not in operation and operation.isidentifier():
        return None  # a layer's class may be called like an operation
    return _EXPLAINERS.get(short_name(operation))


def explained_operations() -> tuple[str, ...]:
    """The operations that have an explainer, by their short names."""
    _discover()
    return tuple(sorted({*_EXPLAINERS, *_ONLY}))


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


@functools.cache
def _discover() -> None:
    package = importlib.import_module("explorer.arithmetic")
    for module in pkgutil.iter_modules(package.__path__):
        importlib.import_module(f"explorer.arithmetic.{module.name}")
